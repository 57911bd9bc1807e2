import { type ConditionFacts, type Contact, contactKey, minInstant } from '@drumbeat/core'
import { byText } from './keys.js'
import type { State } from './state.js'

type KeptContact = Contact & { readonly workspaceId: string }

/** The contacts of a workspace behind an id, in id order; null = all. */
export function contactsAfter(state: State, workspaceId: string, after: string | null): readonly KeptContact[] {
  return state.contactsOf
    .of(workspaceId)
    .filter(({ id }) => after === null || id > after)
    .sort(byText(({ id }) => id))
}

/** An audience is judged with no run: all events count, and there is nothing else. */
export function factsOf(state: State, contact: KeptContact): ConditionFacts {
  const key = contactKey({ workspaceId: contact.workspaceId, contactId: contact.id })
  return {
    contact,
    consents: state.consentsOf.of(key),
    events: state.eventsOfContact.of(key),
    deliveries: [],
    arms: {},
    trigger: null,
    replies: {},
    enrolledAt: minInstant,
    stepEnteredAt: minInstant,
  }
}
