import type { Campaign } from '../campaign/campaign.js'
import type { Store } from '../ports/store.js'
import type { ClosedGate } from '../ports/store-control.js'
import type { InboxItem } from '../ports/store-inbox.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'

/** The contacts, campaigns and addresses whose traces a dump looks for. */
export interface DumpScope {
  readonly workspaceId: string
  readonly contactIds: readonly string[]
  readonly addresses: readonly { readonly channel: string; readonly address: string }[]
  readonly eventNames: readonly string[]
  readonly now: Instant
}

/** Everything of a workspace that can be read through the port, as plain data. */
export interface WorkspaceDump {
  readonly perCampaign: readonly { readonly recipients: readonly Recipient[]; readonly [what: string]: unknown }[]
  readonly [what: string]: unknown
}

/** Reads everything of a workspace: two dumps are equal when nothing has changed. */
export async function dumpWorkspace(store: Store, scope: DumpScope): Promise<WorkspaceDump> {
  const { workspaceId } = scope
  const campaigns = await store.campaigns.list({ workspaceId })
  const templates = await store.templates.list({ workspaceId })
  return {
    campaigns,
    perCampaign: await Promise.all(campaigns.map((campaign) => dumpCampaign(store, campaign))),
    templates: await Promise.all(
      templates.map(({ templateId }) => store.templates.history({ workspaceId, templateId })),
    ),
    settings: await store.control.workspace({ workspaceId }),
    gates: [...(await store.control.closedGates({ workspaceIds: [workspaceId] }))].sort(byScope),
    audit: await store.control.auditLog({ workspaceId, limit: 1000 }),
    inbox: itemsByKind(
      (await store.inbox.peek({ limit: 1000 })).items.filter((item) => item.workspaceId === workspaceId),
    ),
    endpoints: await dumpEndpoints(store, workspaceId),
    ...(await dumpContacts(store, scope)),
  }
}

async function dumpCampaign(
  store: Store,
  { workspaceId, id: campaignId, version }: Campaign,
): Promise<WorkspaceDump['perCampaign'][number]> {
  const numbers = Array.from({ length: (version ?? 0) + 1 }, (_, index) => index + 1)
  const versions = numbers.map((number) => ({ workspaceId, campaignId, version: number }))
  const decisions = await store.campaigns.decisions({ workspaceId, campaignIds: [campaignId] })
  const counters = await store.recipients.counters({ workspaceId, campaignId })
  return {
    recipients: await store.recipients.ofCampaign({ workspaceId, campaignId, limit: 1000 }),
    versions: await store.campaigns.versions(versions),
    decisions: [...decisions].sort(byJson),
    deliveries: await store.deliveries.ofCampaign({ workspaceId, campaignId, limit: 1000 }),
    counters: counters.filter(({ value }) => value !== 0).sort(byJson),
  }
}

async function dumpEndpoints(store: Store, workspaceId: string): Promise<unknown> {
  const endpoints = await store.outbox.endpoints({ workspaceId })
  const attempts = endpoints.map(({ id }) => store.outbox.attempts({ workspaceId, endpointId: id, limit: 1000 }))
  return { endpoints, attempts: await Promise.all(attempts), backlog: await store.outbox.backlog({ workspaceId }) }
}

async function dumpContacts(store: Store, scope: DumpScope): Promise<Record<string, unknown>> {
  const { workspaceId, contactIds, addresses, eventNames, now } = scope
  const keys = contactIds.map((contactId) => ({ workspaceId, contactId }))
  const permissionKeys = addresses.flatMap(({ channel, address }) =>
    contactIds.map((contactId) => ({ workspaceId, contactId, addresses: { [channel]: address } })),
  )
  const permissions = permissionKeys.map(async (key) => [...(await store.contacts.permissions([key])).values()])
  return {
    contacts: (await store.contacts.page({ workspaceId, where: null, now, limit: 1000 })).contacts,
    events: [...(await store.inbox.events(keys.map((key) => ({ ...key, names: eventNames }))))].sort(byJson),
    permissions: (await Promise.all(permissions))
      .flat()
      .map(({ consents, suppressions }) => [[...consents].sort(byJson), [...suppressions].sort(byJson)]),
  }
}

/** Items in the order of arrival within each kind: what one call adds of several kinds comes in any order. */
export function itemsByKind(items: readonly InboxItem[]): { readonly [kind: string]: readonly InboxItem[] } {
  const ofKind = (wanted: InboxItem['kind']) => items.filter(({ kind }) => kind === wanted)
  return { events: ofKind('event'), reports: ofKind('report'), changes: ofKind('contact_changed') }
}

/** An order for rows whose own order means nothing. */
export function byJson(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(sorted(a)), JSON.stringify(sorted(b))]
  return left < right ? -1 : left > right ? 1 : 0
}

/** By the scope alone: epochs are numbers of each store's own, and whether one has a digit more than another means nothing. */
function byScope({ kind, ref }: ClosedGate, other: ClosedGate): number {
  return byJson([kind, ref], [other.kind, other.ref])
}

/** The same value with the members of its objects in the order of their names. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}
