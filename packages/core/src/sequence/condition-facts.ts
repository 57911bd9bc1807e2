import type { Consent } from '../contact/consent.js'
import type { Contact, ContactEvent } from '../contact/contact.js'
import type { DeliveryState } from '../delivery/delivery.js'
import type { FactSet } from '../delivery/facts.js'
import type { JsonObject, JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { StepId } from './step.js'

/** What is known of a step's latest delivery in a run. */
export interface StepDelivery {
  readonly stepId: StepId
  readonly state: DeliveryState
  readonly facts: FactSet
}

/** Everything a condition can ask for. An audience is judged with no run: no deliveries, arms, trigger or replies. */
export interface ConditionFacts {
  readonly contact: Contact
  readonly consents: readonly Consent[]
  /** The events that count for this contact or run, in order of ingestion. */
  readonly events: readonly ContactEvent[]
  /** The latest delivery of each step. */
  readonly deliveries: readonly StepDelivery[]
  /** The arm that each split gave. */
  readonly arms: { readonly [split: StepId]: string }
  /** Data of the event that brought the run here; null = none did. */
  readonly trigger: JsonObject | null
  /** JSON replies of webhook and action steps. */
  readonly replies: { readonly [step: StepId]: JsonValue }
  /** Where `since: 'enrollment'` begins, inclusive. */
  readonly enrolledAt: Instant
  /** Where `since: 'stepEntry'` begins, inclusive. */
  readonly stepEnteredAt: Instant
}
