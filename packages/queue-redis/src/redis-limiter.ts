import {
  burstOf,
  ConfigurationError,
  checkReservation,
  inProcessLimiter,
  type Limiter,
  type LimitKey,
  type Rate,
} from '@drumbeat/core'
import { askUnlessAway } from './ask-unless-away.js'
import type { RedisConnection } from './connection.js'
import { runScript } from './script.js'
import { tokenBucketScript } from './token-bucket-script.js'

/** What a limiter on Redis is made from. */
export interface RedisLimiterOptions {
  /** Made with ioredis; a Redis or a Cluster. It stays yours, and is used as it is. */
  readonly connection: RedisConnection
  /** Names this installation's keys. Default `drumbeat`. */
  readonly prefix?: string
  /**
   * How many processes share the limits. While Redis is away each keeps to its part of them by itself, so that sending goes on
   * and no limit is exceeded. Default 1.
   */
  readonly processes?: number
  /** How long Redis is waited for. Default 500. */
  readonly timeoutMs?: number
  /** Whose time counts: the server's (default), or the `now` that callers name, for tests. */
  readonly clock?: 'redis' | 'caller'
}

/** Keeps rates over the engines of many processes: one bucket of tokens per account and sender, in Redis. */
export function redisLimiter(options: RedisLimiterOptions): Limiter {
  const { connection, prefix = 'drumbeat', processes = 1, timeoutMs = 500, clock = 'redis' } = options
  if (typeof connection?.evalsha !== 'function')
    throw new ConfigurationError(
      'redisLimiter() needs a connection made with ioredis: redisLimiter({ connection: new Redis(url) }).',
    )
  if (!Number.isInteger(processes) || processes < 1)
    throw new ConfigurationError(`The limits are shared by 1 or more processes, not ${processes}.`)
  const alone = inProcessLimiter()
  const askRedis = askUnlessAway('rate limits', timeoutMs)

  async function run(key: LimitKey, rate: Rate, units: number, atLeast: number, now: number) {
    const instant = clock === 'caller' ? now : ''
    const values = [units, atLeast, rate.units, rate.perMs, burstOf(rate), instant]
    const answer = await runScript(connection, tokenBucketScript, [keyOf(prefix, key)], values)
    const [granted = 0, retryAfterMs = 0] = (answer as readonly unknown[]).map(Number)
    return { granted, retryAfterMs }
  }

  /** Null while Redis is away. */
  const ask = (...asked: Parameters<typeof run>) => askRedis(() => run(...asked))

  /** This process's part of a rate. A burst of 1 cannot be divided. */
  function partOf(rate: Rate): Rate {
    return { units: rate.units / processes, perMs: rate.perMs, burst: Math.max(1, burstOf(rate) / processes) }
  }

  return {
    async reserve({ key, rate, units, atLeast = 1, now }) {
      checkReservation(rate, units, atLeast)
      return (
        (await ask(key, rate, units, atLeast, now)) ?? alone.reserve({ key, rate: partOf(rate), units, atLeast, now })
      )
    },
    async giveBack({ key, rate, units, now }) {
      if (units <= 0) return
      if ((await ask(key, rate, -units, 1, now)) === null) await alone.giveBack({ key, rate: partOf(rate), units, now })
    },
  }
}

/** The account is the hash tag: what is limited together lies together. */
function keyOf(prefix: string, { account, sender }: LimitKey): string {
  return `{${prefix}:limit:${encodeURIComponent(account)}}:${encodeURIComponent(sender)}`
}
