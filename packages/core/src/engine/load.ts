import type { Campaign } from '../campaign/campaign.js'
import { defaultWorkspaceSettings, type WorkspaceSettings } from '../campaign/workspace.js'
import type { Contact, ContactEvent, Permissions } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import { contactKey } from '../ports/store-contacts.js'
import { factPlan } from '../recipient/fact-plan.js'
import type { Recipient } from '../recipient/recipient.js'
import type { RunDefinition, RunFacts } from '../recipient/run-facts.js'
import { type FactNeeds, noNeeds } from '../sequence/fact-plan.js'
import type { Sequence } from '../sequence/sequence.js'
import { stepOf } from '../sequence/sequence.js'
import type { EngineContext } from './context.js'
import { decisionsFor } from './experiments.js'

/** What is needed to decide about one run. `contact` null = the host does not know the person any more. */
export interface Loaded {
  readonly definition: RunDefinition
  readonly contact: Contact | null
  readonly facts: RunFacts
  /** Whether decisions at its step can ask for facts that change by themselves: what was loaded for one is then too old for the next. */
  readonly asks: boolean
  /** How many deliveries one decision can name at most. */
  readonly mostDeliveries: number
}

const noPermissions: Permissions = { consents: [], suppressions: [] }

/** Loads what decisions about these runs can ask for: one query per kind of fact for the whole batch. */
export async function loadRuns(
  context: EngineContext,
  runs: readonly Recipient[],
  /** How many decisions are made about each: each may name new deliveries. */
  { decisionsEach = 1 }: { readonly decisionsEach?: number } = {},
): Promise<ReadonlyMap<number, Loaded>> {
  if (runs.length === 0) return new Map()
  // Side by side, because a due message waits for it: what the next questions are made of first.
  const [definitions, contacts] = await Promise.all([loadDefinitions(context, runs), loadContacts(context, runs)])
  const plans = plansOf(runs, definitions)
  const [events, deliveries, permissions, decisions] = await Promise.all([
    loadEvents(context, runs, plans),
    loadDeliveries(context, runs, plans),
    loadPermissions(context, runs, contacts),
    decisionsFor(context, runs, definitions),
  ])
  const loaded = new Map<number, Loaded>()
  for (const run of runs) {
    const definition = definitions.get(definitionKey(run))
    if (definition === undefined) continue
    const contact = contacts.get(contactKey(run)) ?? null
    loaded.set(run.id, {
      definition,
      contact,
      facts: {
        contact: contact ?? unknownContact(run.contactId),
        permissions: permissions.get(contactKey(run)) ?? noPermissions,
        events: events.get(contactKey(run)) ?? [],
        deliveries: deliveries.get(run.id) ?? [],
        decisions: decisions.get(`${run.workspaceId}/${run.campaignId}`) ?? {},
        newDeliveryId: context.ids.next,
      },
      asks: asksForAnything(definition, plans.get(run.id) ?? noNeeds),
      mostDeliveries: mostDeliveries(definition.sequence),
    })
  }
  await ensureIds(context, [...loaded.values()], decisionsEach)
  return loaded
}

/** Has the ids ready that decisions about these runs can use up. */
export function ensureIds({ ids }: EngineContext, runs: readonly Loaded[], decisionsEach = 1): Promise<void> {
  return ids.ensure(runs.reduce((sum, run) => sum + run.mostDeliveries, 0) * decisionsEach)
}

/** What decisions about these runs can ask for: the same for all that are at one step of one version. */
function plansOf(
  runs: readonly Recipient[],
  definitions: ReadonlyMap<string, RunDefinition>,
): ReadonlyMap<number, FactNeeds> {
  const byStep = new Map<string, FactNeeds>()
  const plans = new Map<number, FactNeeds>()
  for (const run of runs) {
    const definition = definitions.get(definitionKey(run))
    if (definition === undefined) continue
    const { campaign, sequence } = definition
    // A run that has not begun yet begins with its version's first step, whatever the campaign's draft says by now.
    const stepId = run.visit === 0 ? sequence.start : run.stepId
    const key = `${definitionKey(run)} ${stepId}`
    const plan = byStep.get(key) ?? factPlan(campaign, sequence, stepId)
    byStep.set(key, plan)
    plans.set(run.id, plan)
  }
  return plans
}

/** What does not: arms and replies are the run's own, and what brought it here stays the same. */
function asksForAnything({ campaign }: RunDefinition, needs: FactNeeds): boolean {
  const { attributes, tags, events, deliveries, consents } = needs
  return campaign.exits.length > 0 || [attributes, tags, events, deliveries, consents].some(({ length }) => length > 0)
}

/** What runs of a campaign's version are played by. */
export function definitionKey({
  workspaceId,
  campaignId,
  version,
}: Pick<Recipient, 'workspaceId' | 'campaignId' | 'version'>): string {
  const { latest } = definitionKeys
  // Runs of a batch mostly play by one definition, and making its key is most of what finding it costs.
  if (latest.version === version && latest.campaignId === campaignId && latest.workspaceId === workspaceId)
    return latest.key
  const key = `${workspaceId.length}:${workspaceId}${campaignId}@${version}`
  definitionKeys.latest = { workspaceId, campaignId, version, key }
  return key
}

const definitionKeys = { latest: { workspaceId: '', campaignId: '', version: 0, key: '' } }

/** The definitions of these runs, by {@link definitionKey}. Campaigns and settings are read afresh; versions never change. */
export async function loadDefinitions(
  context: EngineContext,
  runs: readonly Pick<Recipient, 'workspaceId' | 'campaignId' | 'version'>[],
): Promise<ReadonlyMap<string, RunDefinition>> {
  const { store } = context
  const unique = [...new Map(runs.map((run) => [definitionKey(run), run])).values()]
  const workspaceIds = [...new Set(unique.map(({ workspaceId }) => workspaceId))]
  const settings = new Map<string, WorkspaceSettings>()
  const campaigns: Campaign[] = []
  const [versions] = await Promise.all([
    store.campaigns.versions(unique),
    ...workspaceIds.map(async (workspaceId) => {
      const mine = unique.filter((run) => run.workspaceId === workspaceId)
      const campaignIds = [...new Set(mine.map(({ campaignId }) => campaignId))]
      const [found, ours] = await Promise.all([
        store.control.workspace({ workspaceId }),
        store.campaigns.get({ workspaceId, campaignIds }),
      ])
      settings.set(workspaceId, found ?? defaultWorkspaceSettings)
      campaigns.push(...ours)
    }),
  ])
  const accounts = Object.fromEntries([...context.channels].map(([name, { account }]) => [name, account]))
  const found = new Map<string, RunDefinition>()
  for (const version of versions) {
    const campaign = campaigns.find(
      ({ workspaceId, id }) => workspaceId === version.workspaceId && id === version.campaignId,
    )
    if (campaign === undefined) continue
    found.set(definitionKey(version), {
      settings: settings.get(version.workspaceId) ?? defaultWorkspaceSettings,
      campaign,
      sequence: version.sequence,
      accounts,
    })
  }
  return found
}

/** Contacts by key, from the host where it keeps them. */
export async function loadContacts(
  { store, contactSource }: Pick<EngineContext, 'store' | 'contactSource'>,
  keys: readonly { readonly workspaceId: string; readonly contactId: string }[],
): Promise<ReadonlyMap<string, Contact>> {
  const unique = [...new Map(keys.map((key) => [contactKey(key), keyOf(key)])).values()]
  if (unique.length === 0) return new Map()
  if (contactSource === null) {
    const found = await store.contacts.get(unique)
    return new Map(
      found.map((contact) => [contactKey({ workspaceId: contact.workspaceId, contactId: contact.id }), contact]),
    )
  }
  const byKey = new Map<string, Contact>()
  for (const workspaceId of new Set(unique.map((key) => key.workspaceId))) {
    const contactIds = unique.filter((key) => key.workspaceId === workspaceId).map(({ contactId }) => contactId)
    for (const contact of await contactSource.get({ workspaceId, contactIds })) {
      byKey.set(contactKey({ workspaceId, contactId: contact.id }), contact)
    }
  }
  return byKey
}

function loadPermissions(
  { store }: EngineContext,
  runs: readonly Recipient[],
  contacts: ReadonlyMap<string, Contact>,
): Promise<ReadonlyMap<string, Permissions>> {
  return store.contacts.permissions(
    runs.map((run) => ({ ...keyOf(run), addresses: contacts.get(contactKey(run))?.addresses ?? {} })),
  )
}

async function loadEvents(
  { store }: EngineContext,
  runs: readonly Recipient[],
  plans: ReadonlyMap<number, FactNeeds>,
): Promise<ReadonlyMap<string, readonly ContactEvent[]>> {
  const names = new Map<string, Set<string>>()
  for (const run of runs) {
    const wanted = plans.get(run.id)?.events ?? []
    const known = names.get(contactKey(run)) ?? new Set()
    for (const { name } of wanted) known.add(name)
    names.set(contactKey(run), known)
  }
  const queries = [...new Map(runs.map((run) => [contactKey(run), run])).values()].flatMap((run) => {
    const wanted = [...(names.get(contactKey(run)) ?? [])]
    return wanted.length === 0 ? [] : [{ ...keyOf(run), names: wanted }]
  })
  return queries.length === 0 ? new Map() : store.inbox.events(queries)
}

async function loadDeliveries(
  { store }: EngineContext,
  runs: readonly Recipient[],
  plans: ReadonlyMap<number, FactNeeds>,
): Promise<ReadonlyMap<number, readonly Delivery[]>> {
  const wanted = runs.filter((run) => {
    if (run.deliveryId !== null || (plans.get(run.id)?.deliveries.length ?? 0) > 0) return true
    return Object.values(run.memory.plans).some(({ deliveryId }) => deliveryId !== null)
  })
  if (wanted.length === 0) return new Map()
  return store.deliveries.ofRecipients(wanted.map(({ workspaceId, id }) => ({ workspaceId, recipientId: id })))
}

const known = new WeakMap<Sequence, number>()

/** A series may put every item off at once; a decision that is made again names some anew. */
function mostDeliveries(sequence: Sequence): number {
  const counted = known.get(sequence)
  if (counted !== undefined) return counted
  const count = Object.keys(sequence.steps).reduce((sum, id) => {
    const step = stepOf(sequence, id)
    return sum + (step?.kind === 'series' ? step.items.length : 1)
  }, 4)
  known.set(sequence, count)
  return count
}

const keyOf = ({ workspaceId, contactId }: { readonly workspaceId: string; readonly contactId: string }) => ({
  workspaceId,
  contactId,
})

function unknownContact(id: string): Contact {
  return { id, addresses: {}, zone: null, locale: null, attributes: {}, tags: [], updatedAt: null }
}
