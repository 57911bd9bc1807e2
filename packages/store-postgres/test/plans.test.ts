import { writeFile } from 'node:fs/promises'
import { type Channel, createDrumbeat, defineSequence, emailTemplate, exit, send, wait } from '@drumbeat/core'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../src/index.js'
import { newPool, newSchema } from './databases.js'
import { type Explained, explainingPool, type PlanNode, partsOf } from './explaining-pool.js'
import { fillDatabase } from './filled-database.js'
import { plansPage } from './plans-page.js'

const schema = newSchema()
const people = Array.from({ length: 20 }, (_, n) => `person-${n}`)
const refs: string[] = []
const channel: Channel = {
  name: 'email',
  account: 'nobody',
  addressKind: 'email',
  capabilities: { idempotencyKeyTtlMs: null, echoesReference: true, lookup: 'none' },
  async send(_message, { deliveryRef, assertMayStart }) {
    assertMayStart()
    refs.push(deliveryRef)
    return { outcome: 'accepted', providerId: deliveryRef }
  },
}

/** Tables, and ranges of tables, with so many rows that reading them whole is no choice. The next range is empty, and small. */
let large: ReadonlySet<string> = new Set()
let pool: pg.Pool
let seen: readonly Explained[] = []

beforeAll(async () => {
  pool = newPool()
  const { pool: watched, explained } = explainingPool(pool)
  const options = { schema, idsPerRange: 10_000 } as const
  await everything(postgresStore({ pool, ...options }), ['first'])
  const filling = postgresStore({ pool, ...options })
  await filling.open()
  await fillDatabase(pool, filling, schema)
  await filling.close()
  const { rows } = await pool.query(
    `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind = 'r' and reltuples > 5000`,
    [schema],
  )
  large = new Set(rows.map(({ name }) => name))
  await everything(postgresStore({ pool: watched, ...options }), people)
  seen = explained
}, 240_000)

afterAll(async () => {
  await pool.query(`drop schema if exists ${schema} cascade`)
  await pool.end()
})

/** The whole way of a message, and all that comes in on the way. */
async function everything(store: ReturnType<typeof postgresStore>, contactIds: readonly string[]): Promise<void> {
  const drumbeat = createDrumbeat({
    store,
    channels: [channel],
    secret: 'a secret of the tests',
    unsubscribeUrl: ({ deliveryRef }) => `https://acme.test/bye/${deliveryRef}`,
  })
  const failures: unknown[] = []
  drumbeat.events.on('engine.failed', ({ error }) => failures.push(error))
  const acme = drumbeat.workspace('acme')
  await acme.configure({ caps: [{ max: 50, per: 'PT24H', outside: 'defer' }] })
  await acme.templates.publish('mail', emailTemplate({ subject: 'Hello', html: '<p>Hello. {{unsubscribeUrl}}</p>' }))
  await acme.contacts.import(
    contactIds.map((id) => ({ id, addresses: { email: `${id}@example.com` }, zone: 'Europe/Paris' })),
  )
  for (const contactId of contactIds)
    await acme.contacts.consent(contactId, { channel: 'email', status: 'granted', source: 'test' })
  await acme.contacts.suppress({ channel: 'email', address: `${contactIds[0]}@elsewhere.example`, reason: 'manual' })
  const campaign = await acme.campaigns.create({
    name: 'Two mails',
    entry: { when: 'api' },
    sequence: defineSequence({
      start: 'one',
      steps: {
        one: send({ channel: 'email', template: 'mail', next: 'pause' }),
        pause: wait({ for: 'PT0S', next: 'two' }),
        two: send({ channel: 'email', template: 'mail', next: 'done' }),
        done: exit(),
      },
    }),
  })
  await acme.campaigns.activate(campaign.id)
  await acme.enroll(campaign.id, contactIds)
  await acme.trackAll(contactIds.map((contactId) => ({ contactId, event: 'order.placed' })))
  await drumbeat.tick()
  await acme.report(
    refs.map((deliveryRef) => ({ delivery: { deliveryRef }, facts: [{ kind: 'delivered' as const, at: Date.now() }] })),
  )
  await acme.report(
    refs.map((providerId) => ({
      delivery: { channel: 'email', providerId },
      facts: [{ kind: 'opened' as const, at: Date.now() }],
    })),
  )
  // Of several facts: not quiet.
  await acme.report(
    refs.map((deliveryRef) => ({
      delivery: { deliveryRef },
      facts: (['clicked', 'machine_clicked'] as const).map((kind) => ({ kind, at: Date.now() })),
    })),
  )
  await drumbeat.tick()
  await acme.campaigns.counters(campaign.id)
  refs.length = 0
  await drumbeat.close()
  expect(failures).toEqual([])
}

const statements = (): readonly Explained[] => {
  if (seen.length < 100) throw new Error(`Only ${seen.length} statements were seen; the engine makes more.`)
  return seen
}

/** Parts that were carried out on large tables. */
const partsOnLarge = (plan: PlanNode): readonly PlanNode[] =>
  partsOf(plan).filter((part) => large.has(part['Relation Name'] ?? '') && part['Actual Loops'] !== 0)

const found = (where: (part: PlanNode) => boolean, plan: keyof Omit<Explained, 'text'>): readonly string[] =>
  statements().flatMap((one) =>
    partsOnLarge(one[plan])
      .filter(where)
      .map((part) => `${part['Node Type']} on ${part['Relation Name']}: ${flat(one.text)}`),
  )

describe('on a database of which each table has many rows, the statements of the hot path', () => {
  it('read no table whole, as the store runs them', () => {
    expect(found((part) => part['Node Type'] === 'Seq Scan', 'run')).toEqual([])
  })

  it('read no table whole when a session has prepared them, either', () => {
    expect(found((part) => part['Node Type'] === 'Seq Scan', 'prepared')).toEqual([])
  })

  it('read no table whole with the settings that a server comes with, either', () => {
    expect(found((part) => part['Node Type'] === 'Seq Scan', 'free')).toEqual([])
  })

  it('read no index whole', () => {
    const isWhole = (part: PlanNode) => /^(Bitmap )?Index/.test(part['Node Type']) && part['Index Cond'] === undefined
    expect([...found(isWhole, 'run'), ...found(isWhole, 'prepared')]).toEqual([])
  })

  it('look into the ranges of the history that their ids lie in, unless they ask for what a run has had', () => {
    const plans = statements().flatMap(({ text, run, prepared }) => [
      { text, plan: run },
      { text, plan: prepared },
    ])
    const scattered = plans.flatMap(({ text, plan }) => {
      const parts = partsOnLarge(plan).filter((part) => /^campaign_deliveries_/.test(part['Relation Name'] ?? ''))
      const byId = parts.filter((part) => !/recipient_id =/.test(part['Index Cond'] ?? ''))
      const ranges = new Set(byId.map((part) => part['Relation Name']?.replace(/^[a-z_]+_/, '')))
      return ranges.size > 2 ? [`${[...ranges].join(', ')}: ${flat(text)}`] : []
    })
    expect(scattered).toEqual([])
  })

  it.runIf(process.env.DRUMBEAT_WRITE_PLANS !== undefined)('are shown in the documents', async () => {
    const { rows } = await pool.query('show server_version')
    await writeFile(
      new URL('../../../docs/plans.md', import.meta.url),
      plansPage(statements(), schema, rows[0].server_version),
    )
  })
})

function flat(text: string): string {
  return text.replaceAll(`${schema}.`, '').replace(/\s+/g, ' ')
}
