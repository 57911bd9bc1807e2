import type { EngineContext } from './context.js'

/** How many hints wait at most that were pushed because something is due: as many engines are woken in one interval. */
const mostWaiting = 8
/** The lead lasts for so many intervals without being renewed. */
const leadIntervals = 3
const everybody = { channel: '', priority: 'bulk' } as const

/**
 * Looks for due runs in place of all engines that share a queue, as long as this engine leads, and wakes the others by hints. Where nobody
 * leads, because there is no queue or it is away, every engine looks for itself.
 */
export class Scanner {
  private isLed = false
  private over = new AbortController()
  private running: Promise<void> | null = null

  constructor(private readonly context: EngineContext) {}

  /** How long this engine may rest if no hint wakes it. */
  restMs(): number {
    const { pollMs, sweepMs } = this.context.settings
    return this.isLed ? Math.max(pollMs, sweepMs) : pollMs
  }

  start(): void {
    if (this.running !== null || this.context.queue?.lead === undefined) return
    this.over = new AbortController()
    this.running = this.loop(this.over.signal)
  }

  async stop(): Promise<void> {
    this.over.abort()
    await this.running
    this.running = null
    this.isLed = false
    await this.lead(0).catch(() => false)
  }

  private async loop(signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.context
    while (!signal.aborted) {
      try {
        await this.look(settings.pollMs * leadIntervals)
      } catch {
        this.isLed = false
      }
      await clock.sleep(settings.pollMs, signal)
    }
  }

  private async look(leadMs: number): Promise<void> {
    const { store, clock, queue } = this.context
    const leads = await this.lead(leadMs)
    this.isLed = !leads
    if (!leads || queue === null) return
    const dueAt = await store.recipients.nextDueAt()
    if (dueAt === null || dueAt > clock.now()) return
    const waiting = await queue.waiting({ channel: everybody.channel })
    const missing = Math.max(0, mostWaiting - waiting)
    await queue.push(Array.from({ length: missing }, () => ({ kind: 'due', lane: everybody, recipientIds: [] })))
  }

  /** An engine without a lease of its own cannot work, so it does not lead. */
  private async lead(forMs: number): Promise<boolean> {
    const { queue, lease } = this.context
    const owner = lease.owner()
    return owner !== null && ((await queue?.lead?.({ engineId: owner.engineId, forMs })) ?? false)
  }
}
