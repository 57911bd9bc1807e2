import type { Heartbeat } from '../ports/store-control.js'
import type { Owner } from '../ports/store-recipients.js'
import type { EngineContext, Lease } from './context.js'
import { IdPool } from './id-pool.js'
import { tendCampaigns } from './intake/activation.js'
import { ingest } from './intake/ingest.js'
import { completeFinished } from './lifecycle.js'
import { nextOpening } from './pacing/claim-within-rates.js'
import { Scanner } from './scanner.js'
import { advanceDue } from './sending/advance.js'
import { reconcile } from './sending/reconcile.js'

/** What one tick did. All zero = there was nothing to do now. */
export interface TickReport {
  /** Events, reports and contact changes taken in. */
  readonly ingested: number
  /** Runs claimed. */
  readonly advanced: number
  /** Unknown outcomes looked at. */
  readonly reconciled: number
}

const mostRounds = 10_000

/** An engine's lease: confirmed by heartbeats, and void the moment it could have been taken over. */
export class EngineLease implements Lease {
  private held: { readonly epoch: number; readonly until: number } | null = null
  private abandoned = 0

  constructor(
    private readonly engineId: string,
    private readonly context: () => EngineContext,
  ) {}

  owner(): Owner | null {
    const { held, engineId } = this
    if (held === null || this.context().clock.monotonic() >= held.until) return null
    return { engineId, epoch: held.epoch }
  }

  abandon(): void {
    this.held = null
    this.abandoned++
  }

  /**
   * Renews the lease, or starts over with a new epoch, and sets the clock. The local deadline counts from before the request was sent.
   * @throws {ConfigurationError} when this machine's clock is too far off.
   */
  async renew(): Promise<void> {
    const { store, clock, settings } = this.context()
    const sent = clock.monotonic()
    const sentAt = clock.hostNow()
    const { abandoned } = this
    const request = { engineId: this.engineId, leaseMs: settings.leaseMs, now: clock.now() }
    const renewed = this.held === null ? null : await store.control.heartbeat({ ...request, epoch: this.held.epoch })
    const beat: Heartbeat | null = renewed ?? (await store.control.heartbeat({ ...request, epoch: null }))
    if (beat === null) {
      this.held = null
      return
    }
    clock.setBy(beat.storeNow, sentAt)
    // Abandoned while it was being renewed, it stays so.
    if (abandoned === this.abandoned)
      this.held = { epoch: beat.epoch, until: sent + settings.leaseMs - settings.skewMs }
  }

  async retire(): Promise<void> {
    const { held, engineId } = this
    this.held = null
    if (held !== null) await this.context().store.control.retire({ engineId, epoch: held.epoch })
  }
}

/** Runs the engine: round by round by hand, or on its own until it is stopped. */
export class Worker {
  private readonly scanner: Scanner
  private running: Promise<void> | null = null
  /** For a second batch under way at the same time: each uses up ids of its own. */
  private readonly idsBeside: IdPool
  private turn: Promise<TickReport> | null = null
  private stopping = new AbortController()
  private nudge: () => void = () => {}
  /** Something has come up since the latest look. */
  private isWanted = false
  private unsubscribe: (() => Promise<void>) | null = null
  private renewedAt = Number.NEGATIVE_INFINITY
  private someEnded = true
  private ticks = 0
  private tidiedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly context: EngineContext,
    private readonly lease: EngineLease,
  ) {
    this.idsBeside = new IdPool(context.store)
    this.scanner = new Scanner(context)
    context.wakeUp.listen(() => {
      this.isWanted = true
      this.nudge()
    })
    context.events.on('recipient.ended', () => {
      this.someEnded = true
    })
  }

  /**
   * Does everything that is due now, in the order events, campaigns, timers, unknown outcomes, and returns when nothing is left. A call
   * while another is under way waits for that one, and gets its report.
   */
  tick(): Promise<TickReport> {
    this.turn ??= this.takeTurn().finally(() => {
      this.turn = null
    })
    return this.turn
  }

  private async takeTurn(): Promise<TickReport> {
    const over = new AbortController()
    await this.keepLease()
    const heartbeat = this.heartbeat(over.signal)
    try {
      const report = await this.doWhatIsDue()
      await this.tidy()
      return report
    } finally {
      over.abort()
      await heartbeat
    }
  }

  private async doWhatIsDue(): Promise<TickReport> {
    const total = { ingested: 0, advanced: 0, reconciled: 0 }
    this.ticks++
    for (let round = 0; round < mostRounds && !this.stopping.signal.aborted; round++) {
      await this.keepLease()
      const ingested = await ingest(this.context)
      const tended = await tendCampaigns(this.context)
      const advanced = await advanceDue(this.context, this.idsBeside)
      const reconciled = await reconcile(this.context)
      total.ingested += ingested
      total.advanced += advanced
      total.reconciled += reconciled
      if (ingested + tended + advanced + reconciled > 0) continue
      if (!this.mayBeFinished(total) || (await completeFinished(this.context)) === 0) break
    }
    return total
  }

  /** Works until `stop()`. Resolves once the engine is registered. */
  async start(): Promise<void> {
    if (this.running !== null) return
    this.stopping = new AbortController()
    await this.keepLease()
    this.unsubscribe = await this.listen()
    this.scanner.start()
    this.running = this.loop()
  }

  /** Claims no more, waits for the calls under way to be settled, and gives the lease back. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.nudge()
    await this.running
    await this.turn?.catch(() => {})
    this.running = null
    await this.scanner.stop()
    await this.unsubscribe?.()
    this.unsubscribe = null
    await this.lease.retire()
    this.renewedAt = Number.NEGATIVE_INFINITY
    this.stopping = new AbortController()
  }

  /** Hints make the engine look sooner; it finds by itself what they are about. It takes the next one when it has done its work. */
  private async listen(): Promise<(() => Promise<void>) | null> {
    const { queue, channels, events } = this.context
    const take = (): Promise<void> => this.tickSafely()
    try {
      return (await queue?.subscribe({ channels: ['', ...channels.keys()], atOnce: 1, take })) ?? null
    } catch (error) {
      events.emit('engine.failed', { during: 'subscribing to hints', error })
      return null
    }
  }

  /** Campaigns can only have become empty when a run has ended; now and then they are looked at anyway. */
  private mayBeFinished({ ingested, advanced }: TickReport): boolean {
    const look = this.someEnded || (ingested + advanced === 0 && this.ticks % 20 === 1)
    this.someEnded = false
    return look
  }

  private async tidy(): Promise<void> {
    const { store, clock, settings } = this.context
    if (clock.monotonic() - this.tidiedAt < settings.tidyMs) return
    this.tidiedAt = clock.monotonic()
    await store.control.tidy({ now: clock.now(), keepKeysMs: settings.keepKeysMs })
  }

  private async keepLease(): Promise<void> {
    const { clock, settings } = this.context
    const now = clock.monotonic()
    if (this.lease.owner() !== null && now - this.renewedAt < settings.leaseMs / 3) return
    await this.lease.renew()
    this.renewedAt = now
  }

  private async loop(): Promise<void> {
    const { clock, settings } = this.context
    const { signal } = this.stopping
    while (!signal.aborted) {
      this.isWanted = false
      await this.tickSafely()
      const doneAt = clock.monotonic()
      // While nothing lies ahead, one look is enough; now and then everything is looked at, and the lease renewed.
      while (!signal.aborted && !(await this.rest()) && clock.monotonic() - doneAt < settings.leaseMs / 2);
    }
  }

  /** Sleeps until there may be something to do: true = there is, or a hint has come; false = nobody knows of anything. */
  private async rest(): Promise<boolean> {
    const { store, clock } = this.context
    const woken = new AbortController()
    this.nudge = () => woken.abort()
    const restMs = this.scanner.restMs()
    const nextAt = await store.control.nextWorkAt().catch(() => 0)
    const now = clock.now()
    const opening = nextOpening(this.context, now)
    // What is due by now and was not done waits for somebody else: a lane that is closed, a limit, another engine.
    const untilWork = nextAt === null || nextAt <= now ? restMs : nextAt - now
    const untilOpening = opening === null ? restMs : opening - now
    if (!this.stopping.signal.aborted && !this.isWanted)
      await clock.sleep(Math.min(restMs, untilWork, untilOpening), woken.signal)
    return this.isWanted || woken.signal.aborted || opening !== null || (nextAt !== null && nextAt <= clock.now())
  }

  private async tickSafely(): Promise<void> {
    try {
      await this.tick()
    } catch (error) {
      this.context.events.emit('engine.failed', { during: 'a tick', error })
    }
  }

  /** Beats beside the work, so that a long batch does not cost the lease. */
  private async heartbeat(signal: AbortSignal): Promise<void> {
    const { clock, settings, events } = this.context
    while (!signal.aborted) {
      await clock.sleep(settings.leaseMs / 3, signal)
      if (signal.aborted) return
      try {
        await this.lease.renew()
        this.renewedAt = clock.monotonic()
      } catch (error) {
        events.emit('engine.failed', { during: 'a heartbeat', error })
      }
    }
  }
}
