import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Contestant } from '../contestant.js'
import { drain, fill } from './drumbeat-engine.js'

/** Drumbeat on PostgreSQL: the full protocol, a channel that accepts at once. */
export const contestant: Contestant = {
  async prepare({ databaseUrl }, jobs) {
    const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
    const store = postgresStore({ pool })
    await fill(store, jobs)
    await store.close()
    await pool.query('analyze')
    await pool.end()
  },
  async work({ databaseUrl }, done) {
    const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
    return drain(postgresStore({ pool }), done, () => pool.end())
  },
}
