import { storeConformance } from '@drumbeat/core/testing'
import { pgliteStore } from '../src/index.js'

storeConformance({
  name: 'pgliteStore()',
  embedded: true,
  async open() {
    const store = pgliteStore({ dataDir: '', clock: 'caller' })
    await store.open()
    return { store, close: () => store.close() }
  },
})
