import type { Instant } from '../schedule/instant.js'

/** How often, and how far apart, a message that was proven not accepted is tried again. */
export interface RetryPolicy {
  /** Calls per delivery, the first included. Default 8. */
  readonly maxAttempts: number
  /** The first pause may be up to this long; each further one up to twice the one before. Default 2 s. */
  readonly firstMs: number
  /** No pause is longer, unless the provider asks for it. Default 15 min. */
  readonly longestMs: number
}

/** What applies unless the host says otherwise. */
export const defaultRetryPolicy: RetryPolicy = { maxAttempts: 8, firstMs: 2000, longestMs: 15 * 60 * 1000 }

/**
 * When to try again after `attempts` calls; null = no more. Full jitter below an exponential bound, with the provider's
 * `Retry-After` as the floor. `random` is a number in [0, 1).
 */
export function retryAt(
  policy: RetryPolicy,
  given: {
    readonly attempts: number
    readonly retryAfterMs: number | null
    readonly random: number
    readonly now: Instant
  },
): Instant | null {
  if (given.attempts >= policy.maxAttempts) return null
  const bound = Math.min(policy.longestMs, policy.firstMs * 2 ** given.attempts)
  return given.now + Math.max(given.retryAfterMs ?? 0, Math.ceil(given.random * bound))
}
