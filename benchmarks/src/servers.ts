import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { startPostgres } from '../../scripts/postgres.mjs'
import { startRedis } from '../../scripts/redis.mjs'
import type { Place } from './contestant.js'

/** A PostgreSQL and a Redis for the measurements, and places on them. */
export interface Servers {
  /** Lends a new and empty place. */
  readonly inPlace: <Result>(work: (place: Place) => Promise<Result>) => Promise<Result>
  readonly stop: () => Promise<void>
}

/** Starts both. PostgreSQL keeps what it commits: `fsync` and `synchronous_commit` are on. */
export async function startServers(): Promise<Servers> {
  const postgres = await startPostgres({
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '30min',
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.track': 'all',
  })
  const redis = await startRedis()
  const connection = new Redis(redis.url)
  let places = 0
  const admin = async (statement: string): Promise<readonly unknown[]> => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    const { rows } = await client.query(statement)
    await client.end()
    return rows
  }
  /** A pool that has ended still has sockets that are closing. */
  const drop = async (name: string): Promise<void> => {
    for (let tries = 0; tries < 50; tries++) {
      if ((await admin(`select from pg_stat_activity where datname = '${name}'`)).length === 0) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await admin(`drop database ${name} with (force)`)
  }
  return {
    async inPlace(work) {
      places++
      const name = `bench_${places}`
      const folder = mkdtempSync(join(tmpdir(), 'drumbeat-bench-'))
      await connection.flushall()
      await admin(`create database ${name}`)
      const databaseUrl = postgres.url.replace(/\/postgres$/, `/${name}`)
      try {
        return await work({ databaseUrl, redisUrl: redis.url, folder })
      } finally {
        await drop(name)
        rmSync(folder, { recursive: true, force: true })
      }
    },
    async stop() {
      connection.disconnect()
      await redis.stop()
      await postgres.stop()
    },
  }
}
