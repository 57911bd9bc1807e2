import { StorageError } from '@drumbeat/core'
import type { Connection, Driver } from '../connection/connection.js'
import { int, literal } from '../sql/values.js'
import { migrations, type Sizes } from './migrations.js'

const known = migrations.at(-1)?.number ?? 0

/**
 * Brings the schema up to what this build knows, forward only, one transaction per step, behind a lock that is taken first: of twenty
 * processes that start at once one migrates and the others find it done.
 * @throws {StorageError} when a newer build has changed the schema so that this one must not touch it; nothing is written then.
 */
export async function migrate(driver: Driver, schema: string, sizes: Sizes): Promise<void> {
  for (let step = 0; step <= known; step++) {
    const settings = { pool: 'control', statementTimeoutMs: 60_000, idleTimeoutMs: 60_000 } as const
    const done = await driver.transaction(settings, (connection) => nextStep(connection, schema, sizes))
    if (done) return
  }
}

async function nextStep(connection: Connection, schema: string, sizes: Sizes): Promise<boolean> {
  await connection.query(`select pg_advisory_xact_lock(hashtextextended(${literal(`drumbeat/migrate/${schema}`)}, 0))`)
  await connection.script(
    `create schema if not exists ${schema};
     create table if not exists ${schema}.migrations (
       number int primary key, oldest_reader int not null, applied_at timestamptz not null default clock_timestamp()
     )`,
  )
  const [row] = await connection.query<{ current: number; oldest: number }>(
    `select ${int('coalesce(max(number), 0)')} as current, ${int('coalesce(max(oldest_reader), 0)')} as oldest from ${schema}.migrations`,
  )
  const { current = 0, oldest = 0 } = row ?? {}
  if (oldest > known) {
    throw new StorageError(
      `The tables in schema "${schema}" are of version ${current}, which this build (version ${known}) must not touch. Update @drumbeat/store-postgres.`,
    )
  }
  const next = migrations.find(({ number }) => number > current)
  if (next === undefined) return true
  await connection.script(next.script(schema, sizes))
  await connection.query(`insert into ${schema}.migrations (number, oldest_reader) values ($1, $2)`, [
    next.number,
    next.oldestReader,
  ])
  return next.number === known
}
