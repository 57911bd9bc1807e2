import { inProcessLimiter } from '../../in-process/limiter.js'
import type { Rate } from '../../ports/limiter.js'
import type { Instant } from '../../schedule/instant.js'
import {
  afterPushBack,
  afterSuccess,
  isSlowest,
  type Throttle,
  type ThrottleSettings,
  unthrottled,
} from './adaptive-throttle.js'
import { AheadLimiter } from './ahead-limiter.js'

/** How fast accounts are called by this engine, each as fast as it takes calls. Keys are those of circuits. */
export class Throttles {
  private readonly byAccount = new Map<string, Throttle>()
  /** Calls that ended in the second that is under way, and in the one before it. */
  private readonly paces = new Map<string, { second: number; calls: number; before: number }>()
  /** Keeps the rates: each engine has found out its own, so they are not shared. */
  readonly limiter = new AheadLimiter(inProcessLimiter())

  constructor(
    private readonly mostAtOnce: number,
    private readonly settings: ThrottleSettings,
  ) {}

  /** Whether any account is called more slowly than the engine can. */
  get isSlowing(): boolean {
    return this.byAccount.size > 0
  }

  /** How many calls may be under way at once: 1 or more. */
  atOnce(account: string): number {
    return Math.max(1, Math.floor(this.byAccount.get(account)?.atOnce ?? this.mostAtOnce))
  }

  /** How fast calls may start; null = any number. */
  rate(account: string): Rate | null {
    const perSecond = this.byAccount.get(account)?.perSecond ?? null
    return perSecond === null ? null : { units: perSecond, perMs: 1000 }
  }

  /** Until when no call may start, because the account asked for it; null = one may. */
  pausedUntil(account: string, now: Instant): Instant | null {
    const until = this.byAccount.get(account)?.pausedUntil ?? now
    return until > now ? until : null
  }

  /** When the next account may go on that has to wait now; null = none has to. */
  nextOpening(now: Instant): Instant | null {
    const pauses = [...this.byAccount.values()].map(({ pausedUntil }) => pausedUntil).filter((at) => at > now)
    const openings = [...pauses, this.limiter.nextOpening(now) ?? []].flat()
    return openings.length === 0 ? null : Math.min(...openings)
  }

  /** Takes note of a call that the account took. */
  succeeded(account: string, now: Instant): void {
    this.count(account, now)
    const throttle = this.byAccount.get(account)
    if (throttle === undefined) return
    const raised = afterSuccess(throttle, this.mostAtOnce, this.settings)
    // As fast as ever again: nothing has to be kept of it.
    if (raised.perSecond === null && raised.atOnce >= this.mostAtOnce && raised.pausedUntil <= now)
      this.byAccount.delete(account)
    else this.byAccount.set(account, raised)
  }

  /** Takes note of a push-back. Returns whether the account can still be called more slowly. */
  pushedBack(account: string, now: Instant, retryAfterMs: number | null): boolean {
    const rate = this.count(account, now)
    const throttle = this.byAccount.get(account) ?? unthrottled(this.mostAtOnce)
    this.byAccount.set(account, afterPushBack(throttle, { now, rate, retryAfterMs }, this.settings))
    return this.settings.keep < 1 && !isSlowest(throttle)
  }

  /** Counts a call, and returns how many there were in a second: the busier of this one and the last. */
  private count(account: string, now: Instant): number {
    const second = Math.floor(now / 1000)
    const pace = this.paces.get(account) ?? { second, calls: 0, before: 0 }
    this.paces.set(account, pace)
    if (second > pace.second) {
      pace.before = second === pace.second + 1 ? pace.calls : 0
      pace.second = second
      pace.calls = 0
    }
    pace.calls++
    return Math.max(pace.calls, pace.before)
  }
}
