import type { DeliveryReport, Instant, Workspace } from '@drumbeat/core'

/** Something that lies ahead on the virtual clock. */
export interface Happening {
  readonly at: Instant
  readonly takePlace?: (workspace: Workspace) => Promise<unknown>
  /** A provider's report, handed over together with the others of its instant. */
  readonly report?: DeliveryReport
}

/** What lies ahead, soonest first; what was added first comes first at one instant. */
export class Agenda {
  private readonly ahead: Happening[] = []

  add(happening: Happening): void {
    let [low, high] = [0, this.ahead.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ahead[middle]?.at ?? 0) <= happening.at) low = middle + 1
      else high = middle
    }
    this.ahead.splice(low, 0, happening)
  }

  nextAt(): Instant | null {
    return this.ahead[0]?.at ?? null
  }

  /** Takes what is due by `now`. */
  due(now: Instant): readonly Happening[] {
    let count = 0
    while ((this.ahead[count]?.at ?? Number.POSITIVE_INFINITY) <= now) count++
    return this.ahead.splice(0, count)
  }
}
