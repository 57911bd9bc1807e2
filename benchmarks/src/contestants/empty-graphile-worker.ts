import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import type { Contestant } from '../contestant.js'

const logger = new Logger(() => () => {})

/** Graphile Worker with a job that does nothing: jobs fetched and completed in batches, as its performance guide says. */
export const contestant: Contestant = {
  async prepare({ databaseUrl }, jobs) {
    const worker = await makeWorkerUtils({ connectionString: databaseUrl, logger })
    await worker.migrate()
    for (let from = 0; from < jobs; from += 1_000) {
      const batch = Array.from({ length: Math.min(1_000, jobs - from) }, (_, index) => ({
        identifier: 'empty',
        payload: { id: from + index },
      }))
      await worker.addJobs(batch)
    }
    await worker.release()
    const pool = new pg.Pool({ connectionString: databaseUrl })
    await pool.query('analyze')
    await pool.end()
  },
  async work({ databaseUrl }, done) {
    const runner = await run({
      connectionString: databaseUrl,
      logger,
      noHandleSignals: true,
      taskList: { empty: async () => {} },
      preset: {
        worker: {
          connectionString: databaseUrl,
          concurrentJobs: 100,
          maxPoolSize: 10,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
        },
      },
    })
    runner.events.on('job:complete', () => done(1))
    return { stop: () => runner.stop() }
  },
}
