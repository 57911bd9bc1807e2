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

it('keeps one waiting inbox hint per workspace while no engine runs, and looks again after one that came during a look', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const [pushing, taking] = [redisQueue({ connection, prefix }), redisQueue({ connection, prefix })]
  const { Queue } = await import('bullmq')
  const line = new Queue('hints', { connection, prefix: `{${prefix}:inbox}` })
  const report = (workspaceId: string) => pushing.push([{ kind: 'inbox', workspaceId }])
  for (let count = 0; count < 20; count++) await Promise.all([report('acme'), report('globex: "ünit"')])
  expect(await line.getJobCountByTypes('waiting', 'prioritized', 'delayed')).toBe(2)

  const taken: string[] = []
  const looks: (() => void)[] = []
  await taking.subscribe({
    channels: [],
    atOnce: 4,
    take: (hint) => {
      taken.push(hint.kind === 'inbox' ? hint.workspaceId : hint.kind)
      return new Promise((resolve) => looks.push(resolve))
    },
  })
  await expect.poll(() => [...taken].sort(), { timeout: 5000 }).toEqual(['acme', 'globex: "ünit"'])
  for (let count = 0; count < 3; count++) await report('acme')
  for (const done of looks.splice(0)) done()
  await expect.poll(() => taken.slice(2), { timeout: 5000 }).toEqual(['acme'])
  for (const done of looks.splice(0)) done()
  await expect.poll(() => line.getJobCountByTypes('waiting', 'active'), { timeout: 5000 }).toBe(0)
  await report('acme')
  await expect.poll(() => taken.slice(3), { timeout: 5000 }).toEqual(['acme'])
  for (const done of looks.splice(0)) done()
  await Promise.all([taking.close(), pushing.close()])
  expect((await keysOf(connection, prefix)).filter((key) => /:d[en]:/.test(key))).toEqual([])
  await line.close()
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
