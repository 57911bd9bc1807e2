import { redisQueue } from '@drumbeat/queue-redis'
import { postgresStore } from '@drumbeat/store-postgres'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Contestant } from '../contestant.js'
import { drain } from './drumbeat-engine.js'
import { contestant as polling } from './drumbeat-postgres.js'

/** Drumbeat on PostgreSQL, with hints through Redis: one engine looks for what is due, and shares it out. */
export const contestant: Contestant = {
  prepare: polling.prepare,
  async work({ databaseUrl, redisUrl }, done) {
    const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
    const connection = new Redis(redisUrl)
    const close = async (): Promise<void> => {
      connection.disconnect()
      await pool.end()
    }
    return drain(postgresStore({ pool }), done, close, redisQueue({ connection }))
  },
}
