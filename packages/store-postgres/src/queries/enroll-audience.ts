import type { InboxStore, RecipientStore, ZoneBeginning } from '@drumbeat/core'
import type { Connection, Param } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { fromJson } from '../sql/json.js'
import { int } from '../sql/values.js'
import { boundAfter, filterOf, idsSatisfying } from './audience.js'
import { count } from './changes.js'
import type { QueryContext } from './context.js'
import { movingCursor } from './enroll.js'
import { appendEntries } from './outbox-writes.js'
import { type RunRow, type RunState, runColumns, runOf, stateColumns } from './run-rows.js'

type Request = Parameters<RecipientStore['enrollAudience']>[0]

/** How runs of one zone begin. */
interface ZoneRow extends RunState {
  readonly zone: string | null
  /** Its place among the zones. */
  readonly n: number
}

const states = Object.keys(stateColumns).join(', ')
const zoneRows = batch<ZoneRow>({
  zone_key: ['text', ({ zone }) => (zone === null ? '' : `=${zone}`)],
  n: ['int', ({ n }) => n],
  ...stateColumns,
})

/** The contacts of one chunk, as a condition on `c` whose parameters come first in a statement. */
interface Chunk {
  readonly text: string
  readonly values: readonly Param[]
}

/** Begins the runs of an audience's next contacts where they lie: nobody is read into the process, unless SQL cannot say who is in it. */
export async function enrollAudience(
  context: QueryContext,
  events: InboxStore['events'],
  request: Request,
): Promise<{ readonly enrolled: number }> {
  const { workspaceId, campaignId, from, limit, where } = request
  const to = await boundAfter(context, workspaceId, { after: from, count: limit })
  const range = { workspaceId, after: from, end: to }
  const { isExact } = filterOf(where, context.s, 1)
  const ids = isExact || where === null ? null : await idsSatisfying(context, events, { ...range, where })
  return context.database.write(async (connection) => {
    let enrolled = 0
    await movingCursor(context, connection, { workspaceId, campaignId, from, to }, async () => {
      const entered = await enterAll(context, connection, request, range, ids)
      const counted = entered.map(({ counters, by }) => ({
        workspaceId,
        counters: counters.map((counter) => ({ ...counter, campaignId, by })),
      }))
      await count(connection, context.s, counted)
      enrolled = entered.reduce((sum, { by }) => sum + by, 0)
      return enrolled
    })
    return { enrolled }
  })
}

interface Range {
  readonly workspaceId: string
  readonly after: string | null
  readonly end: string | null
}

/** Enters the contacts of a range, and says how many entered by zone. */
async function enterAll(
  context: QueryContext,
  connection: Connection,
  request: Request,
  range: Range,
  ids: readonly string[] | null,
): Promise<readonly { readonly counters: ZoneBeginning['counters']; readonly by: number }[]> {
  const zones = await zonesOf(context, connection, range)
  const beginnings = zones.map((zone) => ({ zone, ...request.begin(zone) }))
  const rows = await zoneRowsOf(context, connection, request.workspaceId, beginnings)
  const entered = new Map<number, number>()
  let wanted = ids
  for (;;) {
    const found = await enter(context, connection, request, chunkOf(context, request, range, wanted), rows)
    for (const { n, by } of found) entered.set(n, (entered.get(n) ?? 0) + by)
    await tellOf(
      context,
      connection,
      found.flatMap(({ begun }) => idsOf(begun)),
      request.onEntry,
    )
    // Somebody entered at the same moment: those who may enter again are looked at again, now that it can be seen.
    const beaten = found.flatMap(({ beaten }) => idsOf(beaten))
    if (beaten.length === 0 || request.run.again === 'never') break
    wanted = beaten
  }
  return [...entered].map(([n, by]) => ({ counters: beginnings[n]?.counters ?? [], by }))
}

async function zonesOf({ s }: QueryContext, connection: Connection, { workspaceId, after, end }: Range) {
  const rows = await connection.query<{ zone: string | null }>(
    `select distinct zone from ${s}.contacts
     where workspace_id = $1 and contact_id > $2 and ($3::text is null or contact_id <= $3)`,
    [workspaceId, after ?? '', end],
  )
  return rows.map(({ zone }) => zone)
}

async function zoneRowsOf(
  { lanes }: QueryContext,
  connection: Connection,
  workspaceId: string,
  beginnings: readonly (ZoneBeginning & { readonly zone: string | null })[],
): Promise<readonly ZoneRow[]> {
  const laned = beginnings.map(({ recipient: { lane } }) => ({ workspaceId, lane }))
  const laneOf = await lanes.of(connection, laned)
  return beginnings.map(({ zone, recipient }, n) => {
    return { zone, n, run: { recipient }, lane: laneOf({ workspaceId, lane: recipient.lane }) }
  })
}

function chunkOf(
  { s }: QueryContext,
  { where }: Request,
  { workspaceId, after, end }: Range,
  ids: readonly string[] | null,
): Chunk {
  const filter = filterOf(where, s, 5)
  return {
    text: `c.workspace_id = $1 and c.contact_id > $2 and ($3::text is null or c.contact_id <= $3)
      and ($4::text[] is null or c.contact_id = any($4::text[])) and ${filter.text}`,
    values: [workspaceId, after ?? '', end, ids === null ? null : arrayLiteral(ids), ...filter.values],
  }
}

/** Writes what is to be told of runs that began. */
async function tellOf(
  context: QueryContext,
  connection: Connection,
  ids: readonly string[],
  onEntry: Request['onEntry'],
): Promise<void> {
  if (ids.length === 0) return
  const { s } = context
  const rows = await connection.query<RunRow>(
    `select ${runColumns} from ${s}.campaign_recipients r join ${s}.lanes l on l.id = r.lane
     where r.id = any($1::bigint[]) order by r.id`,
    [arrayLiteral(ids)],
  )
  await appendEntries(context, connection, rows.map(runOf), onEntry)
}

const idsOf = (json: string | null): readonly string[] => (json === null ? [] : fromJson<readonly string[]>(json))

/** Who of a zone entered. */
interface Entered {
  /** The zone's place. */
  readonly n: number
  readonly by: number
  /** Contacts whose place was taken at the same moment, as JSON. */
  readonly beaten: string | null
  /** The runs, as JSON, where they are to be told of. */
  readonly begun: string | null
}

/** One statement: whoever may enter gets an entry, and with it a run. The primary key of the entries has the last word. */
async function enter(
  { s }: QueryContext,
  connection: Connection,
  { campaignId, run, onEntry }: Request,
  chunk: Chunk,
  zones: readonly ZoneRow[],
): Promise<readonly Entered[]> {
  const first = chunk.values.length + 1
  const [campaign, key, version] = [0, 1, 2].map((nth) => `$${first + zoneRows.size + nth}`)
  const entries = `select max(e.entry_no) as last, bool_or(r.ended_at is null) as live
    from ${s}.campaign_entries e join ${s}.campaign_recipients r on r.id = e.recipient_id
    where e.workspace_id = c.workspace_id and e.contact_id = c.contact_id and e.campaign_id = ${campaign} and e.run_key = ${key}`
  const before = run.again === 'never' ? '' : `cross join lateral (${entries}) before`
  const entryNo = run.again === 'never' ? '1' : 'coalesce(before.last, 0) + 1'
  const begun =
    onEntry === undefined ? 'null' : `json_agg(recipient_id::text) filter (where recipient_id is not null)::text`
  const allowed = run.again === 'afterExit' ? 'and not coalesce(before.live, false)' : ''
  return connection.query(
    `with chosen as materialized (
       select c.workspace_id, c.contact_id, ${entryNo} as entry_no, nextval('${s}.recipient_ids') as id, z.n
       from ${s}.contacts c join ${zoneRows.from('z', first)} on z.zone_key = coalesce('=' || c.zone, '') ${before}
       where ${chunk.text} ${allowed} order by c.contact_id),
     entered as (
       insert into ${s}.campaign_entries (workspace_id, contact_id, campaign_id, run_key, entry_no, recipient_id)
       select workspace_id, contact_id, ${campaign}::text, ${key}::text, entry_no, id from chosen
       on conflict do nothing returning recipient_id),
     begun as (
       insert into ${s}.campaign_recipients (id, workspace_id, campaign_id, contact_id, run_key, entry_no, version, ${states}, fence, claims)
       select id, workspace_id, ${campaign}, contact_id, ${key}, entry_no, ${version}::int, ${states}, 0, 0
       from chosen join entered on recipient_id = id join ${zoneRows.from('z', first)} using (n))
     select n, ${int('count(recipient_id)')} as by, ${begun} as begun, json_agg(contact_id) filter (where recipient_id is null)::text as beaten
     from chosen left join entered on recipient_id = id group by n`,
    [...chunk.values, ...zoneRows.params(zones), campaignId, run.runKey, run.version],
  )
}
