import type { Counter } from '@drumbeat/core'
import { postgresStore } from '@drumbeat/store-postgres'
import pg from 'pg'
import type { Place } from '../contestant.js'
import { engineOn, fill, mailsEach, workspaceId } from '../contestants/drumbeat-engine.js'
import type { Figure } from '../figure.js'
import { past, writePast } from '../past.js'

/** How long the funnel of a campaign takes to read, from its counters; it says what a count of all rows says. */
export const funnel: Figure = {
  name: `Funnel of ${past.toLocaleString('en')} deliveries`,
  unit: 'ms',
  higherIsBetter: false,
  long: true,
  measured: { Drumbeat: ({ servers }) => servers.inPlace(readFunnel) },
  ratios: [],
}

const reads = 100

async function readFunnel({ databaseUrl }: Place): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl })
  const store = postgresStore({ pool })
  await fill(store, mailsEach)
  await writePast(pool, store, past)
  await pool.query('vacuum analyze')
  const { campaigns } = engineOn(store).workspace(workspaceId)
  const [campaign] = await campaigns.list()
  if (campaign === undefined) throw new Error('There is no campaign.')
  let counted: readonly Counter[] = []
  const startedAt = performance.now()
  for (let read = 0; read < reads; read++) counted = await campaigns.counters(campaign.id)
  const tookMs = (performance.now() - startedAt) / reads
  for (const [name, where] of [
    ['delivery.sent', `state = 'sent'`],
    ['fact.delivered', `facts ? 'delivered'`],
  ]) {
    const { rows } = await pool.query<{ stepId: string; n: number }>(
      `select step_id as "stepId", count(*)::float8 as n from drumbeat.campaign_deliveries where ${where} group by 1`,
    )
    for (const { stepId, n } of rows) {
      const value = counted.find((one) => one.stepId === stepId && one.name === name)?.value
      if (value !== n) throw new Error(`The counters say ${value} for ${name} at ${stepId}, and there are ${n} rows.`)
    }
  }
  await pool.end()
  return tookMs
}
