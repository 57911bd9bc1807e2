import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { fill, mailsEach } from '../contestants/drumbeat-engine.js'
import type { Figure } from '../figure.js'
import { copyPerson } from '../many-rows.js'
import { past, writePast } from '../past.js'
import { timed } from './growth.js'

const waiting = 1_000_000
const due = 10_000
const withHistory = `${past.toLocaleString('en')} past deliveries, ${waiting.toLocaleString('en')} people waiting`

/** Deliveries per second beside a long history and many people who wait: neither may slow down what is due. */
export const history: Figure = {
  name: 'History',
  unit: 'deliveries per second',
  higherIsBetter: true,
  long: true,
  measured: {
    'no history, nobody waiting': ({ servers }) => servers.inPlace((place) => deliveriesBeside(place, 0, 0)),
    [withHistory]: ({ servers }) => servers.inPlace((place) => deliveriesBeside(place, past, waiting)),
  },
  ratios: [{ name: 'with history to without', of: [withHistory], to: ['no history, nobody waiting'], goal: 0.85 }],
}

async function deliveriesBeside({ databaseUrl }: Place, deliveries: number, people: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl })
  const store = postgresStore({ pool })
  await fill(store, mailsEach)
  await copyPerson(pool, people + due, `now() + interval '30 days'`)
  await writePast(pool, store, deliveries)
  await pool.query(
    `update drumbeat.campaign_recipients set due_at = now()
     where id in (select id from drumbeat.campaign_recipients where status = 'active' order by id limit ${due})`,
  )
  await pool.query('vacuum analyze')
  return timed(pool, store, due * mailsEach)
}
