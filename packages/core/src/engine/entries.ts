import type { Campaign } from '../campaign/campaign.js'
import type { Consent } from '../contact/consent.js'
import type { Contact, ContactEvent } from '../contact/contact.js'
import type { NewRun } from '../ports/store-inbox.js'
import type { Memory, TriggerEvent } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import { evaluate, matchesData } from '../sequence/evaluate-condition.js'

/** How a run begins: its nominal instant, its key, and the event that began it. */
export interface Beginning {
  readonly at: Instant
  readonly runKey: string
  readonly event: ContactEvent | null
}

/** Whether the campaign's audience, and the filter of its entry event, admit this contact. */
export function admits(
  campaign: Pick<Campaign, 'audience' | 'entry'>,
  contact: Contact,
  events: readonly ContactEvent[],
  consents: readonly Consent[] = [],
): boolean {
  const { audience, entry } = campaign
  const [event] = events
  if (
    entry.trigger.kind === 'event' &&
    event !== undefined &&
    !matchesData(entry.trigger.event.where ?? [], event.data)
  )
    return false
  if (audience === undefined) return true
  return evaluate(audience, {
    contact,
    consents,
    events,
    deliveries: [],
    arms: {},
    trigger: event?.data ?? null,
    replies: {},
    enrolledAt: Number.MIN_SAFE_INTEGER,
    stepEnteredAt: Number.MIN_SAFE_INTEGER,
  })
}

/** A run at its start: due at its nominal entry, its first step not yet entered. */
export function newRun(campaign: Campaign, contactId: string, { at, runKey, event }: Beginning): NewRun {
  const { workspaceId, id: campaignId, version, entry, sequence } = campaign
  if (version === null) throw new Error(`Campaign "${campaignId}" has no published version to enroll into.`)
  return {
    workspaceId,
    campaignId,
    version,
    contactId,
    runKey,
    again: entry.again,
    recipient: {
      status: 'active',
      reason: null,
      enrolledAt: at,
      endedAt: null,
      stepId: sequence.start,
      visit: 0,
      waiting: 'timer',
      dueAt: at,
      lane: { channel: '', priority: 'normal' },
      deliveryId: null,
      parked: false,
      memory: firstMemory(at, event),
    },
  }
}

function firstMemory(at: Instant, event: ContactEvent | null): Memory {
  const entryEvent: TriggerEvent | null = event === null ? null : { name: event.name, at: event.at, data: event.data }
  return {
    base: at,
    since: at,
    afterSeq: event?.seq ?? 0,
    entryEvent,
    trigger: null,
    visits: {},
    arms: {},
    assignedAt: {},
    replies: {},
    interrupted: [],
    holdout: false,
    plans: {},
    hangsOn: null,
    resumed: null,
    why: null,
    path: [],
  }
}
