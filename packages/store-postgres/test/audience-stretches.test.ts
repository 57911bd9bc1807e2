import { aCampaign, aNewRun, aVersion, minute, testStart } from '@drumbeat/core/testing'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { openPostgres } from './databases.js'
import { watchedPool } from './watched-pool.js'

// Large chunks of an audience enter in stretches, two at a time. What a chunk does whatever its size is in the conformance suite.

const workspaceId = 'acme'
const people = 12_000
/** How many enter in one transaction. The second stretch ends the audience. */
const stretch = 10_000
const campaign = aCampaign({ workspaceId, activation: { after: null, enrolled: 0 } })
const leftovers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Called before each statement of the store; may throw in its place. */
type Interference = (statement: string) => Promise<void>

/** A store with so many contacts of three zones, and a campaign whose snapshot is to be taken. */
async function crowded(before: Interference = async () => {}) {
  const failures: string[] = []
  const { store, schema, pool, close } = await openPostgres({}, {}, (inner) =>
    watchedPool(inner, { before: ({ text }) => before(text), failed: (message) => failures.push(message) }),
  )
  leftovers.push(close)
  await store.campaigns.save({ campaign, expectedRevision: null })
  await store.campaigns.publish(aVersion(campaign))
  await pool.query(
    `insert into ${schema}.contacts (workspace_id, contact_id, addresses, zone, attributes, tags, updated_at)
     select $1, 'c' || lpad(n::text, 5, '0'), '{}', (array['Europe/Berlin', 'Asia/Tokyo', null])[1 + n % 3], '{}', '{}', now()
     from generate_series(1, $2::int) n`,
    [workspaceId, people],
  )
  const enter = async (from: string | null = null) => {
    const { enrolled } = await store.recipients.enrollAudience({
      workspaceId,
      campaignId: campaign.id,
      from,
      limit: 2 * stretch,
      where: null,
      now: testStart,
      run: { version: 1, runKey: '', again: 'never' },
      begin: (zone) => {
        const { recipient } = aNewRun(campaign, '', { dueAt: minute(zone?.length ?? 0) })
        return { recipient, counters: [{ stepId: 'welcome', name: 'entered' }] }
      },
    })
    return enrolled
  }
  const counted = async () => {
    const { rows } = await pool.query(
      `select count(distinct contact_id)::int as contacts, count(*)::int as runs, count(distinct due_at)::int as times,
         (select count(*)::int from ${schema}.campaign_entries) as entries
       from ${schema}.campaign_recipients`,
    )
    const [counter] = await store.recipients.counters({ workspaceId, campaignId: campaign.id })
    return { ...rows[0], entered: counter?.value ?? 0 }
  }
  const activation = async () => (await store.campaigns.get({ workspaceId, campaignIds: [campaign.id] }))[0]?.activation
  return { pool, schema, store, failures, enter, counted, activation }
}

const everybody = { contacts: people, runs: people, entries: people, times: 3, entered: people }
const nobody = { contacts: 0, runs: 0, entries: 0, times: 0, entered: 0 }

describe('a large chunk of an audience', () => {
  it('enters in two transactions that are open at once, everybody once', async () => {
    let open = 0
    let mostOpen = 0
    const crowd = await crowded(async (statement) => {
      if (entersContacts(statement)) mostOpen = Math.max(mostOpen, ++open)
      if (movesCursor(statement)) open--
    })
    expect(await crowd.enter()).toBe(people)
    expect(mostOpen).toBe(2)
    expect(await crowd.counted()).toEqual(everybody)
    expect(await crowd.activation()).toBeNull()
  })

  it('leaves nobody entered behind a first stretch that fails, and enters whole when it is taken again', async () => {
    let failures = 1
    const crowd = await crowded(async (statement) => {
      if (movesCursor(statement) && failures-- > 0) throw new Error('no power')
    })
    await expect(crowd.enter()).rejects.toThrow('no power')
    expect(await crowd.counted()).toEqual(nobody)
    expect(await crowd.activation()).toEqual({ after: null, enrolled: 0 })
    expect(await crowd.enter()).toBe(people)
    expect(await crowd.counted()).toEqual(everybody)
  })

  it('keeps who entered before a stretch that fails, and goes on from there when it is taken again', async () => {
    let entering = 0
    const crowd = await crowded(async (statement) => {
      if (entersContacts(statement) && ++entering === 2) throw new Error('no power')
    })
    await expect(crowd.enter()).rejects.toThrow('no power')
    expect(await crowd.counted()).toMatchObject({
      contacts: stretch,
      runs: stretch,
      entries: stretch,
      entered: stretch,
    })
    const { after = null } = (await crowd.activation()) ?? {}
    expect(after).toBe('c10000')
    expect(await crowd.enter(after)).toBe(people - stretch)
    expect(await crowd.counted()).toEqual(everybody)
  })

  it('of which two engines take the same, and some contacts are in already, enters everybody once', async () => {
    const crowd = await crowded()
    const early = ['c00007', 'c08000', 'c11999']
    await crowd.store.recipients.enroll({ runs: early.map((id) => aNewRun(campaign, id)), now: testStart })
    const entered = await Promise.all([crowd.enter(), crowd.enter()])
    expect(entered.reduce((sum, by) => sum + by, 0)).toBe(people - early.length)
    expect(await crowd.counted()).toMatchObject({ contacts: people, runs: people, entries: people })
    expect(await crowd.activation()).toBeNull()
  })

  it('is left alone by an engine that comes once the first stretch is through, and neither waits for the other in vain', async () => {
    let asked = 0
    let other: Promise<number> | undefined
    const crowd = await crowded(async (statement) => {
      // The second stretch has entered everybody, and asks for the cursor.
      if (!statement.endsWith('for update') || ++asked !== 2) return
      await expect.poll(crowd.activation).toMatchObject({ enrolled: stretch })
      const { after = null } = (await crowd.activation()) ?? {}
      other = crowd.enter(after)
      await expect.poll(() => waiting(crowd.pool)).toBe(1)
    })
    expect(await crowd.enter()).toBe(people)
    expect(await other).toBe(0)
    expect(crowd.failures).toEqual([])
    expect(await crowd.counted()).toEqual(everybody)
  })

  it('enters contacts who move to another zone meanwhile', async () => {
    let move = async (): Promise<void> => {}
    const crowd = await crowded(async (statement) => {
      if (entersContacts(statement)) await move()
    })
    move = async () => {
      move = async () => {}
      await crowd.pool.query(
        `update ${crowd.schema}.contacts set zone = 'America/St_Johns' where contact_id in ('c00001', 'c11000')`,
      )
    }
    expect(await crowd.enter()).toBe(people)
    expect(await crowd.counted()).toEqual({ ...everybody, times: 4 })
  })

  it('enters contacts who come meanwhile, also more than a block has ids for', async () => {
    const late = 9_000
    let entering = 0
    const crowd = await crowded(async (statement) => {
      // The second stretch has no end, for there was nobody behind it.
      if (entersContacts(statement) && ++entering === 2) await come()
    })
    const come = () =>
      crowd.pool.query(
        `insert into ${crowd.schema}.contacts select workspace_id, 'd' || contact_id, addresses, zone, locale, attributes, tags, updated_at
         from ${crowd.schema}.contacts limit ${late}`,
      )
    expect(await crowd.enter()).toBe(people + late)
    expect(await crowd.counted()).toMatchObject({
      contacts: people + late,
      runs: people + late,
      entered: people + late,
    })
    const { rows } = await crowd.pool.query(
      `select sum(last_id - first_id + 1)::int as ids from ${crowd.schema}.recipient_blocks`,
    )
    expect(rows).toEqual([{ ids: people + late }])
    expect(await crowd.activation()).toBeNull()
  })
})

const entersContacts = (statement: string): boolean => statement.startsWith('with block')
const movesCursor = (statement: string): boolean => statement.startsWith('update') && statement.includes('.campaigns')

/** How many sessions wait for a lock. */
async function waiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  )
  return rows[0].n
}
