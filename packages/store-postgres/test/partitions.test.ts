import { ConfigurationError, defaultWorkspaceSettings, type Owner, type Recipient, type Store } from '@drumbeat/core'
import { aCampaign, aChange, aNewRun, anIntent, aVersion, testStart } from '@drumbeat/core/testing'
import { PGlite } from '@electric-sql/pglite'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { pgliteStore, postgresStore } from '../src/index.js'
import { migrations } from '../src/schema/migrations.js'
import { plansByKey } from '../src/sql/by-index.js'
import { newPool, newSchema } from './databases.js'

// Ranges of a thousand ids: what millions do in weeks happens here in a moment.

const idsPerRange = 1_000
const workspaceId = 'acme'
const campaign = aCampaign({ workspaceId, id: 'onboarding' })
const tables = ['campaign_deliveries']
const leftovers: (() => Promise<unknown>)[] = []
const warnings: string[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
  warnings.length = 0
})

type Query = <Row>(text: string) => Promise<readonly Row[]>

interface Opened {
  readonly store: Store
  readonly schema: string
  readonly query: Query
}

function serverSchema(): { readonly schema: string; readonly pool: pg.Pool; readonly query: Query } {
  const schema = newSchema()
  const pool = newPool()
  leftovers.push(async () => {
    await pool.query(`drop schema if exists ${schema} cascade`)
    await pool.end()
  })
  return { schema, pool, query: async (text) => (await pool.query(text)).rows }
}

async function openedOn(pool: pg.Pool, schema: string, keepDeliveriesMs?: number): Promise<Store> {
  const kept = keepDeliveriesMs === undefined ? {} : { keepDeliveriesMs }
  const onWarning = (message: string) => void warnings.push(message)
  const store = postgresStore({ pool, schema, clock: 'caller', idsPerRange, onWarning, ...kept })
  await store.open()
  leftovers.push(() => store.close())
  return store
}

async function onServer(keepDeliveriesMs?: number): Promise<Opened & { readonly pool: pg.Pool }> {
  const { schema, pool, query } = serverSchema()
  return { store: await openedOn(pool, schema, keepDeliveriesMs), schema, pool, query }
}

async function embedded(): Promise<Opened> {
  const db = await PGlite.create()
  const store = pgliteStore({ db, clock: 'caller', idsPerRange })
  await store.open()
  leftovers.push(async () => {
    await store.close()
    await db.close()
  })
  return { store, schema: 'drumbeat', query: async (text) => (await db.query(text)).rows as never }
}

const tidy = (store: Store) => store.control.tidy({ now: testStart, keepKeysMs: 60_000 })

/** A run that an engine has claimed. */
interface Claim {
  readonly owner: Owner
  readonly run: Recipient
}

async function claimOne(store: Store, contactId = 'ana'): Promise<Claim> {
  await store.campaigns.save({ campaign, expectedRevision: null })
  await store.campaigns.publish(aVersion(campaign))
  await store.recipients.enroll({ runs: [aNewRun(campaign, contactId)], now: testStart })
  const beat = await store.control.heartbeat({ engineId: 'one', epoch: null, leaseMs: 60_000, now: testStart })
  const owner = { engineId: 'one', epoch: beat?.epoch ?? 0 }
  const [run] = await store.recipients.claimDue({ owner, now: testStart, limit: 1, skewMs: 0, blocked: [] })
  if (run === undefined) throw new Error('There is no run to claim.')
  return { owner, run }
}

/** Reserves ids and starts a message under the last of them, so that its range is written to; the claim goes on. */
async function startOne(store: Store, { owner, run }: Claim, ids: number): Promise<Claim> {
  const id = (await store.deliveries.reserveIds(ids)).at(-1) ?? 0
  const intents = [anIntent(run, { id }, { guard: null })]
  const [result] = await store.deliveries.intend({ intents, owner, now: testStart, permitMs: 3_000, timeoutMs: 5_000 })
  if (result?.result !== 'started') throw new Error(`The message was ${result?.result}.`)
  return { owner, run: { ...run, fence: result.fence } }
}

/** How many rows each partition holds, by its name. */
async function rowsOf({ query, schema }: Omit<Opened, 'store'>, table: string): Promise<Record<string, number>> {
  const rows = await query<{ part: string; n: number }>(
    `select c.relname as part, (xpath('/row/n/text()', query_to_xml('select count(*) as n from ${schema}.' || c.relname, false, true, '')))[1]::text::int as n
     from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = '${schema}.${table}'::regclass order by 1`,
  )
  return Object.fromEntries(rows.map(({ part, n }) => [part.replace(`${table}_`, ''), n]))
}

for (const [name, open] of [
  ['PostgreSQL', () => onServer()],
  ['PGlite', embedded],
] as const) {
  describe(`the history on ${name}`, () => {
    it('lies in a range from the first delivery on, and the next is there before it is needed', async () => {
      const opened = await open()
      const { store } = opened
      let claim = await claimOne(store)
      expect(Object.keys(await rowsOf(opened, 'campaign_deliveries'))).toEqual(['default', 'first'])
      for (let minutes = 0; minutes < 6; minutes++) {
        claim = await startOne(store, claim, 400)
        await tidy(store)
      }
      for (const table of tables)
        expect(await rowsOf(opened, table)).toEqual({ '1000': 2, '2000': 2, default: 0, first: 2 })
    })
  })
}

describe('ranges of the history', () => {
  it('are made once while two stores write and tidy up at the same time, and nothing lands in the default', async () => {
    const opened = await onServer()
    const stores = [opened.store, await openedOn(opened.pool, opened.schema)]
    const writeAndTidy = async (store: Store) => {
      for (let round = 0; round < 24; round++) {
        const ids = await store.deliveries.reserveIds(60)
        await writeRows(opened, ids)
        await tidy(store)
      }
    }
    await Promise.all(stores.map(writeAndTidy))
    const found = await rowsOf(opened, 'campaign_deliveries')
    expect(found.default).toBe(0)
    expect(Object.values(found).reduce((sum, n) => sum + n, 0)).toBe(2 * 24 * 60)
  })

  it('wait for nobody: while a lock is held tidying goes on without, and makes them the next time', async () => {
    const opened = await onServer()
    const { store, pool, schema } = opened
    await store.deliveries.reserveIds(600)
    const holder = await pool.connect()
    await holder.query(`begin; select from ${schema}.campaign_deliveries limit 1`)
    await tidy(store)
    expect(Object.keys(await rowsOf(opened, 'campaign_deliveries'))).toEqual(['default', 'first'])
    await holder.query('rollback')
    holder.release()
    await tidy(store)
    expect(Object.keys(await rowsOf(opened, 'campaign_deliveries'))).toEqual(['1000', 'default', 'first'])
  })

  it('go on beyond what the default holds when they were overrun', async () => {
    const opened = await onServer()
    const { store } = opened
    const ids = await store.deliveries.reserveIds(2_500)
    await writeRows(opened, ids.slice(-100))
    await tidy(store)
    expect(await rowsOf(opened, 'campaign_deliveries')).toEqual({ '3000': 0, default: 100, first: 0 })
    await writeRows(opened, (await store.deliveries.reserveIds(600)).slice(-50))
    expect(await rowsOf(opened, 'campaign_deliveries')).toEqual({ '3000': 50, default: 100, first: 0 })
  })

  it('are missed once out loud, as soon as housekeeping finds rows in the default', async () => {
    const opened = await onServer()
    const { store, schema, query } = opened
    await tidy(store)
    expect(warnings).toEqual([])
    await writeRows(opened, (await store.deliveries.reserveIds(2_500)).slice(-1))
    await tidy(store)
    await tidy(store)
    expect(warnings).toEqual([expect.stringContaining(`${schema}.campaign_deliveries_default`)])
    const again = await openedOn(opened.pool, schema)
    await tidy(again)
    expect(warnings).toHaveLength(2)
    await query(`delete from ${schema}.campaign_deliveries`)
    await tidy(await openedOn(opened.pool, schema))
    expect(warnings).toHaveLength(2)
  })

  it('begin with all that was written before there were any', async () => {
    const { schema, pool, query } = serverSchema()
    await pool.query(`create schema ${schema};
      create table ${schema}.migrations (number int primary key, oldest_reader int not null, applied_at timestamptz not null default now())`)
    for (const { number, script } of migrations.slice(0, 2)) {
      await pool.query(script(schema, { idsPerRange }))
      await pool.query(`insert into ${schema}.migrations values (${number}, 1)`)
    }
    await query(`select setval('${schema}.delivery_ids', 7300)`)
    await writeRows({ query, schema }, [1, 2_500, 7_300])
    const store = await openedOn(pool, schema)
    const parts = { schema, query }
    expect(await rowsOf(parts, 'campaign_deliveries')).toEqual({ default: 0, first: 3 })
    expect((await store.deliveries.get({ workspaceId, deliveryIds: [1, 2_500, 7_300] })).map(({ id }) => id)).toEqual([
      1, 2_500, 7_300,
    ])
    await writeRows(parts, await store.deliveries.reserveIds(400))
    await tidy(store)
    await writeRows(parts, await store.deliveries.reserveIds(500))
    expect(await rowsOf(parts, 'campaign_deliveries')).toEqual({ '8000': 201, default: 0, first: 702 })
  })

  it('keep room on their pages for settling', async () => {
    const { store, query, schema } = await onServer()
    await store.deliveries.reserveIds(600)
    await tidy(store)
    const options = await query<{ name: string; options: string[] | null }>(
      `select relname as name, reloptions as options from pg_class where relkind = 'r' and relnamespace = '${schema}'::regnamespace
       and relname like 'campaign\\_deliveries\\_%' order by 1`,
    )
    expect(options.map(({ name, options }) => [name, options])).toEqual(
      ['1000', 'default', 'first'].map((part) => [`campaign_deliveries_${part}`, ['fillfactor=60']]),
    )
  })

  it('are told from each other by an id as it is looked up, and each by its index', async () => {
    const opened = await onServer()
    const { store, pool, schema } = opened
    for (let round = 0; round < 8; round++) {
      await writeRows(opened, await store.deliveries.reserveIds(500))
      await tidy(store)
    }
    const client = await pool.connect()
    leftovers.push(async () => client.release(true))
    await client.query(`begin; ${plansByKey.join('; ')}; set local plan_cache_mode = force_generic_plan`)
    const plan = async (text: string) =>
      (await client.query(`explain (analyze, costs off, timing off, summary off) execute ${text}`)).rows
        .map((row) => row['QUERY PLAN'])
        .join('\n')
    await client.query(`prepare by_id(bigint) as select * from ${schema}.campaign_deliveries where id = $1`)
    const byId = await plan('by_id(1500)')
    expect(byId).toMatch(/Subplans Removed: \d/)
    expect(byId.match(/ on campaign_deliveries_/g)).toHaveLength(1)
    await client.query(
      `prepare by_ids(bigint[]) as select * from ${schema}.campaign_deliveries d join unnest($1) as t(id) on d.id = t.id`,
    )
    const byIds = await plan(`by_ids('{1,1500,1501}')`)
    expect(byIds).not.toContain('Seq Scan')
    expect(byIds.match(/Index Scan using \w+ on campaign_deliveries_\d/g)?.length).toBeGreaterThanOrEqual(3)
  })

  it('are of a size that an engine cannot leap over', () => {
    for (const wrong of [999, 0, -1, 1_500.5, Number.NaN])
      expect(() => pgliteStore({ dataDir: '', idsPerRange: wrong })).toThrow(ConfigurationError)
  })
})

describe('the oldest range of the history', () => {
  const dayMs = 24 * 60 * 60 * 1000
  const later = (days: number) => Date.now() + days * dayMs

  /** A store that keeps thirty days, and three ranges with deliveries of now, the first thousand of a run or in a state. */
  async function withHistory(first: { readonly recipientId?: number; readonly state?: string } = {}) {
    const opened = await onServer(30 * dayMs)
    const { store } = opened
    for (let round = 0; round < 5; round++) {
      await writeRows(opened, await store.deliveries.reserveIds(500), round === 0 ? first : {})
      await tidy(store)
    }
    return opened
  }

  const parts = async (opened: Opened) => Object.keys(await rowsOf(opened, 'campaign_deliveries'))
  const tidyAt = async (store: Store, now: number) => {
    for (let times = 0; times < 3; times++) await store.control.tidy({ now, keepKeysMs: 60_000 })
  }

  it('goes with all that belongs to its deliveries when it has had its time, and counters stay', async () => {
    const opened = await withHistory()
    const { store, query, schema } = opened
    const { run } = await claimOne(store)
    const counters = [{ campaignId: run.campaignId, stepId: 'welcome', name: 'delivery.sent', by: 2_500 }]
    await store.recipients.commit([aChange(run, {}, { counters })])
    const read = () => store.recipients.counters({ workspaceId, campaignId: run.campaignId })
    const before = await read()
    await query(`insert into ${schema}.provider_references select id, id from generate_series(1, 2500) id;
      insert into ${schema}.delivery_contents select id, 1, '{}' from generate_series(1, 2500) id;
      insert into ${schema}.reconciliations select id, now(), now() from generate_series(990, 1010) id`)
    await tidyAt(store, later(29))
    expect(await parts(opened)).toEqual(['1000', '2000', '3000', 'default', 'first'])
    await tidyAt(store, later(31))
    expect(await rowsOf(opened, 'campaign_deliveries')).toEqual({ '2000': 501, '3000': 0, default: 0 })
    await tidyAt(store, later(32))
    for (const [table, n] of [
      ['provider_references', 501],
      ['delivery_contents', 501],
      ['reconciliations', 0],
    ] as const)
      expect(await query(`select count(*)::int as n, min(delivery_id)::int as first from ${schema}.${table}`)).toEqual([
        { n, first: n === 0 ? null : 2_000 },
      ])
    expect(await read()).toEqual(before)
    expect(before.map(({ value }) => value)).toContain(2_500)
  })

  it('is looked through a bounded number of deliveries at a time', async () => {
    const { schema, pool, query } = serverSchema()
    const store = postgresStore({ pool, schema, clock: 'caller', idsPerRange: 50_000, keepDeliveriesMs: 30 * dayMs })
    await store.open()
    leftovers.push(() => store.close())
    await writeRows({ query, schema }, await store.deliveries.reserveIds(49_000))
    await tidy(store)
    await store.deliveries.reserveIds(2_000)
    const worked: number[] = []
    for (let times = 0; times < 4; times++)
      worked.push(await store.control.tidy({ now: later(31), keepKeysMs: 60_000 }))
    expect(worked).toEqual([20_000, 20_000, 1, 0])
    expect(await rowsOf({ query, schema }, 'campaign_deliveries')).toEqual({ '50000': 0, default: 0 })
  })

  it('stays while a delivery in it is open', async () => {
    for (const state of ['scheduled', 'sending', 'retry_wait', 'unknown']) {
      const opened = await withHistory({ state })
      await tidyAt(opened.store, later(90))
      expect(await parts(opened)).toContain('first')
      await opened.query(`update ${opened.schema}.campaign_deliveries set state = 'sent' where state = '${state}'`)
      await tidyAt(opened.store, later(91))
      expect(await parts(opened)).not.toContain('first')
    }
  })

  it('stays while a run that it belongs to is under way', async () => {
    const opened = await withHistory()
    const { run } = await claimOne(opened.store)
    await opened.query(`update ${opened.schema}.campaign_deliveries set recipient_id = ${run.id} where id = 700`)
    await tidyAt(opened.store, later(90))
    expect(await parts(opened)).toContain('first')
    const ended = { status: 'completed', endedAt: testStart, dueAt: null } as const
    await opened.store.recipients.commit([aChange(run, ended)])
    await tidyAt(opened.store, later(91))
    expect(await parts(opened)).not.toContain('first')
  })

  it('stays while a report about it waits to be taken in', async () => {
    const opened = await withHistory()
    const { store, query, schema } = opened
    await query(`insert into ${schema}.inbox (workspace_id, contact_id, received_at, kind, delivery_id, facts)
      values ('${workspaceId}', 'ana', now(), 'report', 5, '{}')`)
    await tidyAt(store, later(90))
    expect(await parts(opened)).toContain('first')
    await query(`delete from ${schema}.inbox`)
    await tidyAt(store, later(91))
    expect(await parts(opened)).not.toContain('first')
  })

  it('stays as long as a cap looks back', async () => {
    const opened = await withHistory()
    const { store } = opened
    const caps = [{ max: 1, per: 'P60D', outside: 'skip' as const }]
    await store.control.saveWorkspace({ workspaceId, settings: { ...defaultWorkspaceSettings, caps } })
    await tidyAt(store, later(59))
    expect(await parts(opened)).toContain('first')
    await tidyAt(store, later(62))
    expect(await parts(opened)).not.toContain('first')
  })

  it('is kept for ever unless the host says otherwise, and for thirty days at least', async () => {
    const opened = await onServer()
    for (let round = 0; round < 4; round++) {
      await writeRows(opened, await opened.store.deliveries.reserveIds(500))
      await tidy(opened.store)
    }
    await tidyAt(opened.store, later(5_000))
    expect(await parts(opened)).toContain('first')
    for (const keepDeliveriesMs of [0, -1, Number.NaN, 30 * dayMs - 1])
      expect(() => pgliteStore({ dataDir: '', keepDeliveriesMs })).toThrow(/keepDeliveriesMs is .*30 days/)
  })
})

/** Writes deliveries under these ids, of nobody unless told otherwise. */
async function writeRows(
  { query, schema }: Pick<Opened, 'query' | 'schema'>,
  ids: readonly number[],
  { recipientId = 0, state = 'sent' } = {},
): Promise<void> {
  const list = `unnest('{${ids.join(',')}}'::bigint[]) as t(id)`
  await query(
    `insert into ${schema}.campaign_deliveries (id, workspace_id, campaign_id, recipient_id, contact_id, kind, step_id, visit, channel, account,
       category, priority, state, planned_at, due_at, attempts, possible_duplicate, facts)
     select id, '${workspaceId}', 'onboarding', ${recipientId}, 'ana', 'message', 'welcome', 1, 'email', 'mail-account', 'marketing', 'normal', '${state}',
       now(), now(), 1, false, '{}' from ${list}`,
  )
}
