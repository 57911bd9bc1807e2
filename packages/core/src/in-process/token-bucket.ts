import { ConfigurationError } from '../errors.js'
import type { Rate, Reservation } from '../ports/limiter.js'
import type { Instant } from '../schedule/instant.js'

/** Units that may start, and when that was so. Below 0 after a message that was larger than the burst. */
export interface TokenBucket {
  readonly tokens: number
  readonly at: Instant
}

const burstMs = 200

/** How many units may start at once after a quiet time. */
export function burstOf({ units, perMs, burst }: Rate): number {
  return burst ?? Math.max(1, Math.floor((units * burstMs) / perMs))
}

/**
 * What is in a bucket now: full when it is new, and never more than full. Time that goes back adds nothing.
 */
export function refilled(bucket: TokenBucket | undefined, rate: Rate, now: Instant): TokenBucket {
  const burst = burstOf(rate)
  if (bucket === undefined) return { tokens: burst, at: now }
  const tokens = bucket.tokens + (Math.max(0, now - bucket.at) * rate.units) / rate.perMs
  return { tokens: Math.min(burst, tokens), at: Math.max(bucket.at, now) }
}

/** Takes what it can of `units` out of a refilled bucket, but nothing rather than less than `atLeast`. */
export function takeFrom(
  { tokens, at }: TokenBucket,
  rate: Rate,
  { units, atLeast }: { readonly units: number; readonly atLeast: number },
): { readonly bucket: TokenBucket; readonly reservation: Reservation } {
  // A message that is larger than a full bucket goes when it is full, and leaves a debt. The hair makes up for what adding
  // fractions loses.
  const needed = Math.min(atLeast, burstOf(rate)) - 1e-6
  if (tokens < needed) {
    const retryAfterMs = Math.max(1, Math.ceil(((needed - tokens) * rate.perMs) / rate.units))
    return { bucket: { tokens, at }, reservation: { granted: 0, retryAfterMs } }
  }
  const granted = Math.min(units, Math.max(atLeast, Math.floor(tokens + 1e-6)))
  return { bucket: { tokens: tokens - granted, at }, reservation: { granted, retryAfterMs: 0 } }
}

/**
 * Refuses a request that could never be granted, or would be granted for ever.
 * @throws {ConfigurationError} that names the number and what is legal.
 */
export function checkReservation(rate: Rate, units: number, atLeast: number): void {
  const positive = { 'rate.units': rate.units, 'rate.perMs': rate.perMs }
  for (const [name, value] of Object.entries(positive))
    if (!(Number.isFinite(value) && value > 0)) refuse(name, value, 'a number above 0')
  if (rate.burst !== undefined && !(Number.isFinite(rate.burst) && rate.burst >= 1))
    refuse('rate.burst', rate.burst, '1 or more')
  if (!(Number.isInteger(units) && units >= 1)) refuse('units', units, 'a whole number of 1 or more')
  if (!(Number.isInteger(atLeast) && atLeast >= 1 && atLeast <= units))
    refuse('atLeast', atLeast, `a whole number from 1 to ${units}`)
}

function refuse(name: string, value: unknown, legal: string): never {
  throw new ConfigurationError(`A reservation was asked for with ${name} ${String(value)}; it must be ${legal}.`)
}
