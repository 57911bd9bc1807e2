import type { Store } from '@drumbeat/core'
import { type PgPool, pgDriver } from './connection/pg-driver.js'
import { type StoreOptions, storeOn } from './store.js'

/** What a store on PostgreSQL is made of. */
export interface PostgresStoreOptions extends StoreOptions {
  /** `new pg.Pool(…)`, or a pool behind PgBouncer in transaction mode. The host keeps it, and ends it after `close()`. */
  readonly pool: PgPool
  /** For heartbeats and stops, so that a busy pool cannot hold them up. Default: the same. */
  readonly controlPool?: PgPool
}

/** A Store on PostgreSQL 14 or later. Many processes may share it. */
export function postgresStore({ pool, controlPool = pool, ...options }: PostgresStoreOptions): Store {
  return storeOn(pgDriver({ work: pool, control: controlPool }), options)
}
