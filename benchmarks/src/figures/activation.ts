import { type Drumbeat, defineSequence, exit, send, wait } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn, publishMail, workspaceId } from '../contestants/drumbeat-engine.js'
import { enrollAll } from '../contestants/hand-rolled.js'
import type { Figure } from '../figure.js'
import { zones } from '../mail.js'

/** An audience's way into a campaign, until everybody waits for nine o'clock in their own zone. */
export const activation: Figure = {
  name: 'Activation in 30 zones',
  unit: 'contacts per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: ({ servers, sizes: { contacts } }) =>
      servers.inPlace(async (place) => (await activate(place, contacts)).rate),
    'hand-rolled loop': ({ servers, sizes: { handRolledContacts: contacts } }) =>
      servers.inPlace(async (place) => (contacts * 1000) / (await enrollAll(place, contacts, '09:00'))),
  },
  ratios: [{ name: 'to the hand-rolled loop', of: ['Drumbeat'], to: ['hand-rolled loop'], goal: 200 }],
}

const many = 1_000_000

/** The same for a million: neither the rate nor what the engine holds in memory may depend on how many there are. */
export const activationOfMany: Figure = {
  name: 'Activation of a million',
  unit: 'contacts per second',
  higherIsBetter: true,
  long: true,
  measured: {
    '100,000 contacts': ({ servers }) => servers.inPlace(async (place) => (await activate(place, 100_000)).rate),
    '1,000,000 contacts': ({ servers }) =>
      servers.inPlace(async (place) => {
        const { rate, grownMb } = await activate(place, many)
        if (grownMb >= 200) throw new Error(`The engine grew by ${Math.round(grownMb)} MB.`)
        return rate
      }),
  },
  ratios: [{ name: 'a million to 100,000', of: ['1,000,000 contacts'], to: ['100,000 contacts'], goal: 0.8 }],
}

/** Activates a campaign for so many contacts. `grownMb` is by how much this process grew at most. */
async function activate(
  { databaseUrl }: Place,
  contacts: number,
): Promise<{ readonly rate: number; readonly grownMb: number }> {
  const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
  const drumbeat = engineOn(postgresStore({ pool }))
  try {
    await drumbeat.tick()
    await publishMail(drumbeat)
    await insertPeople(pool, contacts)
    await pool.query('vacuum analyze')
    const campaign = await goodMorning(drumbeat)
    const memory = watchMemory()
    const startedAt = performance.now()
    await drumbeat.workspace(workspaceId).campaigns.activate(campaign)
    await drumbeat.tick()
    const rate = (contacts * 1000) / (performance.now() - startedAt)
    const grownMb = memory.stop()
    const { rows } = await pool.query(
      `select count(*)::int as n, count(distinct due_at)::int as times from drumbeat.campaign_recipients
       where step_id = 'morning' and visit = 1 and due_at > now()`,
    )
    if (rows[0].n !== contacts) throw new Error(`${rows[0].n} of ${contacts} contacts wait for their morning.`)
    if (rows[0].times < 10) throw new Error(`They wait for ${rows[0].times} times in ${zones.length} zones.`)
    return { rate, grownMb }
  } finally {
    await drumbeat.close()
    await pool.end()
  }
}

async function goodMorning(drumbeat: Drumbeat): Promise<string> {
  const sequence = defineSequence({
    start: 'morning',
    steps: {
      morning: wait({ for: 'P1D', until: '09:00', next: 'mail' }),
      mail: send({ channel: 'email', template: 'mail', next: 'done' }),
      done: exit(),
    },
  })
  const { id } = await drumbeat.workspace(workspaceId).campaigns.create({ name: 'Good morning', sequence })
  return id
}

/** So many contacts as an import would have left them, once the engine has heard of them. */
async function insertPeople(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `insert into drumbeat.contacts (workspace_id, contact_id, addresses, zone, locale, attributes, tags, updated_at)
     select $1, 'contact-' || n, jsonb_build_object('email', 'person-' || n || '@example.com'), ($2::text[])[1 + n % $3::int], null,
       jsonb_build_object('name', 'Person ' || n, 'plan', case when n % 3 = 0 then 'trial' else 'paid' end, 'city', 'Zürich'), '{}', now()
     from generate_series(1, $4::int) n`,
    [workspaceId, zones, zones.length, count],
  )
}

/** Looks at the memory of this process ten times a second. */
function watchMemory(): { readonly stop: () => number } {
  global.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const look = (): void => {
    most = Math.max(most, process.memoryUsage().rss)
  }
  const timer = setInterval(look, 100)
  return {
    stop() {
      clearInterval(timer)
      look()
      return (most - before) / 2 ** 20
    },
  }
}
