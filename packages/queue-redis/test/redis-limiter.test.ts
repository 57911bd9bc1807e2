import { limiterConformance } from '@drumbeat/core/testing'
import { expect, it } from 'vitest'
import { redisLimiter } from '../src/index.js'
import { connect, keysOf, newPrefix } from './servers.js'

limiterConformance({
  name: 'redisLimiter()',
  open: async () => {
    const connections = [connect(), connect()] as const
    const prefix = newPrefix()
    const [one, other] = connections.map((connection) => redisLimiter({ connection, prefix, clock: 'caller' }))
    if (one === undefined || other === undefined) throw new Error('Two connections make two limiters.')
    return {
      limiters: [one, other],
      async close() {
        const keys = await keysOf(connections[0], prefix)
        await Promise.all(keys.map((key) => connections[0].del(key)))
        await Promise.all(connections.map((connection) => connection.quit()))
      },
    }
  },
})

const rate = { units: 10, perMs: 1000, burst: 5 }
const key = { account: 'acc}ount', sender: '' }

it('goes by the server’s time, whatever callers think it is', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const limiter = redisLimiter({ connection, prefix })
  expect(await limiter.reserve({ key, rate, units: 5, now: 0 })).toMatchObject({ granted: 5 })
  expect(await limiter.reserve({ key, rate, units: 5, now: Date.now() + 3_600_000 })).toMatchObject({ granted: 0 })
  await limiter.giveBack({ key, rate, units: 5, now: 0 })
  expect(await keysOf(connection, prefix)).toEqual([])
  await connection.quit()
})

it('forgets buckets that are not in use any more', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const limiter = redisLimiter({ connection, prefix })
  await limiter.reserve({ key, rate, units: 5, now: 0 })
  const [bucket = ''] = await keysOf(connection, prefix)
  expect(bucket).toBe(`{${prefix}:limit:acc%7Dount}:`)
  const ttl = await connection.pttl(bucket)
  expect(ttl).toBeGreaterThan(0)
  expect(ttl).toBeLessThanOrEqual(60_500)
  await connection.del(bucket)
  await connection.quit()
})
