import { type Channel, createDrumbeat, defineSequence, exit, send, wait } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { engineOn, importPeople, noChannel, publishMail, workspaceId } from '../contestants/drumbeat-engine.js'
import type { Bench, Figure } from '../figure.js'
import { personOf } from '../mail.js'

const perSecond = 1_000
const seconds = 5
let last: { readonly p50: number; readonly p99: number } | undefined

/** How late messages go out that are due one after the other, a thousand a second, with default settings. Never early. */
export const lateness: Figure = {
  name: `Lateness at ${perSecond.toLocaleString('en')} sends a second`,
  unit: 'ms',
  higherIsBetter: false,
  long: true,
  measured: {
    p50: async (bench) => {
      last = await measure(bench)
      return last.p50
    },
    p99: async () => last?.p99 ?? Number.NaN,
    'goal for p50': async () => 20,
    'goal for p99': async () => 100,
  },
  ratios: [
    { name: 'p50 within 20 ms', of: ['p50'], to: ['goal for p50'], goal: 1 },
    { name: 'p99 within 100 ms', of: ['p99'], to: ['goal for p99'], goal: 1 },
  ],
}

async function measure({ servers }: Bench): Promise<{ readonly p50: number; readonly p99: number }> {
  return servers.inPlace(async ({ databaseUrl }) => {
    const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
    const store = postgresStore({ pool })
    const people = perSecond * seconds
    const setUp = engineOn(store)
    await setUp.tick()
    await publishMail(setUp)
    await importPeople(setUp, 0, people)
    await setUp.tick()
    const workspace = setUp.workspace(workspaceId)
    const campaign = await workspace.campaigns.create({
      name: 'One after the other',
      entry: { when: 'api' },
      sequence: defineSequence({
        start: 'soon',
        steps: {
          soon: wait({ for: 'PT30S', next: 'mail' }),
          mail: send({ channel: 'email', template: 'mail', next: 'done' }),
          done: exit(),
        },
      }),
    })
    await workspace.campaigns.activate(campaign.id)
    const ids = Array.from({ length: people }, (_, index) => personOf(index).id)
    for (let from = 0; from < people; from += 1_000) await workspace.enroll(campaign.id, ids.slice(from, from + 1_000))
    await setUp.tick()
    const firstAt = Date.now() + 3_000
    // Their moments are spread evenly, as if they had enrolled one after the other.
    await pool.query(
      `update drumbeat.campaign_recipients r set due_at = to_timestamp($1::float8 / 1000) + t.n * interval '1 millisecond'
       from (select id, row_number() over (order by id) - 1 as n from drumbeat.campaign_recipients) t where r.id = t.id`,
      [firstAt],
    )
    await pool.query('analyze')
    const { rows } = await pool.query(
      `select contact_id, extract(epoch from due_at) * 1000 as due from drumbeat.campaign_recipients`,
    )
    const dueAt = new Map(
      rows.map(({ contact_id, due }) => [`person-${contact_id.split('-')[1]}@example.com`, Number(due)]),
    )
    const late: number[] = []
    const channel: Channel = {
      ...noChannel,
      async send(message, context) {
        late.push(Date.now() - (dueAt.get(message.to) ?? Number.NaN))
        return noChannel.send(message, context)
      },
    }
    const drumbeat = createDrumbeat({ store, channels: [channel], unsubscribeUrl: () => 'https://acme.test/bye' })
    await drumbeat.start()
    while (late.length < people && Date.now() < firstAt + 60_000)
      await new Promise((resolve) => setTimeout(resolve, 50))
    await drumbeat.close()
    await pool.end()
    if (late.length < people) throw new Error(`${late.length} of ${people} messages went out in a minute.`)
    late.sort((a, b) => a - b)
    if ((late[0] ?? 0) < 0) throw new Error(`A message went out ${-(late[0] ?? 0)} ms early.`)
    return { p50: late[Math.floor(people * 0.5)] ?? Number.NaN, p99: late[Math.floor(people * 0.99)] ?? Number.NaN }
  })
}
