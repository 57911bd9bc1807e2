import type { Instant } from '../schedule/instant.js'

/** What a person has said about being written to. `pending` = asked, not yet confirmed (double opt-in). */
export type ConsentStatus = 'unknown' | 'pending' | 'granted' | 'revoked'

/** One thing a person said, for a channel as a whole or for one topic of it. */
export interface Consent {
  readonly channel: string
  /** Null = the whole channel. */
  readonly topic: string | null
  readonly status: ConsentStatus
  /** When they said it; the latest counts. */
  readonly at: Instant
  /** Where it was said, in the host's words: `signup form`, `sms keyword`. */
  readonly source: string
}

/** What a category of message needs: an explicit grant, no revocation, or nothing. */
export type ConsentRequirement = 'granted' | 'notRevoked' | 'none'

/** Marketing obeys every rule. Transactional mail ignores caps and marketing consent, and obeys suppression. */
export type Category = 'marketing' | 'transactional'

/** What a workspace requires by channel. What it does not say: marketing `notRevoked`, transactional `none`. */
export interface ConsentPolicy {
  readonly [channel: string]: { readonly marketing?: ConsentRequirement; readonly transactional?: ConsentRequirement }
}

const defaults: Readonly<Record<Category, ConsentRequirement>> = { marketing: 'notRevoked', transactional: 'none' }

/**
 * What counts for a channel and topic. The latest entry counts for the channel and for the topic each; of entries of one instant a
 * revocation counts, else the last in the list. A revoked channel closes all of its topics, also those granted later: only a
 * grant for the channel opens it. Otherwise the topic's own status counts, and the channel's where the topic has none.
 */
export function consentFor(consents: readonly Consent[], channel: string, topic: string | null): ConsentStatus {
  const whole = latest(consents, channel, null)
  if (topic === null || whole === 'revoked') return whole
  const own = latest(consents, channel, topic)
  return own === 'unknown' ? whole : own
}

/**
 * Whether consent allows a message: null = it does; otherwise the reason why not. A channel that the policy does not name has
 * the defaults.
 */
export function consentProblem(
  policy: ConsentPolicy,
  consents: readonly Consent[],
  message: { readonly channel: string; readonly topic: string | null; readonly category: Category },
): 'consent_missing' | 'consent_revoked' | null {
  const stated = Object.hasOwn(policy, message.channel) ? policy[message.channel] : undefined
  const required = stated?.[message.category] ?? defaults[message.category]
  if (required === 'none') return null
  const status = consentFor(consents, message.channel, message.topic)
  if (status === 'revoked') return 'consent_revoked'
  return required === 'granted' && status !== 'granted' ? 'consent_missing' : null
}

function latest(consents: readonly Consent[], channel: string, topic: string | null): ConsentStatus {
  let found: Consent | undefined
  for (const consent of consents) {
    if (consent.channel !== channel || consent.topic !== topic) continue
    if (found === undefined || isNewer(consent, found)) found = consent
  }
  return found?.status ?? 'unknown'
}

function isNewer(next: Consent, than: Consent): boolean {
  if (next.at !== than.at) return next.at > than.at
  return than.status !== 'revoked'
}
