import type { Instant } from '../schedule/instant.js'

/** Where time comes from. */
export interface Clock {
  /** The wall clock. */
  now(): Instant
  /** Milliseconds that never go back, for permits and time-outs; the origin is arbitrary. */
  monotonic(): number
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
