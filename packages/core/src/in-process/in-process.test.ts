import { expect, it } from 'vitest'
import { limiterConformance, queueConformance } from '../testing/index.js'
import { inProcessLimiter } from './limiter.js'
import { inProcessQueue } from './queue.js'

queueConformance({
  name: 'inProcessQueue()',
  open: async () => {
    const queue = inProcessQueue()
    return { queues: [queue, queue], close: () => queue.close() }
  },
})

limiterConformance({
  name: 'inProcessLimiter()',
  open: async () => {
    const limiter = inProcessLimiter()
    return { limiters: [limiter, limiter], close: async () => {} }
  },
})

it('keeps at most 10,000 hints waiting, and drops the least urgent first', async () => {
  const queue = inProcessQueue()
  const urgent = { kind: 'due', lane: { channel: 'email', priority: 'immediate' }, recipientIds: [1] } as const
  const later = { kind: 'due', lane: { channel: 'email', priority: 'bulk' }, recipientIds: [2] } as const
  await queue.push([urgent, ...Array.from({ length: 11_000 }, () => later)])
  expect(await queue.waiting({ channel: 'email' })).toBe(10_000)
  const taken: unknown[] = []
  await queue.subscribe({ channels: ['email'], atOnce: 1, take: async (hint) => void taken.push(hint) })
  await expect.poll(() => taken.length).toBe(10_000)
  expect(taken[0]).toBe(urgent)
  await queue.close()
})
