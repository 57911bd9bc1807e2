import type { Instant } from '../schedule/instant.js'

/** Whose messages are limited together. */
export interface LimitKey {
  /** The provider account. */
  readonly account: string
  /** The sending number or address; `''` = the account as a whole. */
  readonly sender: string
}

/**
 * How fast messages may start. Within any span of `t` milliseconds at most `units × t / perMs + burst` units start, over all
 * processes.
 */
export interface Rate {
  /** Messages, or segments for SMS. Above 0. */
  readonly units: number
  readonly perMs: number
  /** How many may start at once after a quiet time: 1 or more. Default: what comes in 200 ms, but at least 1. */
  readonly burst?: number
}

/** What was granted of a request. */
export interface Reservation {
  /** Units that may start now; 0 = none. Never more than was asked for. */
  readonly granted: number
  /** In how many milliseconds the same request would be granted something; 0 = something was granted. */
  readonly retryAfterMs: number
}

/** Shares a provider account's rate among engines. Units are reserved before intents are written; unused ones are given back. */
export interface Limiter {
  /**
   * Reserves as many as it can of `units`. Grants less than `atLeast` never, so that a message of several segments is not half paid;
   * one that is larger than the burst goes when the burst is full, and those after it wait for what it took too much.
   */
  reserve(request: {
    readonly key: LimitKey
    readonly rate: Rate
    /** 1 or more. */
    readonly units: number
    /** 1 to `units`. Default 1. */
    readonly atLeast?: number
    readonly now: Instant
  }): Promise<Reservation>
  /** Makes units available again that were reserved and not used. Never fails: what cannot be given back is lost. */
  giveBack(request: {
    readonly key: LimitKey
    readonly rate: Rate
    readonly units: number
    readonly now: Instant
  }): Promise<void>
}
