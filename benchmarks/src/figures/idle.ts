import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import { engineOn, fill, workspaceId } from '../contestants/drumbeat-engine.js'
import type { Bench, Figure } from '../figure.js'
import { copyPerson } from '../many-rows.js'

const people = 1_000_000
const seconds = 10
let last: { readonly corePercent: number; readonly queries: number } | undefined

/** What an engine costs while a million people wait and nothing is due: its own processor time, and its queries. */
export const idle: Figure = {
  name: `Idle engine, ${people.toLocaleString('en')} people waiting`,
  unit: '% of a core, queries per second',
  higherIsBetter: false,
  long: true,
  measured: {
    '% of a core': async (bench) => {
      last = await measure(bench)
      return last.corePercent
    },
    'queries per second': async () => last?.queries ?? Number.NaN,
    'goal for the core': async () => 1,
    'goal for queries': async () => 2,
  },
  ratios: [
    { name: 'within 1 % of a core', of: ['% of a core'], to: ['goal for the core'], goal: 1 },
    { name: 'within 2 queries a second', of: ['queries per second'], to: ['goal for queries'], goal: 1 },
  ],
}

async function measure({ servers }: Bench): Promise<{ readonly corePercent: number; readonly queries: number }> {
  return servers.inPlace(async ({ databaseUrl }) => {
    const pool = new pg.Pool({ connectionString: databaseUrl, pipeline: true })
    const store = postgresStore({ pool })
    await fill(store, 4)
    // The one run, a million times, due in a month: what an activation would leave, made in a few statements.
    await copyPerson(pool, people, `now() + interval '30 days'`)
    await pool.query('vacuum analyze')
    const drumbeat = engineOn(store, { batchSize: 500, maxInFlight: 200 })
    await drumbeat.start()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await pool.query('create extension if not exists pg_stat_statements')
    await pool.query(
      'select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)',
    )
    const before = process.cpuUsage()
    const startedAt = performance.now()
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    const { user, system } = process.cpuUsage(before)
    const elapsedMs = performance.now() - startedAt
    const { rows } = await pool.query(
      `select sum(calls)::int as calls from pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database()) and query !~* 'pg_stat_statements|^(begin|set|commit)'`,
    )
    await drumbeat.workspace(workspaceId).emergencyStop()
    await drumbeat.close()
    await pool.end()
    return { corePercent: (user + system) / 10 / elapsedMs, queries: (rows[0].calls * 1000) / elapsedMs }
  })
}
