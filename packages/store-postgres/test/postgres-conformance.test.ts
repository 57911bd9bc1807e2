import { storeConformance } from '@drumbeat/core/testing'
import { openPostgres } from './databases.js'

// On a pool that pipelines. All other tests use pools that do not.
storeConformance({ name: 'postgresStore()', open: () => openPostgres({}, { pipeline: true }) })
