import { ConfigurationError } from '../errors.js'
import type { Clock } from '../ports/clock.js'
import { type Instant, type InstantInput, toInstant } from '../schedule/instant.js'

interface Sleeper {
  readonly until: Instant
  readonly wake: () => void
}

/** A clock that moves only when told to, and never back. What sleeps on it wakes as it passes. */
export class VirtualClock implements Clock {
  private current: Instant
  private readonly began: Instant
  private sleepers: Sleeper[] = []

  constructor(start: InstantInput) {
    this.current = toInstant(start, 'start')
    this.began = this.current
  }

  now(): Instant {
    return this.current
  }

  monotonic(): number {
    return this.current - this.began
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve()
      const sleeper: Sleeper = {
        until: this.current + ms,
        wake: () => {
          this.sleepers = this.sleepers.filter((other) => other !== sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.sleepers.push(sleeper)
      signal?.addEventListener('abort', sleeper.wake)
    })
  }

  /**
   * Moves to an instant.
   * @throws {ConfigurationError} when it lies before now: time does not go back.
   */
  moveTo(at: InstantInput): void {
    const to = toInstant(at, 'at')
    if (to < this.current) {
      throw new ConfigurationError(
        `The clock is at ${new Date(this.current).toISOString()} and cannot go back to ${new Date(to).toISOString()}.`,
      )
    }
    this.current = to
    for (const sleeper of [...this.sleepers].sort((a, b) => a.until - b.until)) if (sleeper.until <= to) sleeper.wake()
  }

  /** Moves on by so many milliseconds. */
  advance(ms: number): void {
    this.moveTo(this.current + ms)
  }
}
