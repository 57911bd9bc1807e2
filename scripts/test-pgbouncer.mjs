// What uses PostgreSQL, tested behind PgBouncer in transaction mode: no session of the database outlives a transaction there.
import { ensureInstalled } from './install.mjs'
import { startPgbouncer } from './pgbouncer.mjs'
import { startPostgres } from './postgres.mjs'
import { run } from './run.mjs'

await ensureInstalled()
const postgres = await startPostgres()
const pgbouncer = await startPgbouncer(postgres)
process.env.DRUMBEAT_TEST_DATABASE_URL = pgbouncer.url
const suites = ['packages/store-postgres', 'tests/engine', 'tests/promises', 'tests/acceptance', 'tests/faults']
const given = process.argv.slice(2)
try {
  const { exitCode } = run([
    'node',
    'scripts/test.mjs',
    '--project',
    'integration',
    ...(given.length > 0 ? given : suites),
  ])
  process.exitCode = await exitCode
} finally {
  await pgbouncer.stop()
  await postgres.stop()
}
