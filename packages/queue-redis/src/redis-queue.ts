import { ConfigurationError, type Queue as HintQueue, type HintSubscription } from '@drumbeat/core'
import { Queue } from 'bullmq'
import { checkPrefix } from './check-prefix.js'
import { duplicateForPushing, type RedisConnection } from './connection.js'
import { evictionProblem } from './eviction-policy.js'
import { HintConsumer } from './hint-consumer.js'
import { dueLine, type HintLine, inboxLine, jobOf, lineOf, queueName } from './hint-line.js'
import { leadScript } from './lead-script.js'
import { within } from './time-limit.js'

/** What a queue on Redis is made from. */
export interface RedisQueueOptions {
  /** Made with ioredis; a Redis or a Cluster. It stays yours: the queue works on duplicates, which it closes. */
  readonly connection: RedisConnection
  /** Names this installation's keys, which all begin with it in braces. Default `drumbeat`. */
  readonly prefix?: string
  /** Hears of what an operator may want to repair; at most once per kind. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string, cause?: unknown) => void
  /** How long a push may take. Default 1,000. */
  readonly pushTimeoutMs?: number
  /** How often consumers are looked after. Default 5,000. */
  readonly watchMs?: number
}

/**
 * Hands hints out among the engines of many processes: BullMQ jobs, one per batch, in a line per channel and by priority. While
 * Redis is away pushes fail within `pushTimeoutMs`; when it is back, pushes and consumers go on by themselves.
 */
export function redisQueue(options: RedisQueueOptions): HintQueue {
  const { connection, prefix = 'drumbeat', pushTimeoutMs = 1_000, watchMs = 5_000 } = options
  if (typeof connection?.duplicate !== 'function')
    throw new ConfigurationError(
      'redisQueue() needs a connection made with ioredis: redisQueue({ connection: new Redis(url) }).',
    )
  checkPrefix(prefix)
  const warned = new Set<string>()
  const warn = (message: string, cause?: unknown): void => {
    const kind = message.replace(/\d+/g, '#')
    if (warned.has(kind)) return
    warned.add(kind)
    if (options.onWarning !== undefined) options.onWarning(message, cause)
    else process.emitWarning(message, 'DrumbeatWarning')
  }
  const pushing = duplicateForPushing(connection, pushTimeoutMs)
  pushing.on('error', () => {})
  const queues = new Map<string, Queue>()
  const consumers = new Set<HintConsumer>()
  const watch = setInterval(() => {
    for (const consumer of consumers) void consumer.look()
  }, watchMs)
  watch.unref?.()
  let closed = false
  void warnOfEviction()

  async function warnOfEviction(): Promise<void> {
    const problem = await within(
      pushTimeoutMs,
      'a look at its memory policy',
      whenReady(() => pushing.info('memory')),
    )
      .then(evictionProblem)
      .catch(() => null)
    if (problem !== null) warn(problem)
  }

  function whenReady<Result>(command: () => Promise<Result>): Promise<Result> {
    return queueOf(inboxLine(prefix)).waitUntilReady().then(command)
  }

  function queueOf(line: HintLine): Queue {
    const known = queues.get(line.name)
    if (known !== undefined) return known
    const queue = new Queue(queueName, {
      connection: pushing,
      prefix: line.prefix,
      streams: { events: { maxLen: 10 } },
    })
    queue.on('error', () => {})
    queues.set(line.name, queue)
    return queue
  }

  /** A connection that answers nothing is not noticed by its socket: it is made anew. */
  async function ask<Result>(what: string, command: () => Promise<Result>): Promise<Result> {
    if (closed) throw new ConfigurationError('This queue has been closed.')
    try {
      return await within(pushTimeoutMs, what, command())
    } catch (error) {
      if (pushing.status === 'ready' && !closed) pushing.disconnect(true)
      throw error
    }
  }

  const waitingIn = (line: HintLine): Promise<number> =>
    ask('counting hints', () => queueOf(line).getJobCountByTypes('waiting', 'prioritized'))

  const consume = (line: HintLine, subscription: HintSubscription): HintConsumer => {
    const consumer = new HintConsumer({ connection, line, subscription, waiting: () => waitingIn(line), warn })
    consumers.add(consumer)
    return consumer
  }

  const end = async (ending: readonly HintConsumer[]): Promise<void> => {
    for (const consumer of ending) consumers.delete(consumer)
    await Promise.all(ending.map((consumer) => consumer.end()))
  }

  return {
    async push(hints) {
      const lines = new Map<string, { readonly line: HintLine; readonly jobs: ReturnType<typeof jobOf>[] }>()
      for (const hint of hints) {
        const line = lineOf(prefix, hint)
        const group = lines.get(line.name) ?? { line, jobs: [] }
        lines.set(line.name, group)
        group.jobs.push(jobOf(hint))
      }
      await Promise.all(
        [...lines.values()].map(({ line, jobs }) => ask('pushing hints', () => queueOf(line).addBulk(jobs))),
      )
    },
    async subscribe(subscription) {
      const { channels, atOnce } = subscription
      if (!Number.isInteger(atOnce) || atOnce < 1)
        throw new ConfigurationError(`A subscription takes 1 or more hints at once, not ${atOnce}.`)
      if (closed) throw new ConfigurationError('This queue has been closed.')
      const lines = [inboxLine(prefix), ...[...new Set(channels)].map((channel) => dueLine(prefix, channel))]
      const begun = lines.map((line) => consume(line, subscription))
      return () => end(begun)
    },
    async lead({ engineId, forMs }) {
      const key = `{${prefix}:lead}`
      return (
        (await ask('the lead', () => whenReady(() => pushing.eval(leadScript, 1, key, engineId, Math.ceil(forMs))))) ===
        1
      )
    },
    waiting: ({ channel }) => waitingIn(dueLine(prefix, channel)),
    async close() {
      if (closed) return
      closed = true
      clearInterval(watch)
      await end([...consumers])
      const closing = Promise.all([...queues.values()].map((queue) => queue.close()))
      await within(pushTimeoutMs, 'closing', closing).catch(() => {})
      pushing.disconnect()
    },
  }
}
