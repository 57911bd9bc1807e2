import type { EndpointKey } from '../../ports/store-outbox.js'
import type { Instant } from '../../schedule/instant.js'

/** So many failures in a row say that the endpoint is at fault, and not an event. */
const failuresInARow = 10
const firstPauseMs = 1000
const longestPauseMs = 60_000

interface Standing {
  readonly key: EndpointKey
  readonly failures: number
  readonly pausedUntil: Instant
}

/** Leaves endpoints alone for a while that take nothing at all: longer each time, until one event is taken. */
export class EndpointPauses {
  private readonly byName = new Map<string, Standing>()

  /** Takes note of attempts: true = taken. */
  record(key: EndpointKey, taken: readonly boolean[], now: Instant): void {
    const name = JSON.stringify([key.workspaceId, key.endpointId])
    if (taken.includes(true)) {
      this.byName.delete(name)
      return
    }
    const failures = (this.byName.get(name)?.failures ?? 0) + taken.length
    const times = Math.floor(failures / failuresInARow)
    const pausedUntil = times === 0 ? now : now + Math.min(longestPauseMs, firstPauseMs * 2 ** (times - 1))
    this.byName.set(name, { key, failures, pausedUntil })
  }

  /** The endpoints that are left alone now. */
  paused(now: Instant): readonly EndpointKey[] {
    return [...this.byName.values()].filter(({ pausedUntil }) => pausedUntil > now).map(({ key }) => key)
  }

  /** When the first of them may be told again; null = none is left alone. */
  firstEnd(now: Instant): Instant | null {
    const ends = [...this.byName.values()].map(({ pausedUntil }) => pausedUntil).filter((until) => until > now)
    return ends.length === 0 ? null : Math.min(...ends)
  }
}
