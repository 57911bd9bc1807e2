import { ConfigurationError } from '../../errors.js'
import type { Instant } from '../../schedule/instant.js'

/** How an account that pushes back is slowed down, and how it gains speed again. */
export interface ThrottleSettings {
  /** What a push-back leaves of the calls at once and of the rate: above 0, at most 1. 1 = accounts are never slowed down. */
  readonly keep: number
  /** How many more calls may be under way at once after a whole round of them went well: above 0. */
  readonly moreAtOnce: number
  /** What part of the rate at which the account pushed back is added with each second of sending: above 0, at most 1. */
  readonly moreRate: number
  /** For how long after a push-back further ones change nothing, because those calls were under way already: 0 or more. */
  readonly calmMs: number
  /** How long a `Retry-After` may keep the whole account waiting: 0 or more. */
  readonly longestPauseMs: number
}

/** How fast one account is called: additive increase, multiplicative decrease. */
export interface Throttle {
  /** Calls at once: from 1 to the most that the engine makes; its whole part counts. */
  readonly atOnce: number
  /** Calls that may start per second, 1 or more; null = any number: it has not pushed back, or takes more by now than when it did. */
  readonly perSecond: number | null
  /** Calls per second when it pushed back last. */
  readonly pushedBackAtRate: number
  /** No push-back changes anything before this. */
  readonly calmUntil: Instant
  /** No call starts before this. */
  readonly pausedUntil: Instant
}

/** The rate at which an account no longer has one, as a multiple of that at which it pushed back. */
const forgottenAt = 2

/** An account that nothing is known of: as fast as the engine can. */
export function unthrottled(mostAtOnce: number): Throttle {
  const never = Number.NEGATIVE_INFINITY
  return { atOnce: mostAtOnce, perSecond: null, pushedBackAtRate: 0, calmUntil: never, pausedUntil: never }
}

/** After a call that the account took. */
export function afterSuccess(throttle: Throttle, mostAtOnce: number, settings: ThrottleSettings): Throttle {
  const { atOnce, perSecond, pushedBackAtRate } = throttle
  const raised = { ...throttle, atOnce: Math.min(mostAtOnce, atOnce + settings.moreAtOnce / atOnce) }
  if (perSecond === null) return raised
  const rate = perSecond + Math.max(1, settings.moreRate * pushedBackAtRate) / perSecond
  return { ...raised, perSecond: rate >= forgottenAt * pushedBackAtRate ? null : rate }
}

/** After a push-back: a 429, a 5xx, a time-out. `rate` is how many calls per second were made when it came. */
export function afterPushBack(
  throttle: Throttle,
  { now, rate, retryAfterMs }: { readonly now: Instant; readonly rate: number; readonly retryAfterMs: number | null },
  { keep, calmMs, longestPauseMs }: ThrottleSettings,
): Throttle {
  if (keep >= 1) return throttle
  const pausedUntil = Math.max(throttle.pausedUntil, now + Math.min(retryAfterMs ?? 0, longestPauseMs))
  if (now < throttle.calmUntil) return { ...throttle, pausedUntil }
  const pushedBackAtRate = Math.max(1, Math.min(rate, throttle.perSecond ?? Number.POSITIVE_INFINITY))
  return {
    atOnce: Math.max(1, throttle.atOnce * keep),
    perSecond: Math.max(1, pushedBackAtRate * keep),
    pushedBackAtRate,
    calmUntil: now + calmMs,
    pausedUntil,
  }
}

/** Whether it cannot get any slower: what pushes back now is in trouble, not in a hurry. */
export function isSlowest({ atOnce, perSecond }: Throttle): boolean {
  return Math.floor(atOnce) === 1 && perSecond === 1
}

/**
 * Refuses numbers with which an account would never gain or lose speed in the way they say.
 * @throws {ConfigurationError} that names the number and what is legal.
 */
export function checkThrottle(settings: ThrottleSettings): void {
  const part = { test: (value: number) => value > 0 && value <= 1, legal: 'a number above 0, and at most 1' }
  const duration = { test: (value: number) => Number.isFinite(value) && value >= 0, legal: 'milliseconds, 0 or more' }
  const rules = {
    keep: part,
    moreAtOnce: { test: (value: number) => Number.isFinite(value) && value > 0, legal: 'a number above 0' },
    moreRate: part,
    calmMs: duration,
    longestPauseMs: duration,
  }
  for (const [name, { test, legal }] of Object.entries(rules)) {
    const value = settings[name as keyof ThrottleSettings]
    if (typeof value !== 'number' || !test(value))
      throw new ConfigurationError(`settings.throttle.${name} is ${String(value)}; it must be ${legal}.`)
  }
}
