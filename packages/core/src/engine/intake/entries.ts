import type { Campaign } from '../../campaign/campaign.js'
import { isRecurring, nextOccurrence } from '../../campaign/occurrence.js'
import type { Consent } from '../../contact/consent.js'
import type { Contact, ContactEvent } from '../../contact/contact.js'
import { contactKey } from '../../ports/store-contacts.js'
import type { NewRun } from '../../ports/store-inbox.js'
import { firstMemory } from '../../recipient/first-memory.js'
import type { Instant } from '../../schedule/instant.js'
import { evaluate, matchesData } from '../../sequence/evaluate-condition.js'
import { asksFor, mergeNeeds } from '../../sequence/fact-plan.js'
import type { EngineContext } from '../context.js'

/** How a run begins: its nominal instant, its key, and the event that began it. */
export interface Beginning {
  readonly at: Instant
  readonly runKey: string
  readonly event: ContactEvent | null
}

/** What an audience can ask for beside the contact itself. */
export interface EntryFacts {
  readonly events: readonly ContactEvent[]
  readonly consents: readonly Consent[]
}

const noFacts: EntryFacts = { events: [], consents: [] }

/** What these campaigns' audiences can ask for about these contacts: at most one query per kind of fact. */
export async function loadEntryFacts(
  { store }: Pick<EngineContext, 'store'>,
  campaigns: readonly Pick<Campaign, 'audience'>[],
  people: readonly { readonly workspaceId: string; readonly contact: Contact }[],
): Promise<{ readonly of: (workspaceId: string, contactId: string) => EntryFacts }> {
  const needs = mergeNeeds(...campaigns.flatMap(({ audience }) => (audience === undefined ? [] : [asksFor(audience)])))
  const keys = people.map(({ workspaceId, contact: { id, addresses } }) => ({ workspaceId, contactId: id, addresses }))
  const names = needs.events.map(({ name }) => name)
  const events = names.length === 0 ? null : await store.inbox.events(keys.map((key) => ({ ...key, names })))
  const permissions = needs.consents.length === 0 ? null : await store.contacts.permissions(keys)
  return {
    of(workspaceId, contactId) {
      const key = contactKey({ workspaceId, contactId })
      if (events === null && permissions === null) return noFacts
      return { events: events?.get(key) ?? [], consents: permissions?.get(key)?.consents ?? [] }
    },
  }
}

/** Whether the campaign's audience, and the filter of its entry event, admit this contact. */
export function admits(
  { audience, entry: { trigger } }: Pick<Campaign, 'audience' | 'entry'>,
  contact: Contact,
  { events, consents }: EntryFacts,
  entryEvent: ContactEvent | null = null,
): boolean {
  if (trigger.kind === 'event' && entryEvent !== null && !matchesData(trigger.event.where ?? [], entryEvent.data))
    return false
  if (audience === undefined) return true
  return evaluate(audience, {
    contact,
    consents,
    events,
    deliveries: [],
    arms: {},
    trigger: entryEvent?.data ?? null,
    replies: {},
    enrolledAt: Number.MIN_SAFE_INTEGER,
    stepEnteredAt: Number.MIN_SAFE_INTEGER,
  })
}

/**
 * The run of the next time at which the contact enters by the clock; null = there is none. Each repetition is a run of its own, entered
 * once; so is each time of a campaign that may be entered always.
 */
export function runAtOccurrence(
  campaign: Campaign,
  contact: Contact,
  asked: Parameters<typeof nextOccurrence>[2],
): NewRun | null {
  const next = nextOccurrence(campaign, contact, asked)
  if (next === null) return null
  const { at } = next
  const apart = isRecurring(campaign) || campaign.entry.again === 'always'
  if (!apart) return newRun(campaign, contact.id, { at, runKey: '', event: null })
  const runKey = next.runKey === '' ? new Date(at).toISOString() : next.runKey
  return { ...newRun(campaign, contact.id, { at, runKey, event: null }), again: 'never' }
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
