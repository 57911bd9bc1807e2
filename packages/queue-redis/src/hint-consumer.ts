import type { HintSubscription } from '@drumbeat/core'
import { type Job, WaitingError, Worker } from 'bullmq'
import { duplicateForTaking, type OwnConnection, type RedisConnection } from './connection.js'
import { type HintLine, hintOf, queueName } from './hint-line.js'
import { within } from './time-limit.js'

const closingMs = 2_000

/** What a consumer needs around it. */
export interface ConsumerContext {
  readonly connection: RedisConnection
  readonly line: HintLine
  readonly subscription: HintSubscription
  /** How many hints of the line wait. Rejects while Redis is away. */
  readonly waiting: () => Promise<number>
  readonly warn: (message: string, cause?: unknown) => void
}

/** Takes the hints of one line. Replaces its connection and its BullMQ worker when they take nothing although they could. */
export class HintConsumer {
  private readonly underWay = new Set<Promise<void>>()
  private ended = false
  private taken = 0
  private lastLook = { taken: 0, waiting: 0 }
  private current: { readonly worker: Worker; readonly connection: OwnConnection }

  constructor(private readonly context: ConsumerContext) {
    this.current = this.begin()
  }

  /**
   * Call it every few seconds. A worker with room that has taken nothing since the last look, although hints waited then and wait
   * now, has lost its connection without noticing: it gets a new one.
   */
  async look(): Promise<void> {
    const { waiting, subscription, line, warn } = this.context
    const now = await waiting().catch(() => 0)
    const { taken, lastLook, underWay } = this
    const isStuck = now > 0 && lastLook.waiting > 0 && taken === lastLook.taken && underWay.size < subscription.atOnce
    this.lastLook = { taken, waiting: now }
    if (!isStuck || this.ended) return
    warn(`The consumer of ${line.name} hints took nothing although ${now} waited. It was replaced.`)
    const old = this.current
    this.current = this.begin()
    this.lastLook = { taken, waiting: 0 }
    await drop(old, true)
  }

  /** Takes no more, and waits for the work under way. */
  async end(): Promise<void> {
    if (this.ended) return
    this.ended = true
    const closing = drop(this.current, false)
    await Promise.all([...this.underWay])
    await closing
  }

  private begin(): HintConsumer['current'] {
    const { connection: hosts, line, subscription, warn } = this.context
    const connection = duplicateForTaking(hosts)
    // BullMQ reports connection errors again and again while Redis is away; the queue says so once, when a push fails.
    connection.on('error', () => {})
    const worker: Worker = new Worker(queueName, (job, token) => this.take(job, token), {
      connection,
      prefix: line.prefix,
      concurrency: subscription.atOnce,
      maxStalledCount: 0,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    })
    worker.on('error', (error) => {
      if (!isAway(error)) warn(`BullMQ reported an error on ${line.name} hints: ${error.message}`, error)
    })
    return { worker, connection }
  }

  private async take(job: Job, token?: string): Promise<void> {
    if (this.ended) {
      // Fetched while the subscription ended: somebody else's now.
      await job.moveToWait(token)
      throw new WaitingError()
    }
    const hint = hintOf(job.data)
    if (hint === null) return
    this.taken++
    const work = Promise.resolve(hint)
      .then(this.context.subscription.take)
      .catch(() => {})
      .finally(() => this.underWay.delete(work))
    this.underWay.add(work)
    await work
  }
}

async function drop({ worker, connection }: HintConsumer['current'], force: boolean): Promise<void> {
  await within(closingMs, 'closing', worker.close(force)).catch(() => worker.close(true))
  connection.disconnect()
}

function isAway(error: unknown): boolean {
  const text = error instanceof Error ? `${error.name} ${error.message} ${'code' in error ? error.code : ''}` : ''
  return /ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|Connection is closed|max retries|MaxRetries|isn't writeable/i.test(text)
}
