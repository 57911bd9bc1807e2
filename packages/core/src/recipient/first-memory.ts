import type { ContactEvent } from '../contact/contact.js'
import type { Instant } from '../schedule/instant.js'
import type { Memory, TriggerEvent } from './recipient.js'

/** What a run remembers that begins at an instant, with the event that it begins by; null = it begins by none. */
export function firstMemory(at: Instant, event: ContactEvent | null): Memory {
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
    aside: null,
    resumed: null,
    why: null,
    path: [],
  }
}
