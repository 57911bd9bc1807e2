import { storeConformance } from '@drumbeat/core/testing'
import { openPglite } from './databases.js'

storeConformance({ name: 'pgliteStore()', embedded: true, open: openPglite })
