import type { Store } from '@drumbeat/core'
import { type PgPool, pgDriver } from './connection/pg-driver.js'
import { PreparedStatements } from './connection/prepared-statements.js'
import { type StoreOptions, storeOn } from './store.js'

/** What a store on PostgreSQL is made of. */
export interface PostgresStoreOptions extends StoreOptions {
  /** `new pg.Pool(…)`, or a pool behind PgBouncer in transaction mode. The host keeps it, and ends it after `close()`. */
  readonly pool: PgPool
  /** For heartbeats and stops, so that a busy pool cannot hold them up. Default: the same. */
  readonly controlPool?: PgPool
  /**
   * Whether statements that come again are prepared, so that each session of the database parses and plans them once. Behind a pooler in
   * transaction mode that does not keep them (PgBouncer without `max_prepared_statements`), say `false`: otherwise the first one that is
   * missed is run again, and nothing is prepared from then on. In a host's transaction nothing is. Default: true.
   */
  readonly preparedStatements?: boolean
}

/** A Store on PostgreSQL 14 or later. Many processes may share it. */
export function postgresStore({
  pool,
  controlPool = pool,
  preparedStatements = true,
  ...options
}: PostgresStoreOptions): Store {
  const prepared = new PreparedStatements(preparedStatements)
  return storeOn(pgDriver({ work: pool, control: controlPool }, prepared), options)
}
