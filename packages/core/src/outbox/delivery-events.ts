import type { Delivery, DeliveryState } from '../delivery/delivery.js'
import type { Fact, FactKind } from '../delivery/facts.js'
import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'
import { eventId, type OutboxEvent, streamOfContact } from './outbox-event.js'

/** What names a delivery outside. */
export type RefOf = (deliveryId: number) => string

const ofState: { readonly [State in DeliveryState]?: EventType } = {
  sent: 'delivery.sent',
  failed: 'delivery.failed',
  skipped: 'delivery.skipped',
  expired: 'delivery.expired',
  canceled: 'delivery.canceled',
  unknown: 'delivery.unknown',
  unresolved: 'delivery.unresolved',
}

/** How it is told that a delivery has come to a state; undefined = it is not: it only waits, or is under way. */
export function typeOfState(state: DeliveryState): EventType | undefined {
  return ofState[state]
}

/** What is told of a delivery that has come to a state. Nothing while it only waits, or is under way. */
export function eventsOfDelivery(delivery: Delivery, refOf: RefOf, now: Instant): readonly OutboxEvent[] {
  const { workspaceId, id, state, attempts, sentAt } = delivery
  const type = typeOfState(state)
  if (type === undefined) return []
  return [
    {
      workspaceId,
      id: eventId(workspaceId, type, refOf(id), attempts),
      type,
      at: state === 'sent' && sentAt !== null ? sentAt : now,
      stream: streamOfContact(delivery.contactId),
      data: aboutDelivery(delivery, refOf),
    },
  ]
}

const ofFact: { readonly [Kind in FactKind]?: readonly [EventType, JsonObject?] } = {
  delivered: ['delivery.delivered'],
  opened: ['delivery.opened'],
  clicked: ['delivery.clicked'],
  soft_bounced: ['delivery.bounced', { bounce: 'soft' }],
  hard_bounced: ['delivery.bounced', { bounce: 'hard' }],
  failed: ['delivery.bounced', { bounce: 'undelivered' }],
  complained: ['delivery.complained'],
}

/** What is told of reports on a delivery: once per kind that was not known. What machines open and click is not told. */
export function eventsOfFacts(delivery: Delivery, facts: readonly Fact[], refOf: RefOf): readonly OutboxEvent[] {
  const { workspaceId } = delivery
  const earliest = new Map<FactKind, Instant>()
  for (const { kind, at } of facts) {
    if (delivery.facts[kind] === undefined) earliest.set(kind, Math.min(at, earliest.get(kind) ?? at))
  }
  return [...earliest].flatMap(([kind, at]) => {
    const [type, more = {}] = ofFact[kind] ?? []
    if (type === undefined) return []
    return {
      workspaceId,
      id: eventId(workspaceId, 'fact', refOf(delivery.id), kind),
      type,
      at,
      stream: streamOfContact(delivery.contactId),
      data: { ...aboutDelivery(delivery, refOf), ...more },
    }
  })
}

function aboutDelivery(delivery: Delivery, refOf: RefOf): JsonObject {
  const { contactId, campaignId, kind, stepId, itemId, channel, category, topic, state, reason } = delivery
  const { templateId, templateVersion } = delivery
  return {
    contactId,
    campaignId,
    deliveryRef: refOf(delivery.id),
    kind,
    stepId,
    itemId,
    channel,
    category,
    topic,
    templateId,
    templateVersion,
    state,
    reason,
  }
}
