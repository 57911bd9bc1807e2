import { queueConformance } from '@drumbeat/core/testing'
import { expect, it } from 'vitest'
import { redisQueue } from '../src/index.js'
import { connect, keysOf, newPrefix } from './servers.js'

queueConformance({
  name: 'redisQueue()',
  open: async () => {
    const connection = connect()
    const prefix = newPrefix()
    const queues = [redisQueue({ connection, prefix }), redisQueue({ connection, prefix })] as const
    return {
      queues,
      async close() {
        await Promise.all(queues.map((queue) => queue.close()))
        await clear(connection, prefix)
        await connection.quit()
      },
    }
  },
})

async function clear(connection: ReturnType<typeof connect>, prefix: string): Promise<void> {
  const keys = await keysOf(connection, prefix)
  await Promise.all(keys.map((key) => connection.del(key)))
}

it('keeps every key of a channel under one hash tag, also when the channel’s name has braces', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const queue = redisQueue({ connection, prefix })
  await queue.push([
    { kind: 'due', lane: { channel: 'e}ma{il', priority: 'bulk' }, recipientIds: [1] },
    { kind: 'inbox', workspaceId: 'acme' },
  ])
  const keys = await keysOf(connection, prefix)
  const tags = new Set(keys.map((key) => /^\{([^{}]+)\}/.exec(key)?.[1]))
  expect([...tags].sort()).toEqual([`${prefix}:due:e%7Dma%7Bil`, `${prefix}:inbox`])
  await queue.close()
  await clear(connection, prefix)
  await connection.quit()
})

it('passes over jobs that are no hints of this build', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const { Queue } = await import('bullmq')
  const alien = new Queue('hints', { connection, prefix: `{${prefix}:due:email}` })
  await alien.add('due', { kind: 'due', lane: { channel: 'email', priority: 'loud' }, recipientIds: ['x'] })
  await alien.add('other', null)
  const queue = redisQueue({ connection, prefix })
  const hint = { kind: 'due', lane: { channel: 'email', priority: 'bulk' }, recipientIds: [7] } as const
  const taken: unknown[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (one) => void taken.push(one) })
  await queue.push([hint])
  await expect.poll(() => taken, { timeout: 5000 }).toEqual([hint])
  await queue.close()
  await alien.close()
  await clear(connection, prefix)
  await connection.quit()
})

it('refuses wiring that cannot work, and says what to do', () => {
  expect(() => redisQueue({ connection: {} as never })).toThrow(/made with ioredis/)
  const connection = connect()
  expect(() => redisQueue({ connection, prefix: 'a{b' })).toThrow(/braces/)
  connection.disconnect()
})
