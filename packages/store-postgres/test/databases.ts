import type { Store } from '@drumbeat/core'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { type PostgresStoreOptions, pgliteStore, postgresStore } from '../src/index.js'

/** An open and empty store, and how to throw it away. */
export interface OpenedStore {
  readonly store: Store
  readonly schema: string
  readonly close: () => Promise<void>
}

/** The server that `npm test` provides. */
export function databaseUrl(): string {
  const url = process.env.DRUMBEAT_TEST_DATABASE_URL
  if (url === undefined || url === '')
    throw new Error('These tests need a PostgreSQL server. Run them with `npm test`, which provides one.')
  return url
}

let schemas = 0

/** A name that no other test uses. */
export function newSchema(): string {
  schemas++
  return `t_${process.pid}_${Date.now().toString(36)}_${schemas}`
}

/** A pool of its own on the server. */
export function newPool(options: pg.PoolConfig = {}): pg.Pool {
  return new pg.Pool({ connectionString: databaseUrl(), max: 8, ...options })
}

/** A store on PostgreSQL in a schema of its own, on the caller's clock unless told otherwise, and the pool beside it, which it may see wrapped. */
export async function openPostgres(
  options: Partial<PostgresStoreOptions> = {},
  poolOptions: pg.PoolConfig = {},
  wrap: (pool: pg.Pool) => PostgresStoreOptions['pool'] = (pool) => pool,
): Promise<OpenedStore & { readonly pool: pg.Pool }> {
  const schema = newSchema()
  const pool = newPool(poolOptions)
  const store = postgresStore({ pool: wrap(pool), schema, clock: 'caller', ...options })
  await store.open()
  return {
    store,
    schema,
    pool,
    async close() {
      await store.close()
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    },
  }
}

let embedded: Promise<PGlite> | undefined

/** A store on PGlite in memory: a schema of its own in one database per test file, which takes a second to make. */
export async function openPglite(): Promise<OpenedStore> {
  embedded ??= PGlite.create()
  const db = await embedded
  const schema = newSchema()
  const store = pgliteStore({ db, schema, clock: 'caller' })
  await store.open()
  return {
    store,
    schema,
    async close() {
      await store.close()
      await db.exec(`drop schema ${schema} cascade`)
    },
  }
}
