import type { Clock } from '../../ports/clock.js'

/** When one call has taken too long. */
export interface CallDeadline {
  /** Aborted then. The call's own, and made when it is asked for: many calls that listened to one signal would look like a leak. */
  readonly signal: AbortSignal
  /** Resolves then. */
  readonly over: Promise<void>
  /** The call has ended before. */
  done(): void
}

/** Calls that begin so close to one another share a deadline, that of the first. */
const togetherMs = 20

/** The deadlines of calls. One timer serves all calls that begin together: one each would cost as much as the rest of a call. */
export class CallDeadlines {
  private latest: Timer | null = null

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** The deadline of a call that begins now. */
  begin(): CallDeadline {
    const now = this.clock.monotonic()
    if (this.latest === null || this.latest.isDone || now > this.latest.begunAt + togetherMs)
      this.latest = new Timer(this.clock, now, this.timeoutMs)
    return this.latest.join()
  }
}

/** The one timer of calls that began together. */
class Timer {
  private readonly cancel = new AbortController()
  private readonly listening = new Set<AbortController>()
  readonly over: Promise<void>
  private underWay = 0
  private isOver = false
  isDone = false

  constructor(
    clock: Clock,
    readonly begunAt: number,
    timeoutMs: number,
  ) {
    this.over = clock.sleep(timeoutMs, this.cancel.signal).then(() => {
      this.isOver = true
      for (const call of this.listening) call.abort()
    })
  }

  join(): CallDeadline {
    this.underWay++
    return new OwnDeadline(this)
  }

  listen(): AbortController {
    const call = new AbortController()
    if (this.isOver) call.abort()
    else this.listening.add(call)
    return call
  }

  leave(own: AbortController | null): void {
    if (own !== null) this.listening.delete(own)
    this.underWay--
    if (this.underWay === 0) this.finish()
  }

  private finish(): void {
    this.isDone = true
    // With a reason of our own: without one, every abort makes an error with a stack.
    this.cancel.abort('over')
  }
}

class OwnDeadline implements CallDeadline {
  private own: AbortController | null = null

  constructor(private readonly timer: Timer) {}

  get over(): Promise<void> {
    return this.timer.over
  }

  get signal(): AbortSignal {
    this.own ??= this.timer.listen()
    return this.own.signal
  }

  done(): void {
    this.timer.leave(this.own)
  }
}
