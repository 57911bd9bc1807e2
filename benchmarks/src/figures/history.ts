import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { fill, mailsEach } from '../contestants/drumbeat-engine.js'
import type { Figure } from '../figure.js'
import { copyDelivery, copyPerson } from '../many-rows.js'
import { timed } from './growth.js'

const past = 10_000_000
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
  await copyPerson(
    pool,
    people + due,
    `now() + case when copy.number <= ${due} then interval '0' else interval '30 days' end`,
  )
  // One person's mails go out, and are what the history is made of.
  if (deliveries > 0) {
    await pool.query(
      `insert into drumbeat.campaign_deliveries (id, workspace_id, campaign_id, recipient_id, contact_id, kind, step_id, visit, channel,
         account, category, priority, state, planned_at, due_at, template_id, template_version, content_hash, address, attempts, intended_at,
         sent_at, provider_id, possible_duplicate, facts)
       select nextval('drumbeat.delivery_ids'), workspace_id, campaign_id, id, contact_id, 'message', step_id, 1, 'email', 'nobody',
         'marketing', 'normal', 'sent', now(), now(), 'mail', 1, 'hash', 'past@example.com', 1, now(), now(), 'past', false,
         '{"accepted": 0}' from drumbeat.campaign_recipients limit 1`,
    )
    await copyDelivery(pool, deliveries)
  }
  await pool.query('vacuum analyze')
  return timed(pool, store, due * mailsEach)
}
