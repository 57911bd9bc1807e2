import { everyFewSeconds } from './progress.mjs'
import { startRedis } from './redis.mjs'

/** Gives the integration tests a real Redis, under `DRUMBEAT_TEST_REDIS_URL`. A server named there is used as it is. */
export default async function setup() {
  if (process.env.DRUMBEAT_TEST_REDIS_URL) return
  const done = everyFewSeconds('Starting a Redis server for the tests')
  const server = await startRedis()
  done()
  process.env.DRUMBEAT_TEST_REDIS_URL = server.url
  return () => server.stop()
}
