import type { Counter, InboxStore, Instant, Parking, Recipient, RecipientStore, Standing } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { int, ms } from '../sql/values.js'
import { applyChanges } from './changes.js'
import { claimDue } from './claim-due.js'
import type { QueryContext } from './context.js'
import { enroll } from './enroll.js'
import { enrollAudience } from './enroll-audience.js'
import { covers, holdGates } from './gates.js'
import { firstDue } from './next-work.js'
import { appendEntries } from './outbox-writes.js'
import { limitOf } from './page.js'
import { runsOfCampaign } from './recipient-blocks.js'
import { type RunRow, runColumns, runOf } from './run-rows.js'

const claimRows = batch<{ readonly workspaceId: string; readonly recipientId: number; readonly fence: number }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  id: ['bigint', ({ recipientId }) => recipientId],
  fence: ['bigint', ({ fence }) => fence],
})

/** The runs of contacts through campaigns. `events` reads what audiences may ask for. */
export function recipientQueries(context: QueryContext, events: InboxStore['events']): RecipientStore {
  const { database, s } = context
  const from = `${s}.campaign_recipients r join ${s}.lanes l on l.id = r.lane`
  const read = async (where: string, params: Parameters<typeof database.read>[1]): Promise<readonly Recipient[]> =>
    (await database.read<RunRow>(`select ${runColumns} from ${from} where ${where}`, params)).map(runOf)
  return {
    enroll: (request) =>
      database.write(
        async (connection) => {
          const begun = await enroll(context, connection, request)
          await appendEntries(context, connection, begun.enrolled, request.onEntry)
          return begun
        },
        { tx: request.tx },
      ),
    enrollAudience: (request) => enrollAudience(context, events, request),
    claimDue: (request) => claimDue(context, request),
    async release(claims) {
      if (claims.length === 0) return
      await database.write((connection) =>
        connection.query(
          `update ${s}.campaign_recipients r set owner = null, fence = r.fence + 1, claims = greatest(0, r.claims - 1)
           from ${claimRows.from('t')} where r.id = t.id and r.workspace_id = t.workspace_id and r.fence = t.fence and r.owner is not null`,
          claimRows.params(claims),
        ),
      )
    },
    async commit(changes) {
      if (changes.length === 0) return []
      return database.write((connection) => applyChanges(context, connection, changes, latestOf(context)))
    },
    async park(parkings) {
      if (parkings.length === 0) return []
      return database.write((connection) => park(context, connection, parkings))
    },
    get: ({ workspaceId, recipientIds }) =>
      read(`r.workspace_id = $1 and r.id = any($2::bigint[]) order by r.id`, [workspaceId, arrayLiteral(recipientIds)]),
    ofContact: ({ workspaceId, contactId, campaignId }) =>
      read(
        `r.id in (select recipient_id from ${s}.campaign_entries where workspace_id = $1 and contact_id = $2
           and ($3::text is null or campaign_id = $3)) order by r.id`,
        [workspaceId, contactId, campaignId ?? null],
      ),
    ofCampaign: async (request) => {
      const { workspaceId, campaignId, live, status, parked, stepId, after } = request
      const wanted = [live ?? null, parked ?? null, stepId ?? null, status ?? null]
      const ours = runsOfCampaign(
        s,
        `r.id > $3::bigint and ($4::boolean is null or (r.status = 'active') = $4) and ($5::boolean is null or r.parked = $5)
           and ($6::text is null or r.step_id = $6) and ($7::text is null or r.status = $7)`,
      )
      const rows = await database.readByKey<RunRow>(
        `select ${runColumns} from ${ours} join ${s}.lanes l on l.id = r.lane where b.last_id > $3::bigint order by b.first_id, r.id limit $8::int`,
        [workspaceId, campaignId, Number(after ?? 0), ...wanted, limitOf(request)],
      )
      return rows.map(runOf)
    },
    standing: ({ workspaceId, campaignId }) =>
      database.readByKey<Standing>(
        `select ${int('r.version')} as version, r.step_id as "stepId", ${int('count(*)')} as runs
         from ${runsOfCampaign(s, `r.status = 'active'`)} group by r.version, r.step_id order by r.version, r.step_id collate "C"`,
        [workspaceId, campaignId],
      ),
    async nextDueAt() {
      const [row] = await database.read<{ at: number | null }>(`select ${ms(`(${firstDue(s)})`)} as at`)
      return row?.at ?? null
    },
    counters: async ({ workspaceId, campaignId }) =>
      database.read<Counter>(
        `select step_id as "stepId", name, ${int('sum(value)')} as value from (
           select step_id, name, value from ${s}.counters where workspace_id = $1 and campaign_id = $2
           union all
           select step_id, name, by from ${s}.counter_deltas where workspace_id = $1 and campaign_id = $2) x
         group by step_id, name order by step_id, name`,
        [workspaceId, campaignId],
      ),
  }
}

/** The latest instant that any call has named, for calls that name none. */
export function latestOf({ clock }: QueryContext): number {
  const named = clock.unnamed()
  return named === null ? Date.now() : Date.parse(named)
}

/** Runs first, then the gates: every transaction locks in this order. */
async function park(context: QueryContext, connection: Connection, parkings: readonly Parking[]) {
  const claims = parkings.map(({ change: { workspaceId, recipientId, expectedFence } }) => ({
    workspaceId,
    recipientId,
    fence: expectedFence,
  }))
  await connection.query(
    `select from ${context.s}.campaign_recipients r join ${claimRows.from('t')}
       on r.id = t.id and r.workspace_id = t.workspace_id and r.fence = t.fence order by r.id for update of r`,
    claimRows.params(claims),
  )
  const now: Instant = latestOf(context)
  const workspaceIds = claims.map(({ workspaceId }) => workspaceId)
  const { gates } = await holdGates(context, connection, { workspaceIds, now })
  const changes = parkings.map(({ change, account }) => {
    const { workspaceId, recipient } = change
    const parked = gates.some((gate) => covers(gate, { ...recipient, workspaceId, account }))
    return { ...change, recipient: { ...recipient, parked } }
  })
  return applyChanges(context, connection, changes, now)
}
