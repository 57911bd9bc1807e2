import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Contestant } from '../contestant.js'

/** BullMQ with a job that does nothing. Its jobs live in Redis, which answers before anything is on a disk. */
export const contestant: Contestant = {
  async prepare({ redisUrl }, jobs) {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
    const queue = new Queue('empty', { connection })
    for (let from = 0; from < jobs; from += 1_000) {
      const batch = Array.from({ length: Math.min(1_000, jobs - from) }, (_, index) => ({
        name: 'empty',
        data: { id: from + index },
      }))
      await queue.addBulk(batch.map((job) => ({ ...job, opts: { removeOnComplete: true } })))
    }
    await queue.close()
    connection.disconnect()
  },
  async work({ redisUrl }, done) {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
    const worker = new Worker('empty', async () => {}, { connection, concurrency: 200, removeOnComplete: { count: 0 } })
    worker.on('completed', () => done(1))
    return {
      async stop() {
        await worker.close()
        connection.disconnect()
      },
    }
  },
}
