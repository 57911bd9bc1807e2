import { type AudienceCount, type AudienceCounts, ConfigurationError } from '@drumbeat/core'
import { askUnlessAway } from './ask-unless-away.js'
import { checkPrefix } from './check-prefix.js'
import type { RedisConnection } from './connection.js'
import { runScript, scriptOf } from './script.js'

/** What a shared cache of counts is made from. */
export interface RedisAudienceCountsOptions {
  /** Made with ioredis; a Redis or a Cluster. It stays yours, and is used as it is. */
  readonly connection: RedisConnection
  /** Names this installation's keys, which all begin with it in braces. Default `drumbeat`. */
  readonly prefix?: string
  /** How long Redis is waited for before an audience is counted instead. Default 200. */
  readonly timeoutMs?: number
}

/** KEYS a count · returns what it holds, '' = nothing */
const getScript = scriptOf(`return { redis.call('GET', KEYS[1]) or '' }`)

/** KEYS a count · ARGV: what it is to hold, for how many milliseconds */
const keepScript = scriptOf(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { 'OK' }
`)

/**
 * Shares counts of audiences among all processes on one Redis, under hashes of what was counted. While Redis is away, each audience is
 * counted when it is asked for.
 * @throws {ConfigurationError} when an option cannot work.
 */
export function redisAudienceCounts(options: RedisAudienceCountsOptions): AudienceCounts {
  const { connection, prefix = 'drumbeat', timeoutMs = 200 } = options
  if (typeof connection?.evalsha !== 'function')
    throw new ConfigurationError(
      'redisAudienceCounts() needs a connection made with ioredis: redisAudienceCounts({ connection: new Redis(url) }).',
    )
  checkPrefix(prefix)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1)
    throw new ConfigurationError(`timeoutMs is ${JSON.stringify(timeoutMs)}; give whole milliseconds, 1 or more.`)
  const ask = askUnlessAway('counts of audiences', timeoutMs)
  const keysOf = (key: string): readonly string[] => [`{${prefix}:count:${key}}`]
  return {
    async get(key) {
      const found = await ask(
        async () => (await runScript(connection, getScript, keysOf(key), [])) as readonly unknown[],
      )
      return countIn(String(found?.[0] ?? ''))
    },
    async keep(key, count, ttlMs) {
      const values = [JSON.stringify(count), Math.ceil(ttlMs)]
      await ask(async () => (await runScript(connection, keepScript, keysOf(key), values)) as readonly unknown[])
    },
  }
}

/** Null = it holds nothing that this build understands. */
function countIn(value: string): AudienceCount | null {
  try {
    const { count, isExact, countedAt }: Partial<AudienceCount> = JSON.parse(value)
    if (typeof count !== 'number' || typeof isExact !== 'boolean' || typeof countedAt !== 'number') return null
    return { count, isExact, countedAt }
  } catch {
    return null
  }
}
