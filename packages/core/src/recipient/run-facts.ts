import type { Campaign } from '../campaign/campaign.js'
import type { WorkspaceSettings } from '../campaign/workspace.js'
import { type Contact, type ContactEvent, messageReceived, type Permissions } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import type { ConditionFacts, StepDelivery } from '../sequence/condition-facts.js'
import type { Sequence } from '../sequence/sequence.js'
import type { Recipient } from './recipient.js'

/** What a run is played by. The same for every run of a campaign's version. */
export interface RunDefinition {
  readonly settings: WorkspaceSettings
  readonly campaign: Campaign
  readonly sequence: Sequence
  /** The provider account behind each channel that is configured. */
  readonly accounts: { readonly [channel: string]: string }
}

/** What is known when a decision is made. */
export interface RunFacts {
  readonly contact: Contact
  readonly permissions: Permissions
  /** The contact's events that this decision can ask for, in order of ingestion. */
  readonly events: readonly ContactEvent[]
  /** This run's deliveries, oldest first, if this decision can ask for them. */
  readonly deliveries: readonly Delivery[]
  /** The arm that each decided experiment of the campaign chose. */
  readonly decisions: { readonly [step: string]: string }
  /** Gives out ids that no other delivery has, rising. */
  readonly newDeliveryId: () => number
}

/**
 * The events that belong to the run: of a keyed campaign, those that carry its key. Inbound messages carry none and belong to
 * every run of their contact.
 */
export function eventsOfRun(
  { campaign }: Pick<RunDefinition, 'campaign'>,
  recipient: Pick<Recipient, 'runKey'>,
  events: readonly ContactEvent[],
): readonly ContactEvent[] {
  const { trigger } = campaign.entry
  const key = trigger.kind === 'event' ? trigger.key : undefined
  if (key === undefined) return events
  return events.filter((event) => event.name === messageReceived || keyOf(event, key) === recipient.runKey)
}

/** The key of a keyed run that an event names; null = it names none. Numbers and text are keys. */
export function keyOf(event: Pick<ContactEvent, 'data'>, field: string): string | null {
  const value = Object.hasOwn(event.data, field) ? event.data[field] : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

/** What conditions of this run can ask for. */
export function conditionFacts(definition: RunDefinition, recipient: Recipient, facts: RunFacts): ConditionFacts {
  const { memory } = recipient
  return {
    contact: facts.contact,
    consents: facts.permissions.consents,
    events: eventsOfRun(definition, recipient, facts.events),
    deliveries: latestByStep(facts.deliveries),
    arms: memory.arms,
    trigger: (memory.trigger ?? memory.entryEvent)?.data ?? null,
    replies: memory.replies,
    enrolledAt: recipient.enrolledAt,
    stepEnteredAt: memory.since,
  }
}

function latestByStep(deliveries: readonly Delivery[]): readonly StepDelivery[] {
  return [...new Map(deliveries.map((delivery) => [delivery.stepId, delivery])).values()]
}
