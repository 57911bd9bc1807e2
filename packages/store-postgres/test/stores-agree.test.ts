import { storesAgree } from '@drumbeat/core/testing'
import { memoryStore } from '@drumbeat/store-memory'
import { it } from 'vitest'
import { openPglite, openPostgres } from './databases.js'

const runs = Number(process.env.DRUMBEAT_STORE_RUNS ?? 15)
/** A failure names its seed at once; the seed given back is shrunk to the shortest list, which takes minutes. */
const seed = process.env.DRUMBEAT_SEED === undefined ? { shrink: false } : { seed: Number(process.env.DRUMBEAT_SEED) }

async function openMemory() {
  const store = memoryStore()
  await store.open()
  return { store, close: () => store.close() }
}

it('the store on PostgreSQL answers as the one in memory does', async () => {
  await storesAgree(openMemory, () => openPostgres(), { runs, commands: 80, ...seed })
}, 120_000)

it('the store on PGlite answers as the one in memory does', async () => {
  await storesAgree(openMemory, openPglite, { runs, commands: 80, ...seed })
}, 120_000)
