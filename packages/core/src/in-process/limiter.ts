import type { Limiter, LimitKey } from '../ports/limiter.js'
import { checkReservation, refilled, type TokenBucket, takeFrom } from './token-bucket.js'

/** Keeps rates among the engines of this process, with a bucket of tokens for each account and sender. */
export function inProcessLimiter(): Limiter {
  const buckets = new Map<string, TokenBucket>()
  return {
    async reserve({ key, rate, units, atLeast = 1, now }) {
      checkReservation(rate, units, atLeast)
      const { bucket, reservation } = takeFrom(refilled(buckets.get(nameOf(key)), rate, now), rate, { units, atLeast })
      buckets.set(nameOf(key), bucket)
      return reservation
    },
    async giveBack({ key, rate, units, now }) {
      const known = buckets.get(nameOf(key))
      if (known === undefined) return
      const { tokens, at } = refilled(known, rate, now)
      buckets.set(nameOf(key), refilled({ tokens: tokens + units, at }, rate, at))
    },
  }
}

function nameOf({ account, sender }: LimitKey): string {
  return `${account.length}:${account}${sender}`
}
