/**
 * What is used of a connection made with ioredis: `new Redis(…)` or `new Cluster(…)`. It stays the host's. The queue works on
 * duplicates of it, the limiter on it itself.
 */
export interface RedisConnection {
  /** True for a Redis Cluster. */
  readonly isCluster: boolean
  readonly status: string
  // biome-ignore lint/suspicious/noExplicitAny: a Redis and a Cluster are duplicated with different arguments.
  duplicate(...overrides: any[]): any
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>
  info(section: 'memory'): Promise<unknown>
}

/** A connection of our own, which never gives up reconnecting. */
export interface OwnConnection extends RedisConnection {
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Drops the socket, and connects anew if asked to. */
  disconnect(reconnect?: boolean): void
}

const longestRetryMs = 1_000

const reconnecting = {
  enableReadyCheck: true,
  retryStrategy: (times: number): number => Math.min(longestRetryMs, times * 50),
}

/** For commands that must fail soon rather than wait: nothing is kept for a server that is away. */
export function duplicateForPushing(connection: RedisConnection, commandTimeoutMs: number): OwnConnection {
  return duplicate(connection, {
    ...reconnecting,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
  })
}

/** For consumers, which wait for a server that is away. */
export function duplicateForTaking(connection: RedisConnection): OwnConnection {
  return duplicate(connection, { ...reconnecting, maxRetriesPerRequest: null, enableOfflineQueue: true })
}

function duplicate(connection: RedisConnection, overrides: object): OwnConnection {
  return connection.isCluster
    ? connection.duplicate([], { redisOptions: overrides, clusterRetryStrategy: reconnecting.retryStrategy })
    : connection.duplicate(overrides)
}
