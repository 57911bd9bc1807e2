import { aCampaign, aNewRun, testStart } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { postgresStore } from '../src/index.js'
import { migrations } from '../src/schema/migrations.js'
import { newPool, newSchema, type OpenedStore, openPostgres } from './databases.js'

const workspaceId = 'acme'
const leftovers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

async function opened(): Promise<OpenedStore & Awaited<ReturnType<typeof openPostgres>>> {
  const store = await openPostgres()
  leftovers.push(store.close)
  return store
}

const contactsOf = async ({ store }: Pick<OpenedStore, 'store'>, campaignId: string) =>
  (await store.recipients.ofCampaign({ workspaceId, campaignId, limit: 100 })).map(({ contactId }) => contactId)

describe('blocks of ids', () => {
  it('tell whose the runs are that began before there were any', async () => {
    const pool = newPool()
    const schema = newSchema()
    await pool.query(`create schema ${schema};
      create table ${schema}.migrations (number int primary key, oldest_reader int not null, applied_at timestamptz not null default now())`)
    for (const { number, script } of migrations.filter(({ number: step }) => step < 11)) {
      await pool.query(script(schema, { idsPerRange: 1_000 }))
      await pool.query(`insert into ${schema}.migrations values (${number}, 1)`)
    }
    // Ids 3, 4, 5 and 7 are of one campaign, 6 is of the other.
    await pool.query(
      `insert into ${schema}.lanes (workspace_id, channel, priority) values ('acme', 'email', 'normal');
       select setval('${schema}.recipient_ids', 7);
       insert into ${schema}.campaign_entries
         select 'acme', 'c' || n, case n when 6 then 'other' else 'onboarding' end, '', 1, n from generate_series(3, 7) n;
       insert into ${schema}.campaign_recipients (id, workspace_id, campaign_id, contact_id, run_key, entry_no, version, status,
           enrolled_at, step_id, visit, waiting, due_at, lane, parked, memory, fence, claims)
         select recipient_id, workspace_id, campaign_id, contact_id, run_key, entry_no, 1, 'active',
           now(), 'welcome', 0, 'timer', now(), 1, false, '{}', 0, 0 from ${schema}.campaign_entries`,
    )
    const store = postgresStore({ pool, schema, clock: 'caller' })
    await store.open()
    leftovers.push(async () => {
      await store.close()
      await pool.query(`drop schema ${schema} cascade`)
      await pool.end()
    })
    const runs = [aNewRun(aCampaign({ workspaceId, id: 'onboarding' }), 'new')]
    const { enrolled } = await store.recipients.enroll({ runs, now: testStart })
    expect(enrolled.map(({ id }) => id > 7)).toEqual([true])
    expect(await contactsOf({ store }, 'onboarding')).toEqual(['c3', 'c4', 'c5', 'c7', 'new'])
    expect(await contactsOf({ store }, 'other')).toEqual(['c6'])
  })

  it('are of one campaign each, also of runs that begin in one call', async () => {
    const { store, schema, pool } = await opened()
    const [one, other] = [aCampaign({ workspaceId, id: 'one' }), aCampaign({ workspaceId, id: 'other' })]
    const runs = ['a', 'b', 'c'].flatMap((contactId) => [aNewRun(one, contactId), aNewRun(other, contactId)])
    const { enrolled } = await store.recipients.enroll({ runs, now: testStart })
    expect(enrolled).toHaveLength(6)
    expect(await contactsOf({ store }, 'one')).toEqual(['a', 'b', 'c'])
    expect(await contactsOf({ store }, 'other')).toEqual(['a', 'b', 'c'])
    const { rows } = await pool.query(
      `select campaign_id, last_id - first_id as more from ${schema}.recipient_blocks order by 1`,
    )
    expect(rows).toEqual([
      { campaign_id: 'one', more: '2' },
      { campaign_id: 'other', more: '2' },
    ])
  })

  it('are not kept when nobody begins', async () => {
    const { store, schema, pool } = await opened()
    const runs = [aNewRun(aCampaign({ workspaceId }), 'ana')]
    for (let times = 0; times < 3; times++) await store.recipients.enroll({ runs, now: testStart })
    const { rows } = await pool.query(`select count(*)::int as blocks from ${schema}.recipient_blocks`)
    expect(rows).toEqual([{ blocks: 1 }])
  })

  it('give a campaign page by page, each run once', async () => {
    const { store, schema, pool } = await opened()
    const campaign = aCampaign({ workspaceId })
    for (let from = 0; from < 3_000; from += 500) {
      const runs = Array.from({ length: 500 }, (_, nth) => aNewRun(campaign, `c${from + nth}`))
      await store.recipients.enroll({ runs, now: testStart })
    }
    const seen: string[] = []
    let after: string | undefined
    for (;;) {
      const page = await store.recipients.ofCampaign({
        workspaceId,
        campaignId: campaign.id,
        limit: 700,
        ...(after && { after }),
      })
      seen.push(...page.map(({ contactId }) => contactId))
      after = String(page.at(-1)?.id)
      if (page.length < 700) break
    }
    expect(new Set(seen).size).toBe(3_000)
    expect(seen).toHaveLength(3_000)
    const { rows } = await pool.query(`select count(*)::int as blocks from ${schema}.recipient_blocks`)
    expect(rows).toEqual([{ blocks: 6 }])
  })
})
