import type { Hint } from '@drumbeat/core'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startRedis } from '../../../scripts/redis.mjs'
import { redisLimiter, redisQueue } from '../src/index.js'
import { connect, startProxy } from './servers.js'

type Server = Awaited<ReturnType<typeof startRedis>>

let server: Server
let connection: Redis

beforeEach(async () => {
  server = await startRedis()
  connection = connect(server.url)
})

afterEach(async () => {
  connection.disconnect()
  await server.stop()
})

const hint: Hint = { kind: 'due', lane: { channel: 'email', priority: 'normal' }, recipientIds: [1] }
const soon = { timeout: 20_000, interval: 50 }

/** Pushes until a push succeeds, as an engine does round by round. */
async function pushWhenBack(push: () => Promise<void>): Promise<void> {
  await expect
    .poll(
      () =>
        push().then(
          () => true,
          () => false,
        ),
      soon,
    )
    .toBe(true)
}

it('fails pushes within a second while Redis is down, and takes hints again soon after it is back', async () => {
  const queue = redisQueue({ connection, watchMs: 500 })
  const taken: Hint[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (one) => void taken.push(one) })
  await queue.push([hint])
  await expect.poll(() => taken.length, soon).toBe(1)
  await server.down()
  const startedAt = performance.now()
  await expect(queue.push([hint])).rejects.toMatchObject({ code: 'storage', retryable: true })
  expect(performance.now() - startedAt).toBeLessThan(1_500)
  // Longer than BullMQ's own look at its blocking connection, which is where consumers have been lost before.
  await new Promise((resolve) => setTimeout(resolve, 7_000))
  await server.up()
  await pushWhenBack(() => queue.push([hint]))
  await expect.poll(() => taken.length, soon).toBeGreaterThanOrEqual(2)
  await queue.close()
}, 60_000)

it('starts while Redis is down, and works once it is there', async () => {
  await server.down()
  const queue = redisQueue({ connection, watchMs: 500 })
  const taken: Hint[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (one) => void taken.push(one) })
  await expect(queue.push([hint])).rejects.toMatchObject({ code: 'storage' })
  await server.up()
  await pushWhenBack(() => queue.push([hint]))
  await expect.poll(() => taken.length, soon).toBeGreaterThanOrEqual(1)
  await queue.close()
}, 60_000)

it('goes on after everything in Redis was flushed', async () => {
  const queue = redisQueue({ connection, watchMs: 500 })
  const taken: Hint[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (one) => void taken.push(one) })
  for (let round = 1; round <= 5; round++) {
    await queue.push([hint])
    await expect.poll(() => taken.length, soon).toBe(round)
    await connection.flushall()
  }
  await queue.close()
}, 60_000)

it('replaces a consumer whose connection no longer answers', async () => {
  const proxy = await startProxy(Number(new URL(server.url).port))
  const viaProxy = connect(`redis://127.0.0.1:${proxy.port}`)
  const warnings: string[] = []
  const watching = redisQueue({ connection, prefix: 'half-open' })
  const queue = redisQueue({
    connection: viaProxy,
    prefix: 'half-open',
    watchMs: 300,
    onWarning: (message) => void warnings.push(message),
  })
  const taken: Hint[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (one) => void taken.push(one) })
  await queue.push([hint])
  await expect.poll(() => taken.length, soon).toBe(1)
  proxy.freeze()
  await expect(queue.push([hint])).rejects.toMatchObject({ code: 'storage' })
  await watching.push([hint])
  await expect.poll(() => taken.length, soon).toBeGreaterThanOrEqual(2)
  expect(warnings.join()).toMatch(/It was replaced/)
  await queue.close()
  await watching.close()
  viaProxy.disconnect()
  await proxy.close()
}, 60_000)

it('warns once when the server may evict keys', async () => {
  await connection.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const warnings: string[] = []
  const queue = redisQueue({ connection, onWarning: (message) => void warnings.push(message) })
  await expect.poll(() => warnings.length, soon).toBe(1)
  expect(warnings[0]).toMatch(/maxmemory-policy is allkeys-lru/)
  await queue.push([hint])
  await queue.close()
  expect(warnings).toHaveLength(1)
})

it('rejects a push that a full server refuses', async () => {
  const queue = redisQueue({ connection })
  await queue.push([hint])
  await connection.config('SET', 'maxmemory-policy', 'noeviction')
  await connection.config('SET', 'maxmemory', '1mb')
  await expect(queue.push([hint])).rejects.toMatchObject({ code: 'storage', retryable: true })
  await queue.close()
})

it('goes on limiting while Redis is down: each process keeps to its part', async () => {
  const limiter = redisLimiter({ connection, processes: 2, timeoutMs: 200 })
  const rate = { units: 100, perMs: 1000, burst: 20 }
  const key = { account: 'twilio', sender: '' }
  const now = Date.now()
  expect(await limiter.reserve({ key, rate, units: 20, now })).toMatchObject({ granted: 20 })
  await server.down()
  expect(await limiter.reserve({ key, rate, units: 20, now })).toMatchObject({ granted: 10 })
  expect(await limiter.reserve({ key, rate, units: 20, now: now + 100 })).toMatchObject({ granted: 5 })
  await server.up()
  await expect
    .poll(async () => (await limiter.reserve({ key, rate, units: 20, now: now + 100 })).granted, soon)
    .toBe(20)
}, 60_000)
