import pg from 'pg'
import PgBoss from 'pg-boss'
import type { Contestant } from '../contestant.js'

const queue = 'empty'
const batchSize = 1_000

/** pg-boss with a job that does nothing: whole batches fetched and completed by two loops, faster than its own polling. */
export const contestant: Contestant = {
  async prepare({ databaseUrl }, jobs) {
    const boss = new PgBoss({ connectionString: databaseUrl })
    await boss.start()
    await boss.createQueue(queue)
    for (let from = 0; from < jobs; from += batchSize) {
      await boss.insert(
        Array.from({ length: Math.min(batchSize, jobs - from) }, (_, index) => ({
          name: queue,
          data: { id: from + index },
        })),
      )
    }
    await boss.stop({ graceful: false })
    const pool = new pg.Pool({ connectionString: databaseUrl })
    await pool.query('analyze')
    await pool.end()
  },
  async work({ databaseUrl }, done) {
    const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false })
    await boss.start()
    let stopping = false
    const loop = async (): Promise<void> => {
      while (!stopping) {
        const jobs = await boss.fetch(queue, { batchSize })
        if (jobs.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 5))
          continue
        }
        await boss.complete(
          queue,
          jobs.map(({ id }) => id),
        )
        done(jobs.length)
      }
    }
    const loops = [loop(), loop()]
    return {
      async stop() {
        stopping = true
        await Promise.all(loops)
        await boss.stop({ graceful: false })
      },
    }
  },
}
