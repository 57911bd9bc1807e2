import { createHmac, timingSafeEqual } from 'node:crypto'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn, fill, recordingChannel, workspaceId } from '../contestants/drumbeat-engine.js'
import type { Figure } from '../figure.js'

/** Providers' reports: signature checked, de-duplicated, counted; every tenth comes twice. In batches against one row at a time. */
export const reports: Figure = {
  name: 'Provider reports taken in',
  unit: 'per second',
  higherIsBetter: true,
  measured: {
    Drumbeat: ({ servers, sizes }) => servers.inPlace((place) => takeIn(place, sizes.reports)),
    'one row at a time': ({ servers, sizes }) => servers.inPlace((place) => oneByOne(place, sizes.oneByOneReports)),
  },
  ratios: [{ name: 'to one row at a time', of: ['Drumbeat'], to: ['one row at a time'], goal: 20 }],
}

/** Webhooks that are handed over together, and how many such hands there are. */
const atOnce = 1_000
const posters = 3

interface Webhook {
  readonly id: string
  readonly body: string
  readonly signature: string
}

const secret = 'the provider’s secret'
const sign = (body: string): string => createHmac('sha256', secret).update(body).digest('hex')

function verified({ body, signature }: Webhook): { readonly ref: string; readonly event: string; readonly at: number } {
  if (!timingSafeEqual(Buffer.from(sign(body)), Buffer.from(signature))) throw new Error('A signature is wrong.')
  return JSON.parse(body)
}

/** One report per reference, and every tenth again at the end of its hundred. */
function webhooks(refs: readonly string[]): readonly Webhook[] {
  const all = refs.map((ref, index) => {
    const body = JSON.stringify({ ref, event: 'delivered', at: 1_790_000_000_000 + index })
    return { id: `evt-${ref}`, body, signature: sign(body) }
  })
  const mixed: Webhook[] = []
  for (let from = 0; from < all.length; from += 100) {
    const hundred = all.slice(from, from + 100)
    mixed.push(...hundred, ...hundred.filter((_, index) => index % 10 === 0))
  }
  return mixed
}

async function takeIn({ databaseUrl }: Place, count: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
  const store = postgresStore({ pool })
  await fill(store, count)
  const refs: string[] = []
  const sending = engineOn(store, {}, recordingChannel(refs))
  await sending.tick()
  const arriving = webhooks(refs)
  await pool.query('analyze')
  const drumbeat = engineOn(store)
  const workspace = drumbeat.workspace(workspaceId)
  const batches = Array.from({ length: Math.ceil(arriving.length / atOnce) }, (_, n) =>
    arriving.slice(n * atOnce, (n + 1) * atOnce),
  ).values()
  const post = async (): Promise<void> => {
    for (const batch of batches)
      await workspace.report(
        batch.map((webhook) => {
          const { ref, at } = verified(webhook)
          return { delivery: { deliveryRef: ref }, dedupeKey: webhook.id, facts: [{ kind: 'delivered', at }] }
        }),
      )
  }
  // The engine takes in while more arrives, as it does where it runs.
  const startedAt = performance.now()
  let isOver = false
  const posting = Promise.all(Array.from({ length: posters }, post)).then(() => {
    isOver = true
  })
  while (!isOver) {
    if ((await drumbeat.tick()).ingested === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await posting
  await drumbeat.tick()
  const rate = (arriving.length * 1000) / (performance.now() - startedAt)
  const { rows } = await pool.query(
    `select count(*)::int as n from drumbeat.campaign_deliveries where facts ? 'delivered'`,
  )
  if (rows[0].n !== refs.length)
    throw new Error(`${rows[0].n} of ${refs.length} deliveries know that they were delivered.`)
  await drumbeat.close()
  await pool.end()
  return rate
}

/** Insert the event unless it is known, then set the fact and add one to the counter: one transaction each, twenty at a time. */
async function oneByOne({ databaseUrl }: Place, count: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 })
  await pool.query(`
    create table deliveries (ref text primary key, campaign_id int not null, delivered_at timestamptz);
    create table provider_events (id text primary key, ref text not null, received_at timestamptz not null default now());
    create table counters (campaign_id int, name text, value bigint not null, primary key (campaign_id, name));
    insert into counters select n, 'delivered', 0 from generate_series(0, 19) n`)
  await pool.query(`insert into deliveries select 'ref-' || n, n % 20 from generate_series(1, $1::int) n`, [count])
  const arriving = webhooks(Array.from({ length: count }, (_, index) => `ref-${index + 1}`))
  const waiting = arriving.values()
  const take = async (): Promise<void> => {
    for (const webhook of waiting) {
      const { ref, at } = verified(webhook)
      const client = await pool.connect()
      try {
        await client.query('begin')
        const { rowCount } = await client.query(
          'insert into provider_events (id, ref) values ($1, $2) on conflict do nothing',
          [webhook.id, ref],
        )
        if (rowCount === 1) {
          const { rows } = await client.query(
            'update deliveries set delivered_at = $2 where ref = $1 returning campaign_id',
            [ref, new Date(at)],
          )
          await client.query(`update counters set value = value + 1 where campaign_id = $1 and name = 'delivered'`, [
            rows[0].campaign_id,
          ])
        }
        await client.query('commit')
      } finally {
        client.release()
      }
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 20 }, take))
  const rate = (arriving.length * 1000) / (performance.now() - startedAt)
  await pool.end()
  return rate
}
