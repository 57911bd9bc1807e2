import type { Campaign } from '../../campaign/campaign.js'
import { clockTrigger } from '../../campaign/occurrence.js'
import type { Contact, ContactEvent } from '../../contact/contact.js'
import { contactKey } from '../../ports/store-contacts.js'
import type { InboxItem, NewRun } from '../../ports/store-inbox.js'
import { occurred } from '../../recipient/effect.js'
import type { Recipient } from '../../recipient/recipient.js'
import { keyOf } from '../../recipient/run-facts.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { admits, type EntryFacts, loadEntryFacts, newRun, runAtOccurrence } from './entries.js'

/** The campaigns that contacts can enter at the moment, and what is known of those who may. */
export interface Entrance {
  readonly campaigns: readonly Campaign[]
  readonly factsOf: (workspaceId: string, contactId: string) => EntryFacts
  readonly zoneOf: (workspaceId: string) => string | null
  /** Whether the contact has a run in the campaign that has not begun yet. */
  readonly awaits: (campaign: Campaign, contactId: string) => boolean
}

/** Opens the entrance for these items: campaigns, and the facts that their audiences can ask for. */
export async function openEntrance(
  { store }: EngineContext,
  items: readonly InboxItem[],
  contacts: ReadonlyMap<string, Contact>,
  runs: readonly Recipient[],
): Promise<Entrance> {
  const live = items.length === 0 ? [] : await store.campaigns.live()
  const campaigns = live.filter(({ status, entryOpen }) => entryOpen && (status === 'active' || status === 'paused'))
  const people = items.flatMap((item) => {
    const contact = contacts.get(contactKey(item))
    return contact === undefined ? [] : [{ workspaceId: item.workspaceId, contact }]
  })
  const facts = await loadEntryFacts({ store }, campaigns, people)
  const zones = new Map<string, string | null>()
  for (const { workspaceId } of campaigns.filter((campaign) => clockTrigger(campaign) !== null)) {
    if (!zones.has(workspaceId)) zones.set(workspaceId, (await store.control.workspace({ workspaceId }))?.zone ?? null)
  }
  return {
    campaigns,
    factsOf: facts.of,
    zoneOf: (workspaceId) => zones.get(workspaceId) ?? null,
    awaits: ({ workspaceId, id }, contactId) =>
      runs.some(
        (run) =>
          run.workspaceId === workspaceId && run.campaignId === id && run.contactId === contactId && run.visit === 0,
      ),
  }
}

/** The runs that begin because of what happened to a contact. */
export function runsBegunBy(entrance: Entrance, item: InboxItem, contact: Contact, now: Instant): readonly NewRun[] {
  const mine = entrance.campaigns.filter(
    ({ workspaceId, version }) => workspaceId === item.workspaceId && version !== null,
  )
  return mine.flatMap((campaign) => {
    const facts = entrance.factsOf(item.workspaceId, contact.id)
    switch (campaign.entry.trigger.kind) {
      case 'matching':
        return item.kind !== 'report' && admits(campaign, contact, facts)
          ? [newRun(campaign, contact.id, { at: now, runKey: '', event: null })]
          : []
      case 'event':
        return item.kind === 'event' ? byEvent(campaign, item, contact, facts) : []
      case 'schedule':
      case 'attributeDate':
        return byClock(entrance, campaign, item, contact, now)
      default:
        return []
    }
  })
}

function byEvent(
  campaign: Campaign,
  { event, receivedAt }: Extract<InboxItem, { kind: 'event' }>,
  contact: Contact,
  facts: EntryFacts,
): readonly NewRun[] {
  const { trigger } = campaign.entry
  if (trigger.kind !== 'event' || event.name !== trigger.event.event) return []
  if (campaign.startedAt !== null && event.at < campaign.startedAt) return []
  const runKey = trigger.key === undefined ? '' : keyOf(event, trigger.key)
  if (runKey === null || !admits(campaign, contact, facts, event)) return []
  return [newRun(campaign, contact.id, { at: nominalEntry(event, receivedAt), runKey, event })]
}

/** A contact that changed may enter at a date of theirs by now; one that has just entered may enter again. */
function byClock(
  entrance: Entrance,
  campaign: Campaign,
  item: InboxItem,
  contact: Contact,
  now: Instant,
): readonly NewRun[] {
  // The snapshot is still being taken: it comes to everybody.
  if (campaign.activation !== null || entrance.awaits(campaign, contact.id)) return []
  const workspaceZone = entrance.zoneOf(campaign.workspaceId)
  if (item.kind === 'event' && item.event.name === occurred) {
    if (item.event.data.campaignId !== campaign.id) return []
    const from = Math.max(now, Number(item.event.data.at) + 1)
    return [runAtOccurrence(campaign, contact, { from, workspaceZone }) ?? []].flat()
  }
  if (item.kind !== 'contact_changed') return []
  if (!admits(campaign, contact, entrance.factsOf(campaign.workspaceId, contact.id))) return []
  return [runAtOccurrence(campaign, contact, { from: now, workspaceZone }) ?? []].flat()
}

const toleranceMs = 15 * 60 * 1000

/** The event's own time, unless it was reported so late, or so early, that the report's time is meant. */
function nominalEntry({ at }: ContactEvent, receivedAt: Instant): Instant {
  return at <= receivedAt && receivedAt - at <= toleranceMs ? at : receivedAt
}
