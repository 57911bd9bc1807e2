import { StorageError } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import type { Database } from '../connection/database.js'
import { literal } from '../sql/values.js'
import { engineVersion, type Migration, migrations } from './migrations.js'

/** Where the tables stand. */
interface Standing {
  readonly version: number
  readonly minEngineVersion: number
}

/** Long enough to wait for another process that migrates. */
const statementTimeoutMs = 120_000

/**
 * Brings the tables to the version that this build knows, each step in a transaction of its own behind a lock, so that any number of
 * processes may start at once. Older tables are migrated; newer ones are used as long as they allow it.
 * @throws {StorageError} when the tables want a newer build.
 */
export async function migrate(
  database: Database,
  schema: string,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  const latest = steps.length
  while (true) {
    const done = await database.write(
      async (connection) => {
        // Taken before anything is read: what is read afterwards, in a statement of its own, holds until we commit.
        await connection.query(`select pg_advisory_xact_lock(${migrationLock(schema)})`)
        const standing = await standingOf(connection, schema)
        refuseNewer(standing, latest)
        const next = steps[standing.version]
        if (next === undefined) return true
        await apply(connection, schema, next)
        return false
      },
      { pool: 'control', statementTimeoutMs },
    )
    if (done) return
  }
}

/** The key of the lock behind which one process at a time changes the tables of this schema. */
export function migrationLock(schema: string): string {
  return `hashtextextended(${literal(`drumbeat.migrate:${schema}`)}, 0)`
}

/** @throws {StorageError} when the tables were made for engines newer than this build. */
export function refuseNewer({ version, minEngineVersion }: Standing, own: number = engineVersion): void {
  if (minEngineVersion <= own) return
  throw new StorageError(
    `The tables are at version ${version} and need an engine of version ${minEngineVersion} or newer; this build is ${own}. ` +
      'Nothing was written. Update @drumbeat/store-postgres in this process.',
  )
}

/** The version of the tables, as an expression that yields `minEngineVersion`. */
export function minEngineVersionIn(schema: string): string {
  return `(select max(min_engine_version) from ${schema}.schema_migrations)`
}

async function standingOf(connection: Connection, schema: string): Promise<Standing> {
  await connection.script(`
    create schema if not exists ${schema};
    create table if not exists ${schema}.schema_migrations (
      version int primary key,
      name text not null,
      min_engine_version int not null,
      applied_at timestamptz not null default clock_timestamp()
    )`)
  const [standing] = await connection.query<Standing>(
    `select coalesce(max(version), 0) as version, coalesce(max(min_engine_version), 0) as "minEngineVersion"
    from ${schema}.schema_migrations`,
  )
  return standing ?? { version: 0, minEngineVersion: 0 }
}

async function apply(connection: Connection, schema: string, step: Migration): Promise<void> {
  await connection.script(step.sql(schema))
  await connection.query(
    `insert into ${schema}.schema_migrations (version, name, min_engine_version) values ($1::int, $2::text, $3::int)`,
    [step.version, step.name, step.minEngineVersion],
  )
}
