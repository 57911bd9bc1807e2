import { storeConformance } from '@drumbeat/core/testing'
import { memoryStore } from './index.js'

storeConformance({
  name: 'memoryStore()',
  embedded: true,
  open: async () => {
    const store = memoryStore()
    return { store, close: () => store.close() }
  },
})
