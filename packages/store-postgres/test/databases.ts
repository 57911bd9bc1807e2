import type { Store } from '@drumbeat/core'
import pg from 'pg'
import { postgresStore } from '../src/index.js'

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

/** A store on PostgreSQL in a schema of its own, on the caller's clock. */
export async function openPostgres(): Promise<{ store: Store; close(): Promise<void> }> {
  const schema = newSchema()
  const pool = new pg.Pool({ connectionString: databaseUrl(), max: 8 })
  const store = postgresStore({ pool, schema, clock: 'caller' })
  await store.open()
  return {
    store,
    async close() {
      await store.close()
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    },
  }
}
