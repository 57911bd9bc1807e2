import { aCampaign, aNewRun, aVersion, testStart } from '@drumbeat/core/testing'
import type pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { plansByKey } from '../src/sql/by-index.js'
import { openPostgres } from './databases.js'
import { type Asked, watchedPool } from './watched-pool.js'

// A batch that is enrolled costs the same beside few entries and beside many, and before anybody has told the planner of either.

const workspaceId = 'acme'
const batchSize = 1_000
const leftovers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

describe('a batch of runs that are enrolled', () => {
  it('looks at no entries but those of its own contacts, however many there are and whatever the statistics say', async () => {
    const asked: Asked[] = []
    const { store, schema, pool, close } = await openPostgres({}, {}, (inner) =>
      watchedPool(inner, { before: async (statement) => void asked.push(statement) }),
    )
    leftovers.push(close)
    const campaign = aCampaign({ workspaceId })
    await store.campaigns.save({ campaign, expectedRevision: null })
    await store.campaigns.publish(aVersion(campaign))
    for (let batch = 0; batch < 4; batch++) {
      const ids = Array.from({ length: batchSize }, (_, index) => `c${batch * batchSize + index}`)
      const runs = ids.map((contactId) => aNewRun(campaign, contactId))
      const { enrolled } = await store.recipients.enroll({ runs, now: testStart })
      expect(enrolled).toHaveLength(batchSize)
    }
    const looks = asked.filter(({ text }) => text.startsWith('select t.n'))
    expect(looks).toHaveLength(4)
    for (const analyzed of [false, true]) {
      if (analyzed) await pool.query(`analyze ${schema}.campaign_entries, ${schema}.campaign_recipients`)
      for (const look of looks) expect(await entriesRead(pool, look)).toBe(batchSize)
    }
  })
})

interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** How many entries a statement of ours looks at, planned as in our own transactions. */
async function entriesRead(pool: pg.Pool, { text, values }: Asked): Promise<number> {
  const client = await pool.connect()
  try {
    await client.query(`begin; ${plansByKey.join('; ')}`)
    const { rows } = await client.query(`explain (analyze, timing off, format json) ${text}`, values)
    await client.query('rollback')
    return readBy(rows[0]['QUERY PLAN'][0].Plan)
  } finally {
    client.release()
  }
}

function readBy(node: PlanNode): number {
  const own = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
  const here = node['Relation Name'] === 'campaign_entries' ? own * node['Actual Loops'] : 0
  return (node.Plans ?? []).reduce((sum, part) => sum + readBy(part), here)
}
