import { startPostgres } from './postgres.mjs'
import { everyFewSeconds } from './progress.mjs'

/** Gives the integration tests a real PostgreSQL, under `DRUMBEAT_TEST_DATABASE_URL`. A server named there is used as it is. */
export default async function setup() {
  if (process.env.DRUMBEAT_TEST_DATABASE_URL) return
  const done = everyFewSeconds('Starting a PostgreSQL server for the tests')
  const server = await startPostgres()
  done()
  process.env.DRUMBEAT_TEST_DATABASE_URL = server.url
  return () => server.stop()
}
