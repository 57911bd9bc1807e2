import type { Clock } from '../ports/clock.js'

/** When calls that began together have taken too long. */
export interface CallDeadline {
  /** Aborted then. */
  readonly signal: AbortSignal
  /** Resolves then. */
  readonly over: Promise<void>
  /** A call has ended before. */
  readonly done: () => void
}

/** Calls that begin so close to one another share a deadline, that of the first. */
const togetherMs = 20

/** The deadlines of calls. One timer and one signal serve all calls that begin together: one each would cost as much as the rest of a call. */
export class CallDeadlines {
  private latest: { readonly begunAt: number; readonly deadline: CallDeadline; readonly join: () => void } | null = null

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** The deadline of a call that begins now. */
  begin(): CallDeadline {
    const now = this.clock.monotonic()
    if (this.latest === null || now > this.latest.begunAt + togetherMs) this.latest = this.open(now)
    this.latest.join()
    return this.latest.deadline
  }

  private open(begunAt: number) {
    const timer = new AbortController()
    const call = new AbortController()
    let underWay = 0
    const over = this.clock.sleep(this.timeoutMs, timer.signal).then(() => call.abort())
    const done = (): void => {
      underWay--
      if (underWay > 0) return
      if (this.latest?.deadline === deadline) this.latest = null
      // With a reason of our own: without one, every abort makes an error with a stack.
      timer.abort('over')
    }
    const deadline: CallDeadline = { signal: call.signal, over, done }
    return { begunAt, deadline, join: () => void underWay++ }
  }
}
