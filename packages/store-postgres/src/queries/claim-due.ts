import type { Recipient, RecipientStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { int } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { ownerText, type RunRow, runColumns, runOf } from './run-rows.js'

type Request = Parameters<RecipientStore['claimDue']>[0]

/**
 * T0. Lanes with something due get equal shares; what one leaves over, a second pass gives to the others. Only the owner, the fence and the
 * count of claims are written, none of which is in an index. Runs are picked in the index's own order: a whole audience may be due at one
 * instant, and by any further order all of it would be sorted for each claim. A row that is locked does not move, so it is found again by
 * its place.
 */
export async function claimDue(context: QueryContext, request: Request): Promise<readonly Recipient[]> {
  const lanes = await lanesWithWork(context, request)
  if (lanes.length === 0) return []
  return context.database.write(async (connection) => {
    const share = Math.max(1, Math.ceil(request.limit / lanes.length))
    const first = await claim(context, connection, request, { lanes, perLane: share, limit: request.limit })
    // More lanes than places: those that got none come first the next time.
    context.lanes.lastServed = lanes.length > request.limit ? (lanes[request.limit - 1] ?? 0) : 0
    const left = request.limit - first.length
    const rest =
      left > 0 && lanes.length > 1
        ? await claim(context, connection, request, { lanes, perLane: left, limit: left })
        : []
    return [...first, ...rest]
  })
}

/** Claims that nobody may hold any more are as good as none: their engine's lease ended more than the skew ago. */
function unclaimed(s: string, now: string, skew: string): string {
  return `(r.owner is null or r.owner <> all(array(
    select e.epoch || ':' || e.engine_id from ${s}.engines e
    where e.lease_expires_at + ${skew}::float8 * interval '1 millisecond' >= ${now})))`
}

/** In the order of due times, because only so the index is read, and not a whole table in which nothing is due. */
async function lanesWithWork(
  { database, s, clock, lanes }: QueryContext,
  request: Request,
): Promise<readonly number[]> {
  const { blocked, now, skewMs } = request
  const everywhere = blocked.filter(({ workspaceId }) => workspaceId === null).map(({ channel }) => channel)
  const scoped = blocked.flatMap(({ workspaceId, channel }) =>
    workspaceId === null ? [] : [`${workspaceId}\u0001${channel}`],
  )
  const rows = await database.read<{ id: number }>(
    `select ${int('l.id')} as id from ${s}.lanes l
     where l.channel <> all($1::text[]) and l.workspace_id || chr(1) || l.channel <> all($2::text[]) and (
       select true from ${s}.campaign_recipients r
       where r.lane = l.id and r.ended_at is null and not r.parked and r.due_at <= ${clock.due('$3')} and ${unclaimed(s, clock.due('$3'), '$4')}
       order by r.due_at limit 1)
     order by array_position(array['immediate', 'normal', 'bulk'], l.priority), l.id <= $5::int, l.id`,
    [arrayLiteral(everywhere), arrayLiteral(scoped), clock.named(now), skewMs, lanes.lastServed],
  )
  return rows.map(({ id }) => id)
}

async function claim(
  { s, clock }: QueryContext,
  connection: Connection,
  { now, skewMs, owner }: Request,
  { lanes, perLane, limit }: { readonly lanes: readonly number[]; readonly perLane: number; readonly limit: number },
): Promise<readonly Recipient[]> {
  const rows = await connection.query<RunRow>(
    `with picked as materialized (
       select r.place from unnest($1::int[]) with ordinality as w(lane, n) cross join lateral (
         select r.ctid as place, r.id, r.due_at from ${s}.campaign_recipients r
         where r.lane = w.lane and r.ended_at is null and not r.parked and r.due_at <= ${clock.due('$2')}
           and ${unclaimed(s, clock.due('$2'), '$3')}
         order by r.due_at limit $4::int for update skip locked) r
       order by w.n, r.due_at, r.id limit $5::int),
     claimed as (
       update ${s}.campaign_recipients r set owner = $6, fence = r.fence + 1, claims = r.claims + 1
       from picked where r.ctid = picked.place returning r.*)
     select ${runColumns} from claimed r join ${s}.lanes l on l.id = r.lane
     order by array_position($1::int[], r.lane), r.due_at, r.id`,
    [arrayLiteral(lanes), clock.named(now), skewMs, perLane, limit, ownerText(owner)],
  )
  return rows.map(runOf)
}
