import { storeConformance } from '@drumbeat/core/testing'
import { openPostgres } from './databases.js'

storeConformance({ name: 'postgresStore()', open: () => openPostgres() })
storeConformance({ name: 'postgresStore() on a pool that pipelines', open: () => openPostgres({}, { pipeline: true }) })
