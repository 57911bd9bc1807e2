import type { Instant } from '../schedule/instant.js'
import { addressKey } from './address.js'

/** Why an address must not be written to. */
export type SuppressionReason =
  /** A stop word by reply. */
  | 'stop'
  /** An unsubscribe link, or the provider's own list. */
  | 'unsubscribed'
  | 'hard_bounce'
  | 'complaint'
  /** The host, or an update step, asked for it. */
  | 'manual'
  /** The person asked to be forgotten; the suppression is what remains. */
  | 'erased'
  /** The provider says that the address does not exist, or that the number or token is gone. */
  | 'invalid'

/** An address that must not be written to on a channel. It outlives the contact, and beats every consent. */
export interface Suppression {
  readonly channel: string
  /** As `normalizeAddress` writes it. */
  readonly address: string
  /** Null = the whole channel. */
  readonly topic: string | null
  readonly reason: SuppressionReason
  readonly at: Instant
}

/** What a start word lifts on its channel: only what the person themselves can have meant. Bounces and complaints stay. */
export const liftedByStart: readonly SuppressionReason[] = ['stop', 'unsubscribed']

/**
 * The suppression that forbids a message, one of the whole channel before one of the topic, the oldest first; null = none does.
 * Addresses are compared without regard to case. A message without a topic is stopped by suppressions of the whole channel only.
 */
export function suppressionProblem(
  suppressions: readonly Suppression[],
  message: { readonly channel: string; readonly address: string; readonly topic: string | null },
): Suppression | null {
  let found: Suppression | null = null
  for (const suppression of suppressions) {
    if (suppression.channel !== message.channel) continue
    if (suppression.topic !== null && suppression.topic !== message.topic) continue
    if (addressKey(suppression.address) !== addressKey(message.address)) continue
    if (found === null || ranksBefore(suppression, found)) found = suppression
  }
  return found
}

function ranksBefore(a: Suppression, b: Suppression): boolean {
  const aWhole = a.topic === null
  return aWhole === (b.topic === null) ? a.at < b.at : aWhole
}
