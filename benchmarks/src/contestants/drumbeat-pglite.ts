import { join } from 'node:path'
import { pgliteStore } from '@drumbeat/store-postgres'
import type { Contestant } from '../contestant.js'
import { drain, fill } from './drumbeat-engine.js'

/** Drumbeat on PGlite in a directory: the same engine, the database inside its process. */
export const contestant: Contestant = {
  async prepare({ folder }, jobs) {
    const store = pgliteStore({ dataDir: join(folder, 'data') })
    await fill(store, jobs)
    await store.close()
  },
  async work({ folder }, done) {
    const store = pgliteStore({ dataDir: join(folder, 'data') })
    return drain(store, done, async () => {})
  },
}
