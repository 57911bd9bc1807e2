import { ConfigurationError } from '../errors.js'
import type { Clock } from '../ports/clock.js'
import type { Instant } from '../schedule/instant.js'

/** What network and scheduling make of two clocks that agree. */
const noiseMs = 100

/**
 * The host's clock, set by the Store's: permits, leases and due instants are the Store's stamps, and are compared with its time. Elapsed
 * time is the host's own.
 */
export class CalibratedClock implements Clock {
  private offsetMs = 0

  constructor(
    private readonly host: Clock,
    private readonly maxDriftMs: number,
  ) {}

  now(): Instant {
    return this.host.now() + this.offsetMs
  }

  monotonic(): number {
    return this.host.monotonic()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.host.sleep(ms, signal)
  }

  /**
   * Sets the clock by an answer of the Store: `storeNow` was stamped between `sentAt` and this moment, both by the host's clock.
   * @throws {ConfigurationError} when the host's clock is further off than it may be.
   */
  setBy(storeNow: Instant, sentAt: Instant): void {
    const offsetMs = Math.round(storeNow - (sentAt + this.host.now()) / 2)
    if (Math.abs(offsetMs) > this.maxDriftMs) {
      const seconds = Math.round(Math.abs(offsetMs) / 1000)
      throw new ConfigurationError(
        `This machine's clock is ${seconds} s ${offsetMs > 0 ? 'behind' : 'ahead of'} the Store's, and at most ${this.maxDriftMs / 1000} s are allowed. Set the clock, or, for virtual time, open the Store with \`clock: 'caller'\`.`,
      )
    }
    this.offsetMs = Math.abs(offsetMs) < noiseMs ? 0 : offsetMs
  }

  /** The host's own time, for {@link setBy}. */
  hostNow(): Instant {
    return this.host.now()
  }
}
