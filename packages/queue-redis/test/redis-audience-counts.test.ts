import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startRedis } from '../../../scripts/redis.mjs'
import { redisAudienceCounts } from '../src/index.js'
import { connect, keysOf, newPrefix } from './servers.js'

const counted = { count: 12, isExact: true, countedAt: 1_790_000_000_000 }
let prefix: string
let connections: readonly [Redis, Redis]

beforeEach(() => {
  prefix = newPrefix()
  connections = [connect(), connect()]
})

afterEach(() => {
  for (const connection of connections) connection.disconnect()
})

it('answers in one process what another has kept, for as long as it said', async () => {
  const [here, there] = connections.map((connection) => redisAudienceCounts({ connection, prefix }))
  expect(await there?.get('key')).toBeNull()
  await here?.keep('key', counted, 300)
  expect(await there?.get('key')).toEqual(counted)
  expect(await there?.get('another')).toBeNull()
  await expect.poll(() => there?.get('key'), { timeout: 5_000, interval: 50 }).toBeNull()
})

it('has nothing where a key holds what it does not understand', async () => {
  const [connection] = connections
  const counts = redisAudienceCounts({ connection, prefix })
  await counts.keep('key', counted, 60_000)
  const [key = ''] = await keysOf(connection, prefix)
  for (const value of ['', '{', 'null', '[]', '{"count":"12","isExact":true,"countedAt":1}']) {
    await connection.set(key, value)
    expect(await counts.get('key')).toBeNull()
  }
})

it('has nothing and keeps nothing while Redis is down, without making anybody wait', async () => {
  const server = await startRedis()
  const connection = connect(server.url)
  try {
    const counts = redisAudienceCounts({ connection, timeoutMs: 200 })
    await counts.keep('key', counted, 60_000)
    expect(await counts.get('key')).toEqual(counted)
    await server.down()
    const startedAt = performance.now()
    for (let ask = 0; ask < 10; ask++) expect(await counts.get('key')).toBeNull()
    await counts.keep('key', counted, 60_000)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  } finally {
    connection.disconnect()
    await server.stop()
  }
})

it('refuses options that cannot work', () => {
  const [connection] = connections
  expect(() => redisAudienceCounts({} as never)).toThrow('needs a connection made with ioredis')
  expect(() => redisAudienceCounts({ connection, prefix: '{' })).toThrow('prefix')
  expect(() => redisAudienceCounts({ connection, timeoutMs: 0 })).toThrow('timeoutMs is 0; give whole milliseconds')
})
