import type { ControlStore, TestSendPermit } from '@drumbeat/core'
import { instant, int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { holdGates } from './gates.js'

/**
 * In this order, each a statement of its own: the workspace's lock, so that two at once cannot both take the last of the budget; the
 * gate's shared lock and the gates; what has begun within the window; the row.
 */
export function permitTestSend(
  context: QueryContext,
  { workspaceId, account, now, permitMs, longestMs, budget, windowMs }: Parameters<ControlStore['permitTestSend']>[0],
): Promise<TestSendPermit> {
  const { database, s } = context
  return database.write(
    async (connection) => {
      const lock = `drumbeat/test-send/${s}/${workspaceId}`
      await connection.query(`select pg_advisory_xact_lock(hashtextextended($1::text, 0))`, [lock])
      const { at, gates } = await holdGates(context, connection, { workspaceIds: [workspaceId], now })
      if (gates.some(({ kind, ref }) => kind === 'workspace' || (kind === 'account' && ref === account))) {
        return { result: 'closed' }
      }
      const [last] = await connection.query<{ begunAt: number }>(
        `select ${ms('begun_at')} as "begunAt" from ${s}.test_sends
         where workspace_id = $1 and begun_at > $2::timestamptz order by begun_at desc offset $3::int limit 1`,
        [workspaceId, instant(at - windowMs), budget - 1],
      )
      if (last !== undefined) return { result: 'over_budget', retryAt: last.begunAt + windowMs }
      const permitUntil = at + permitMs
      const [row] = await connection.query<{ id: number }>(
        `insert into ${s}.test_sends (workspace_id, account, begun_at, permit_until, finished_at)
         values ($1, $2, $3::timestamptz, $4::timestamptz, $5::timestamptz) returning ${int('id')} as id`,
        [workspaceId, account, instant(at), instant(permitUntil), instant(at + longestMs)],
      )
      return { result: 'started', id: row?.id ?? 0, permitUntil }
    },
    { pool: 'control' },
  )
}

/** Marks a test send as finished; one that is finished, or of another workspace, stays as it is. */
export async function finishTestSend(
  { database, s, clock }: QueryContext,
  { workspaceId, id, now }: Parameters<ControlStore['finishTestSend']>[0],
): Promise<void> {
  await database.write(
    (connection) =>
      connection.query(
        `update ${s}.test_sends set finished_at = ${clock.stamp('$3')}
         where workspace_id = $1 and id = $2::bigint and finished_at > ${clock.stamp('$3')}`,
        [workspaceId, id, clock.named(now)],
      ),
    { pool: 'control' },
  )
}
