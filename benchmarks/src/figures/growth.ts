import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn, fill, mailsEach } from '../contestants/drumbeat-engine.js'
import type { Figure } from '../figure.js'
import { copyPerson } from '../many-rows.js'

const sizes = [1_000, 10_000, 100_000, 1_000_000]
const label = (recipients: number): string => `${recipients.toLocaleString('en')} recipients`
/** Of more than that, the first ones are timed: what one costs does not depend on how many come after it. */
const mostDeliveries = 60_000

/** Deliveries per second by the number of recipients that are due: the cost of one must not depend on how many there are. */
export const growth: Figure = {
  name: 'Cost growth',
  unit: 'deliveries per second',
  higherIsBetter: true,
  long: true,
  measured: Object.fromEntries(
    sizes.map((recipients) => [
      label(recipients),
      ({ servers }) => servers.inPlace((place) => deliveriesPerSecond(place, recipients)),
    ]),
  ),
  ratios: sizes.slice(2).map((recipients) => ({
    name: `${label(recipients)} to ${label(10_000)}`,
    of: [label(recipients)],
    to: [label(10_000)],
    goal: 0.85,
  })),
}

async function deliveriesPerSecond({ databaseUrl }: Place, recipients: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl })
  const store = postgresStore({ pool })
  await fill(store, mailsEach)
  await copyPerson(pool, recipients - 1, 'now()')
  await pool.query('vacuum analyze')
  return timed(pool, store, Math.min(recipients * mailsEach, mostDeliveries))
}

/** How many deliveries per second an engine makes on a filled store, of the first so many. */
export async function timed(
  pool: pg.Pool,
  store: ReturnType<typeof postgresStore>,
  deliveries: number,
): Promise<number> {
  const drumbeat = engineOn(store)
  const startedAt = performance.now()
  let settled = 0
  const enough = new Promise<number>((resolve) => {
    drumbeat.events.on('delivery.settled', () => {
      settled++
      if (settled === deliveries) resolve((deliveries * 1000) / (performance.now() - startedAt))
    })
  })
  await drumbeat.start()
  const rate = await enough
  await drumbeat.close()
  await pool.end()
  return rate
}
