import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConflictError, type GateScope, type Owner, type Recipient, StorageError, type Store } from '@drumbeat/core'
import { aCampaign, aNewRun, anEvent, anIntent, aVersion, minute, testStart } from '@drumbeat/core/testing'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { lockDirectory } from '../src/connection/directory-lock.js'
import { type PostgresStoreOptions, pgliteStore, postgresStore } from '../src/index.js'
import { migrations } from '../src/schema/migrations.js'
import { memoryByOffsets } from '../src/tables/recipients/campaign-recipients.js'
import { newPool, newSchema, openPostgres } from './databases.js'

// What only a real server, or a second process, can show. One bad row in a batch that is settled is in the conformance suite.

type Pool = PostgresStoreOptions['pool']
type Opened = Awaited<ReturnType<typeof openPostgres>>

const workspaceId = 'acme'
const leaseMs = 60_000
const skewMs = 5_000
const permitMs = 3_000
const everything: GateScope = { workspaceId, kind: 'workspace', ref: '' }
const leftovers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

async function opened(options: Partial<PostgresStoreOptions> = {}): Promise<Opened> {
  const one = await openPostgres(options)
  leftovers.push(one.close)
  return one
}

/** Another engine's store: the same schema, through a pool of its own. */
async function secondStore(schema: string, wrap: (pool: pg.Pool) => Pool = (pool) => pool): Promise<Store> {
  const pool = newPool()
  const store = postgresStore({ pool: wrap(pool), schema, clock: 'caller' })
  await store.open()
  leftovers.push(async () => {
    await store.close()
    await pool.end()
  })
  return store
}

/** A session of the test's own, in a transaction that is rolled back in the end. */
async function rawTransaction(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect()
  await client.query('begin')
  leftovers.push(async () => {
    await client.query('rollback').catch(() => undefined)
    client.release(true)
  })
  return client
}

async function engine(store: Store, engineId: string, now = testStart): Promise<Owner> {
  const beat = await store.control.heartbeat({ engineId, epoch: null, leaseMs, now })
  return { engineId, epoch: beat?.epoch ?? 0 }
}

/** Begins a run per contact in a campaign. */
async function enroll(store: Store, contactIds: readonly string[], id = 'onboarding'): Promise<void> {
  const campaign = aCampaign({ workspaceId, id })
  await store.campaigns.save({ campaign, expectedRevision: null })
  await store.campaigns.publish(aVersion(campaign))
  await store.recipients.enroll({
    runs: contactIds.map((contactId) => aNewRun(campaign, contactId)),
    now: testStart,
  })
}

function claim(store: Store, owner: Owner, change: { readonly limit?: number; readonly now?: number } = {}) {
  return store.recipients.claimDue({ owner, now: testStart, limit: 100, skewMs, blocked: [], ...change })
}

async function intend(
  store: Store,
  owner: Owner,
  run: Recipient,
  change: { readonly now?: number; readonly guard?: Parameters<typeof anIntent>[2] } = {},
): Promise<string> {
  const { now = testStart, guard = { guard: null } } = change
  const [id = 0] = await store.deliveries.reserveIds(1)
  const intents = [anIntent(run, { id }, { now, ...guard })]
  const [result] = await store.deliveries.intend({ intents, owner, now, permitMs, timeoutMs: 5_000 })
  return result?.result ?? 'nothing'
}

function first<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('There is none.')
  return item
}

/** Resolves once a session waits for a lock of that kind that a transaction of ours holds. */
async function someoneWaits(pool: pg.Pool, schema: string): Promise<void> {
  for (let look = 0; look < 500; look++) {
    const { rows } = await pool.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()
       and (query like '%' || $1 || '%' or query like '%pg_advisory%')`,
      [schema],
    )
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('Nobody waits.')
}

function gateKey(schema: string): string {
  return `hashtextextended('drumbeat/gate/${schema}', 0)`
}

describe('the intent transaction', () => {
  it('sees a stop that commits while it waits for the gate', async () => {
    const { store, schema, pool } = await opened()
    const owner = await engine(store, 'a')
    await enroll(store, ['ana'])
    const run = first(await claim(store, owner))
    const stop = await rawTransaction(pool)
    await stop.query(`select pg_advisory_xact_lock(${gateKey(schema)})`)
    const intent = intend(store, owner, run)
    await someoneWaits(pool, schema)
    await stop.query(
      `insert into ${schema}.gates (workspace_id, kind, ref, epoch, closed_at) values ($1, 'workspace', '', 1, now())`,
      [workspaceId],
    )
    await stop.query('commit')
    expect(await intent).toBe('closed')
  })

  it('of a worker that freezes inside it does not hold up a stop for longer than the idle time-out', async () => {
    const { store, schema } = await opened()
    const freezer = freezing('pg_advisory_xact_lock_shared')
    const frozen = await secondStore(schema, freezer.wrap)
    const owner = await engine(store, 'a')
    await enroll(store, ['ana'])
    const run = first(await claim(store, owner))
    const intent = intend(frozen, owner, run).catch((error: unknown) => error)
    await freezer.isFrozen
    const begun = Date.now()
    await store.control.setGate({ scope: everything, closed: true, now: testStart })
    const tookMs = Date.now() - begun
    freezer.thaw()
    expect(tookMs).toBeGreaterThan(1_000)
    expect(tookMs).toBeLessThan(3_000)
    expect(await intent).toBeInstanceOf(StorageError)
    expect(await store.control.openAttempts({ scope: everything, now: testStart })).toEqual({
      inFlight: 0,
      permitted: 0,
    })
  })

  it('starts nothing for a contact of whom an event came in after the claim', async () => {
    const { store, schema, pool } = await opened()
    const owner = await engine(store, 'a')
    await enroll(store, ['ana'])
    const run = first(await claim(store, owner))
    const holder = await rawTransaction(pool)
    await holder.query(`select from ${schema}.campaign_recipients for update`)
    const intent = intend(store, owner, run)
    await someoneWaits(pool, schema)
    await store.inbox.append({ workspaceId, events: [anEvent('ana')], now: testStart })
    await holder.query('commit')
    expect(await intent).toBe('stale')
  })

  it('lets one of two engines through that race for the last place under a contact’s cap', async () => {
    const contactIds = Array.from({ length: 20 }, (_, index) => `c${index}`)
    const { store, schema } = await opened()
    const other = await secondStore(schema)
    const stores = [store, other]
    const owners = [await engine(store, 'a'), await engine(other, 'b')]
    await enroll(store, contactIds, 'one')
    await enroll(store, contactIds, 'two')
    const runs = await claim(store, first(owners))
    const guard = { guard: { caps: [{ max: 1, per: 'PT24H', outside: 'skip' as const }] } }
    expect(runs).toHaveLength(40)
    const races = await Promise.all(
      runs.map(async (run) => {
        const side = run.campaignId === 'one' ? 0 : 1
        const result = await intend(stores[side] ?? store, first(owners), run, { guard })
        return { contactId: run.contactId, result }
      }),
    )
    for (const contactId of contactIds) {
      const results = races.filter((race) => race.contactId === contactId).map(({ result }) => result)
      expect(results.sort()).toEqual(['refused', 'started'])
    }
  })

  it('refuses a claim that another engine has taken over', async () => {
    const { store, schema } = await opened()
    const other = await secondStore(schema)
    const slow = await engine(store, 'slow')
    await enroll(store, ['ana'])
    const run = first(await claim(store, slow))
    const quick = await engine(other, 'quick', testStart + leaseMs)
    expect(await claim(other, quick, { now: testStart + leaseMs + skewMs - 1 })).toEqual([])
    const now = testStart + leaseMs + skewMs + 1
    const taken = first(await claim(other, quick, { now }))
    const results = await Promise.all([
      intend(store, slow, run, { now }),
      intend(other, quick, taken, { now }),
      intend(store, slow, run, { now }),
    ])
    expect(results).toEqual(['stale', 'started', 'stale'])
  })
})

describe('claims', () => {
  it('are HOT updates: no index is written', async () => {
    const pool = newPool({ max: 1 })
    leftovers.push(() => pool.end())
    const { store, schema } = await opened({ pool })
    const owner = await engine(store, 'a')
    await enroll(store, [])
    const campaign = { workspaceId, id: 'onboarding' }
    await store.recipients.enroll({
      runs: Array.from({ length: 400 }, (_, index) =>
        aNewRun(campaign, `c${index}`, { dueAt: minute(-((index * 37) % 400)) }),
      ),
      now: testStart,
    })
    const before = await updatesOf(pool, schema)
    expect(await claim(store, owner, { limit: 40 })).toHaveLength(40)
    const after = await updatesOf(pool, schema)
    expect(after.all - before.all).toBe(40)
    expect(after.hot - before.hot).toBe(40)
  })
})

describe('lanes', () => {
  it('all get their turn, though more of them have a backlog than a claim has places', async () => {
    const { store } = await opened()
    const owner = await engine(store, 'a')
    for (let tenant = 0; tenant < 12; tenant++) {
      const campaign = aCampaign({ workspaceId: `tenant-${tenant}`, id: 'onboarding' })
      await store.campaigns.save({ campaign, expectedRevision: null })
      const runs = Array.from({ length: 10 }, (_, n) => aNewRun(campaign, `c${n}`, { dueAt: minute(-tenant) }))
      await store.recipients.enroll({ runs, now: testStart })
    }
    const served: string[] = []
    for (let round = 0; round < 3; round++)
      served.push(...(await claim(store, owner, { limit: 5 })).map((run) => run.workspaceId))
    expect(served).toHaveLength(15)
    expect(new Set(served).size).toBe(12)
  })
})

async function updatesOf(pool: pg.Pool, schema: string): Promise<{ readonly all: number; readonly hot: number }> {
  await pool.query('select pg_stat_force_next_flush()')
  const { rows } = await pool.query(
    `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables
     where schemaname = $1 and relname = 'campaign_recipients'`,
    [schema],
  )
  return rows[0]
}

describe('the schema', () => {
  it('is migrated once when twenty processes start together', async () => {
    const schema = newSchema()
    const pools = Array.from({ length: 20 }, () => newPool({ max: 2 }))
    leftovers.push(async () => {
      await first(pools).query(`drop schema if exists ${schema} cascade`)
      await Promise.all(pools.map((pool) => pool.end()))
    })
    const stores = pools.map((pool) => postgresStore({ pool, schema }))
    await Promise.all(stores.map((store) => store.open()))
    const { rows } = await first(pools).query(`select number from ${schema}.migrations order by number`)
    expect(rows.map(({ number }) => number)).toEqual(migrations.map(({ number }) => number))
    await Promise.all(stores.map((store) => store.close()))
  })

  it('takes over what runs remembered by instants and by the names of plans', async () => {
    const { store, schema, pool } = await opened()
    await enroll(store, ['ana'])
    const [run] = await store.recipients.ofContact({ workspaceId, contactId: 'ana' })
    const before = {
      base: 5_000,
      since: 7_000,
      visits: { welcome: 2 },
      plans: { '': { plannedAt: 5_000, dueAt: 6_000, state: 'open', deliveryId: 7, attempts: 1 } },
      path: [
        ['welcome', 5_000, 'start'],
        ['welcome', 6_500],
      ],
    }
    await pool.query(`update ${schema}.campaign_recipients set memory = $1`, [JSON.stringify(before)])
    await pool.query(memoryByOffsets(schema))
    const [taken] = await store.recipients.get({ workspaceId, recipientIds: [run?.id ?? 0] })
    expect(taken?.memory).toEqual({
      ...run?.memory,
      ...before,
      path: [
        { step: 'welcome', at: 5_000, via: 'start' },
        { step: 'welcome', at: 6_500, via: 'next' },
      ],
    })
  })

  it('of a newer build is left alone', async () => {
    const { schema, pool } = await opened()
    await pool.query(`insert into ${schema}.migrations (number, oldest_reader) values (999, 999)`)
    const older = postgresStore({ pool, schema })
    await expect(older.open()).rejects.toThrow(StorageError)
    await expect(older.open()).rejects.toThrow(/version 999/)
  })
})

describe('a pool that the host has ended', () => {
  it('is a storage error, of reads and of writes', async () => {
    const { schema } = await opened()
    const pool = newPool()
    const store = postgresStore({ pool, schema })
    await store.open()
    await pool.end()
    await expect(store.campaigns.live()).rejects.toThrow(StorageError)
    await expect(engine(store, 'a')).rejects.toThrow(StorageError)
    await store.close()
  })
})

describe('prepared statements', () => {
  const prepared = `select count(*)::int as n from pg_prepared_statements where name like 'drumbeat%'`
  const withOneSession = async (options: Partial<PostgresStoreOptions> = {}) => {
    const pool = newPool({ max: 1 })
    leftovers.push(() => pool.end())
    return { pool, store: (await opened({ pool, ...options })).store }
  }
  const readOften = async (store: Store) => {
    for (let time = 0; time < 5; time++) await store.contacts.get([{ workspaceId, contactId: 'ana' }])
  }

  it('are what comes again, and are done without for good once a session has lost them', async () => {
    const { pool, store } = await withOneSession()
    await readOften(store)
    expect((await pool.query(prepared)).rows[0].n).toBeGreaterThan(0)
    await pool.query('deallocate all')
    await readOften(store)
    expect((await pool.query(prepared)).rows[0].n).toBe(0)
  })

  it('of two stores on one pool have nothing to do with each other', async () => {
    const { pool, store } = await withOneSession()
    const other = (await opened({ pool })).store
    await readOften(store)
    await other.campaigns.live()
    await readOften(other)
    for (let time = 0; time < 5; time++) await other.campaigns.live()
    expect((await pool.query(prepared)).rows[0].n).toBeGreaterThan(1)
  })

  it('are not made when the host says so', async () => {
    const { store } = await withOneSession({ preparedStatements: false })
    // Not what sessions keep: behind a pooler, another test may have had this one before.
    const asked = vi.spyOn(pg.Client.prototype, 'query')
    leftovers.push(async () => asked.mockRestore())
    await readOften(store)
    expect(asked.mock.calls.length).toBeGreaterThan(4)
    expect(asked.mock.calls.filter(([statement]) => typeof statement === 'object' && 'name' in statement)).toEqual([])
  })
})

describe('a PGlite directory', () => {
  it('belongs to one process, and is free within a second after that was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drumbeat-pglite-'))
    leftovers.push(async () => rmSync(folder, { recursive: true, force: true }))
    const dataDir = join(folder, 'data')
    const script = fileURLToPath(new URL('./hold-directory.ts', import.meta.url))
    const args = ['--import', 'tsx', '--conditions=@drumbeat/source', script, dataDir]
    const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [said] = await once(holder.stdout, 'data')
      expect(String(said).trim()).toBe('open')
      const refused = await pgliteStore({ dataDir })
        .open()
        .catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(ConflictError)
      expect(refused).toMatchObject({ kind: 'store_locked' })
    } finally {
      const gone = once(holder, 'exit')
      holder.kill('SIGKILL')
      await gone
    }
    const begun = Date.now()
    const unlock = await lockedWithin(dataDir, 1_000)
    expect(Date.now() - begun).toBeLessThanOrEqual(1_000)
    await unlock()
    const store = pgliteStore({ dataDir })
    await store.open()
    expect(await store.control.workspace({ workspaceId })).not.toBeNull()
    await store.close()
  })
})

async function lockedWithin(directory: string, ms: number): Promise<() => Promise<void>> {
  const begun = Date.now()
  for (;;) {
    try {
      return await lockDirectory(directory)
    } catch (error) {
      if (Date.now() - begun > ms) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** As text, or with the name that it is prepared under. */
type Statement = string | { readonly text: string }

/** A pool whose session, once it has run a statement with these words in it, sends nothing more until it thaws: a frozen process. */
function freezing(words: string) {
  let thaw = (): void => {}
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve
  })
  let freeze = (): void => {}
  const isFrozen = new Promise<void>((resolve) => {
    freeze = resolve
  })
  const wrap = (pool: pg.Pool): Pool => ({
    query: (statement: Statement, values?: unknown[]) => pool.query(statement as string, values),
    on: (event, listener) => pool.on(event, listener),
    async connect() {
      const client = await pool.connect()
      let hold: Promise<void> = Promise.resolve()
      return {
        async query(statement: Statement, values?: unknown[]) {
          await hold
          const result = await client.query(statement as string, values)
          if ((typeof statement === 'string' ? statement : statement.text).includes(words)) {
            hold = thawed
            freeze()
          }
          return result
        },
        release: (destroy?: boolean) => client.release(destroy),
        on: (event: 'error', listener: (error: Error) => void) => client.on(event, listener),
        removeListener: (event: 'error', listener: (error: Error) => void) => client.removeListener(event, listener),
      }
    },
  })
  return { wrap, isFrozen, thaw: () => thaw() }
}
