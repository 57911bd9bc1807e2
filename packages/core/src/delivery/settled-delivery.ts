import type { Settlement } from '../ports/store-deliveries.js'
import type { Delivery } from './delivery.js'
import { mergeFacts } from './facts.js'

/** A delivery as an attempt's end leaves it. Null says nothing new; an attempt that does not count is taken back. */
export function settledDelivery(delivery: Delivery, settlement: Settlement): Delivery {
  const { state, reason, providerId, sentAt, facts, reply, possibleDuplicate, attemptCounts } = settlement
  const attempts = attemptCounts ? delivery.attempts : delivery.attempts - 1
  return {
    ...delivery,
    state,
    reason,
    providerId: providerId ?? delivery.providerId,
    sentAt: sentAt ?? delivery.sentAt,
    facts: mergeFacts(delivery.facts, facts),
    reply: reply ?? delivery.reply,
    possibleDuplicate: delivery.possibleDuplicate || possibleDuplicate,
    attempts,
    intendedAt: attempts === 0 ? null : delivery.intendedAt,
  }
}
