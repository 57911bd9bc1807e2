import type { Campaign } from '../../campaign/campaign.js'
import { clockTrigger } from '../../campaign/occurrence.js'
import type { Contact } from '../../contact/contact.js'
import type { NewRun } from '../../ports/store-inbox.js'
import type { ZoneBeginning } from '../../ports/store-recipients.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { loadDefinitions } from '../load.js'
import { takeUp } from '../resumption.js'
import { admits, loadEntryFacts, newRun, runAtOccurrence } from './entries.js'
import { firstWait } from './first-wait.js'

const contactsAtOnce = 1000
/** As many as the Store looks at in one call: about a second of its time. */
const audienceAtOnce = 100_000

/**
 * Looks after campaigns: starts scheduled ones, takes audience snapshots on in chunks, opens the rounds of schedules and attribute
 * dates, goes on with pauses that were ended half-way. Returns how many chunks were worked on.
 */
export async function tendCampaigns(context: EngineContext): Promise<number> {
  let worked = 0
  for (const campaign of await context.store.campaigns.live()) {
    try {
      worked += await tend(context, campaign)
    } catch (error) {
      // One campaign must not keep the others from being looked after.
      context.events.emit('engine.failed', { during: `looking after campaign ${campaign.id}`, error })
    }
  }
  return worked
}

async function tend(context: EngineContext, campaign: Campaign): Promise<number> {
  const { status, startsAt, activation, resumptions } = campaign
  if (status === 'scheduled' && startsAt !== null && startsAt <= context.clock.now()) {
    await begin(context, campaign)
    return 1
  }
  if (status !== 'active') return 0
  if (activation !== null) {
    await takeChunk(context, campaign)
    return 1
  }
  return resumptions.length === 0 ? 0 : takeUp(context, campaign)
}

/** Makes a published campaign active now. Its audience, if that is how contacts enter, is taken in chunks from here on. */
export async function begin(context: EngineContext, campaign: Campaign): Promise<Campaign> {
  const startedAt = campaign.startedAt ?? context.clock.now()
  const snapshot = ['audience', 'matching', 'schedule', 'attributeDate'].includes(campaign.entry.trigger.kind)
  const active: Campaign = {
    ...campaign,
    status: 'active',
    startedAt,
    startsAt: null,
    entryOpen: true,
    activation: snapshot ? { after: null, enrolled: 0 } : null,
    revision: campaign.revision + 1,
  }
  await context.store.campaigns.save({ campaign: active, expectedRevision: campaign.revision })
  return active
}

/** The cursor moves in the same transaction as the runs begin, so a crash neither loses nor repeats anybody. */
function takeChunk(context: EngineContext, campaign: Campaign): Promise<void> {
  const inStore = context.contactSource === null && clockTrigger(campaign) === null
  return inStore ? takeAudience(context, campaign) : takePage(context, campaign)
}

/** All enter at once, and the Store knows them: it begins their runs by itself. What their zone decides is decided once per zone. */
async function takeAudience(context: EngineContext, campaign: Campaign): Promise<void> {
  const { store, clock } = context
  const { workspaceId, id: campaignId, activation, audience: where = null } = campaign
  const now = clock.now()
  const run = newRun(campaign, '', { at: campaign.startedAt ?? now, runKey: '', event: null })
  const { version, runKey, again, recipient } = run
  const definition = [...(await loadDefinitions(context, [run])).values()][0]
  const begin = (zone: string | null): ZoneBeginning =>
    (definition === undefined ? null : firstWait(definition, run, zone, now)) ?? { recipient, counters: [] }
  const from = activation?.after ?? null
  const limit = audienceAtOnce
  const shared = { version, runKey, again }
  await store.recipients.enrollAudience({ workspaceId, campaignId, from, limit, where, now, run: shared, begin })
}

/** Each contact enters at a time of their own, or the host keeps them. */
async function takePage(context: EngineContext, campaign: Campaign): Promise<void> {
  const { workspaceId, id: campaignId, activation } = campaign
  const after = activation?.after ?? null
  const { contacts, next } = await audiencePage(context, campaign, after)
  const now = context.clock.now()
  const settings = await context.store.control.workspace({ workspaceId })
  const runs = contacts.flatMap((contact) => beginningOf(campaign, contact, settings?.zone ?? null, now) ?? [])
  await context.store.recipients.enroll({ runs, now, activation: { workspaceId, campaignId, from: after, to: next } })
}

async function audiencePage({ store, contactSource, clock }: EngineContext, campaign: Campaign, after: string | null) {
  const { workspaceId, audience = null } = campaign
  const limit = contactsAtOnce
  if (contactSource === null)
    return store.contacts.page({ workspaceId, where: audience, now: clock.now(), after, limit })
  const page = await contactSource.page({ workspaceId, after, limit })
  const facts = await loadEntryFacts(
    { store },
    [campaign],
    page.contacts.map((contact) => ({ workspaceId, contact })),
  )
  return {
    ...page,
    contacts: page.contacts.filter((contact) => admits(campaign, contact, facts.of(workspaceId, contact.id))),
  }
}

/** When, and as which run, a contact of the audience enters; null = not at all, or not by what is known now. */
function beginningOf(campaign: Campaign, contact: Contact, workspaceZone: string | null, now: Instant): NewRun | null {
  const startedAt = campaign.startedAt ?? now
  if (clockTrigger(campaign) === null) return newRun(campaign, contact.id, { at: startedAt, runKey: '', event: null })
  return runAtOccurrence(campaign, contact, { from: startedAt, workspaceZone })
}
