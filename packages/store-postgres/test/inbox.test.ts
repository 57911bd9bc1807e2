import type { Store } from '@drumbeat/core'
import { aCampaign, aNewRun, anEvent, anIntent, aVersion, minute, testStart } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { openPglite, openPostgres } from './databases.js'

const workspaceId = 'acme'
const campaign = aCampaign({ workspaceId, id: 'onboarding' })
const leftovers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0)) await clean()
})

/** Deliveries under way, one per contact. */
async function deliveriesOf(store: Store, contactIds: readonly string[]): Promise<readonly number[]> {
  await store.campaigns.save({ campaign, expectedRevision: null })
  await store.campaigns.publish(aVersion(campaign))
  await store.recipients.enroll({ runs: contactIds.map((one) => aNewRun(campaign, one)), now: testStart })
  const beat = await store.control.heartbeat({ engineId: 'one', epoch: null, leaseMs: 60_000, now: testStart })
  const owner = { engineId: 'one', epoch: beat?.epoch ?? 0 }
  const runs = await store.recipients.claimDue({ owner, now: testStart, limit: 100, skewMs: 0, blocked: [] })
  const ids = await store.deliveries.reserveIds(runs.length)
  const intents = runs.map((run, index) => anIntent(run, { id: ids[index] ?? 0 }))
  await store.deliveries.intend({ owner, intents, now: testStart, permitMs: 3_000, timeoutMs: 10_000 })
  return ids
}

const reportOf = (id: number, key: string, at = testStart, kind: 'delivered' | 'opened' = 'delivered') => ({
  dedupeKey: key,
  delivery: { id },
  facts: [{ kind, at }],
})

const append = (store: Store, reports: readonly ReturnType<typeof reportOf>[]) =>
  store.inbox.appendReports({ workspaceId, reports, now: testStart, parkMs: 60_000 })

describe.each([
  ['PostgreSQL', openPostgres],
  ['PGlite', openPglite],
])('the inbox on %s', (_name, open) => {
  const opened = async (): Promise<Store> => {
    const { store, close } = await open()
    leftovers.push(close)
    return store
  }

  it('gives a backlog its places, however long it is', async () => {
    const store = await opened()
    const ids = Array.from({ length: 12_000 }, (_, n) => `e${String(n).padStart(5, '0')}`)
    const events = ids.map((id) => anEvent('ana', { id, name: id < 'e06000' ? 'early' : 'late' }))
    await store.inbox.append({ workspaceId, events, now: testStart })
    const { items } = await store.inbox.peek({ limit: 20_000 })
    expect(items.map((item) => item.kind === 'event' && item.event.id)).toEqual(ids)
    const found = await store.inbox.events([{ workspaceId, contactId: 'ana', names: ['late'] }])
    expect([...found.values()].flat().map(({ id }) => id)).toEqual(ids.slice(-1_000))
  })

  it('keeps an event before the reports that came after it, though it has its number later', async () => {
    const store = await opened()
    const [id = 0] = await deliveriesOf(store, ['ana'])
    await append(store, [reportOf(id, 'first')])
    await store.inbox.append({ workspaceId, events: [anEvent('ana', { id: 'e1' })], now: testStart })
    await append(store, [reportOf(id, 'second'), reportOf(id, 'third')])
    await store.inbox.contactsChanged({ workspaceId, contactIds: ['ana'], now: testStart })
    const kinds = async (limit: number) => (await store.inbox.peek({ limit })).items.map(({ kind }) => kind)
    expect(await kinds(100)).toEqual(['report', 'event', 'report', 'report', 'contact_changed'])
    expect(await kinds(2)).toEqual(['report', 'event'])
  })

  it('keeps each fact at its earliest time, and writes nothing that is known', async () => {
    const store = await opened()
    const [id = 0, other = 0] = await deliveriesOf(store, ['ana', 'ben'])
    const takeIn = async (reports: readonly ReturnType<typeof reportOf>[]) => {
      await append(store, reports)
      const { items, runs } = await store.inbox.peek({ limit: 100 })
      const contacts = new Set(items.map(({ contactId }) => contactId))
      const nothing = { permissions: [], counters: [], changes: [], newRuns: [] }
      await store.inbox.ingest(
        [...contacts].map((contactId) => {
          const mine = items.filter((item) => item.contactId === contactId)
          return {
            ...nothing,
            workspaceId,
            contactId,
            seqs: mine.map(({ seq }) => seq),
            expected: runs.filter((run) => run.contactId === contactId),
            facts: mine.flatMap((item) => (item.kind === 'report' ? [item] : [])),
          }
        }),
      )
      const deliveries = await store.deliveries.get({ workspaceId, deliveryIds: [id, other] })
      return deliveries.map(({ facts }) => facts)
    }
    await takeIn([reportOf(id, '1', minute(5)), reportOf(other, '2', minute(1))])
    await takeIn([reportOf(id, '3', minute(9)), reportOf(id, '4', minute(7), 'opened')])
    const facts = await takeIn([reportOf(id, '5', minute(3)), reportOf(other, '6', minute(1))])
    expect(facts).toEqual([{ delivered: minute(3), opened: minute(7) }, { delivered: minute(1) }])
  })
})

it('finds a report that was parked while its delivery was being settled, and is not handed it twice', async () => {
  const { store, schema, pool, close } = await openPostgres()
  leftovers.push(close)
  const [id = 0] = await deliveriesOf(store, ['ana'])
  // What two transactions leave that did not see each other: the report waits, and its delivery is known by the provider's id.
  await append(store, [reportOf(id + 1_000, 'by id')])
  await pool.query(`update ${schema}.parked_reports set delivery_id = $1`, [id])
  const tidy = () => store.control.tidy({ now: testStart, keepKeysMs: 60_000 })
  await Promise.all([tidy(), tidy()])
  const { items } = await store.inbox.peek({ limit: 10 })
  expect(items).toMatchObject([{ kind: 'report', deliveryId: id, contactId: 'ana' }])
  await pool.query(`insert into ${schema}.parked_reports (workspace_id, channel, provider_id, hash, facts, received_at, expires_at)
    select workspace_id, channel, 'theirs', hashtextextended(workspace_id || chr(1) || channel || chr(1) || 'theirs', 0), '[]', now(), 'infinity'
    from ${schema}.campaign_deliveries where id = ${id}`)
  await tidy()
  expect((await store.inbox.peek({ limit: 10 })).items).toHaveLength(1)
  await pool.query(`update ${schema}.campaign_deliveries set provider_id = 'theirs' where id = ${id}`)
  await pool.query(
    `insert into ${schema}.provider_references (hash, delivery_id) select hash, ${id} from ${schema}.parked_reports`,
  )
  await tidy()
  expect((await store.inbox.peek({ limit: 10 })).items).toMatchObject([{ deliveryId: id }, { deliveryId: id }])
})
