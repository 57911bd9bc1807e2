import type { Store } from '@drumbeat/core'
import { type PgliteSource, pgliteDriver } from './connection/pglite-driver.js'
import { type StoreOptions, storeOn } from './store.js'

/** What an embedded store is made of: a directory of its own (`dataDir`, `''` = in memory), or a database of the host's (`db`). */
export type PgliteStoreOptions = StoreOptions & PgliteSource

/**
 * A Store on PGlite: PostgreSQL inside this process, on a directory that it holds alone. It survives the death of the process, but not of
 * the machine: PGlite does not fsync.
 */
export function pgliteStore(options: PgliteStoreOptions): Store {
  return storeOn(pgliteDriver(options), options)
}
