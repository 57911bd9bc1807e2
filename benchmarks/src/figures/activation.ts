import { defineSequence, exit, send, wait } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn, importPeople, publishMail, workspaceId } from '../contestants/drumbeat-engine.js'
import { enrollAll } from '../contestants/hand-rolled.js'
import type { Figure } from '../figure.js'

/** An audience's way into a campaign, until everybody waits for nine o'clock in their own zone. */
export const activation: Figure = {
  name: 'Activation in 30 zones',
  unit: 'contacts per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: ({ servers, sizes: { contacts } }) => servers.inPlace((place) => activate(place, contacts)),
    'hand-rolled loop': ({ servers, sizes: { handRolledContacts: contacts } }) =>
      servers.inPlace(async (place) => (contacts * 1000) / (await enrollAll(place, contacts, '09:00'))),
  },
  ratios: [{ name: 'to the hand-rolled loop', of: ['Drumbeat'], to: ['hand-rolled loop'], goal: 200 }],
}

async function activate({ databaseUrl }: Place, contacts: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl })
  const drumbeat = engineOn(postgresStore({ pool }))
  try {
    await drumbeat.tick()
    await publishMail(drumbeat)
    await importPeople(drumbeat, 0, contacts)
    await drumbeat.tick()
    await pool.query('analyze')
    const { campaigns } = drumbeat.workspace(workspaceId)
    const campaign = await campaigns.create({
      name: 'Good morning',
      sequence: defineSequence({
        start: 'morning',
        steps: {
          morning: wait({ for: 'P1D', until: '09:00', next: 'mail' }),
          mail: send({ channel: 'email', template: 'mail', next: 'done' }),
          done: exit(),
        },
      }),
    })
    const startedAt = performance.now()
    await campaigns.activate(campaign.id)
    await drumbeat.tick()
    const rate = (contacts * 1000) / (performance.now() - startedAt)
    const { rows } = await pool.query(
      `select count(*)::int as n from drumbeat.campaign_recipients where step_id = 'morning' and visit = 1 and due_at > now()`,
    )
    if (rows[0].n !== contacts) throw new Error(`${rows[0].n} of ${contacts} contacts wait for their morning.`)
    return rate
  } finally {
    await drumbeat.close()
    await pool.end()
  }
}
