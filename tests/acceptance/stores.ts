import type { Store } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { pgliteStore, postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'

/** The stores that every campaign is played on, each empty and on the virtual clock. */
export const stores: { readonly [name: string]: () => Promise<{ readonly store: Store; close(): Promise<void> }> } = {
  async memory() {
    const store = memoryStore()
    return { store, close: () => store.close() }
  },
  async PGlite() {
    const store = pgliteStore({ dataDir: '', clock: 'caller' })
    return { store, close: () => store.close() }
  },
  async PostgreSQL() {
    const url = process.env.DRUMBEAT_TEST_DATABASE_URL
    if (url === undefined)
      throw new Error('These tests need a PostgreSQL server. Run them with `npm test`, which provides one.')
    const schema = `acceptance_${process.pid}_${Date.now().toString(36)}`
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    const store = postgresStore({ pool, schema, clock: 'caller' })
    return {
      store,
      async close() {
        await store.close()
        await pool.query(`drop schema if exists ${schema} cascade`)
        await pool.end()
      },
    }
  },
}
