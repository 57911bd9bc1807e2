import type { JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Delivery, DeliveryState } from './delivery.js'
import { type Fact, mergeFacts } from './facts.js'

/** What the end of an attempt says about its delivery. */
export interface AttemptResult {
  readonly state: Extract<
    DeliveryState,
    'sent' | 'retry_wait' | 'failed' | 'unknown' | 'unresolved' | 'scheduled' | 'canceled'
  >
  readonly reason: string | null
  /** Null leaves what is known; so do `sentAt`, `reply` and a false `possibleDuplicate`. */
  readonly providerId: string | null
  readonly sentAt: Instant | null
  readonly facts: readonly Fact[]
  readonly reply: JsonValue
  /**
   * False when the call never started, or the provider's account was blocked: the attempt is taken back, and `intendedAt` is null
   * again if it was the first.
   */
  readonly attemptCounts: boolean
  readonly possibleDuplicate: boolean
}

/** The part of a delivery that an attempt's end reads and writes. */
export type SettledPart = Pick<
  Delivery,
  'state' | 'reason' | 'providerId' | 'sentAt' | 'facts' | 'reply' | 'possibleDuplicate' | 'attempts' | 'intendedAt'
>

/** A delivery as an attempt's end leaves it. Null says nothing new; an attempt that does not count is taken back. */
export function settledDelivery<Part extends SettledPart>(delivery: Part, result: AttemptResult): Part {
  const { state, reason, providerId, sentAt, facts, reply, possibleDuplicate, attemptCounts } = result
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
