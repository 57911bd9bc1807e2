import { storeConformance } from '@drumbeat/core/testing'
import { openPostgres } from './databases.js'

storeConformance({ name: 'postgresStore()', open: openPostgres })
