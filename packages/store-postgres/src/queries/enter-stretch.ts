import type { RecipientStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { isDuplicate } from '../connection/storage-error.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { joiningLists } from '../sql/by-index.js'
import { fromJson } from '../sql/json.js'
import { int } from '../sql/values.js'
import { idsPerBlock } from '../tables/recipients/recipient-blocks.js'
import { type Beginning, type BeginningsByZone, beginningRows } from './beginnings-by-zone.js'
import { count } from './changes.js'
import { type Among, contactsAmong } from './contacts-among.js'
import type { QueryContext } from './context.js'
import { appendEntries } from './outbox-writes.js'
import { type RunRow, runColumns, runOf, stateColumns } from './run-rows.js'

type Request = Parameters<RecipientStore['enrollAudience']>[0]

const states = Object.keys(stateColumns).join(', ')

/** Enters contacts, counts them, and writes what is to be told of them. Returns how many entered. */
export async function enterStretch(
  context: QueryContext,
  connection: Connection,
  request: Request,
  stretch: Among,
  beginnings: BeginningsByZone,
): Promise<number> {
  const { workspaceId, campaignId, run, onEntry } = request
  let enrolled = 0
  let among = stretch
  for (;;) {
    const known = beginnings.all
    const found = await enter(context, connection, request, among, known)
    const counted = found
      .filter(({ by }) => by > 0)
      .map(({ n, by }) => ({
        workspaceId,
        counters: (known[n ?? -1]?.counters ?? []).map((counter) => ({ ...counter, campaignId, by })),
      }))
    await count(connection, context.s, counted)
    const begun = found.flatMap((zone) => idsOf(zone.begun))
    await tellOf(context, connection, begun, onEntry)
    enrolled += found.reduce((sum, { by }) => sum + by, 0)
    // Somebody entered at the same moment: those who may enter again are looked at again, now that it can be seen.
    const beaten = run.again === 'never' ? [] : found.flatMap((zone) => idsOf(zone.beaten))
    const missed = found.flatMap((zone) => idsOf(zone.missed))
    if (beaten.length + missed.length === 0) return enrolled
    among = { ...among, ids: [...beaten, ...missed] }
    if (missed.length > 0) await beginnings.read(connection, among)
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

/** Who of a zone entered. Ids are JSON. */
interface Entered {
  /** The beginning's place; null = of a zone that is not known. */
  readonly n: number | null
  readonly by: number
  /** Contacts whose place was taken at the same moment. */
  readonly beaten: string | null
  /** Contacts who got no id: of a zone that is not known yet, or more than a block has ids for. */
  readonly missed: string | null
  /** The runs, where they are to be told of. */
  readonly begun: string | null
}

/**
 * One statement: whoever may enter gets an entry, and with it a run. The primary key of the entries has the last word. Asking it about each
 * entry costs a quarter more, so that is done only once somebody has turned out to be in already.
 */
async function enter(
  context: QueryContext,
  connection: Connection,
  request: Request,
  among: Among,
  known: readonly Beginning[],
): Promise<readonly Entered[]> {
  const contacts = contactsAmong(context, request, among)
  const { campaignId, run } = request
  const params = [...contacts.values, ...beginningRows.params(known), campaignId, run.runKey, run.version]
  const insert = (someAreIn: boolean) =>
    joiningLists(connection, () => connection.query<Entered>(entering(context.s, request, contacts, someAreIn), params))
  await connection.query('SAVEPOINT entering')
  try {
    return await insert(false)
  } catch (error) {
    if (!isDuplicate(error)) throw error
    await connection.query('ROLLBACK TO SAVEPOINT entering')
    return insert(true)
  }
}

function entering(
  s: string,
  { run, onEntry }: Request,
  contacts: ReturnType<typeof contactsAmong>,
  someAreIn: boolean,
): string {
  const first = contacts.values.length + 1
  const zones = beginningRows.from('z', first)
  const [campaign, key, version] = [0, 1, 2].map((nth) => `$${first + beginningRows.size + nth}`)
  const isLive = `select r.ended_at is null from ${s}.campaign_recipients r where r.id = e.recipient_id`
  const entries = `select max(e.entry_no) as last, bool_or((${isLive})) as live from ${s}.campaign_entries e
    where e.workspace_id = c.workspace_id and e.contact_id = c.contact_id and e.campaign_id = ${campaign} and e.run_key = ${key}`
  const before = run.again === 'never' ? '' : `cross join lateral (${entries}) before`
  const entryNo = run.again === 'never' ? '1' : 'coalesce(before.last, 0) + 1'
  const allowed = run.again === 'afterExit' ? 'and not coalesce(before.live, false)' : ''
  const begun = someAreIn ? 'recipient_id' : 'id'
  const entered = someAreIn ? 'left join entered on recipient_id = id' : ''
  const nth = '(row_number() over (order by c.contact_id) - 1)'
  return `with block as materialized (select nextval('${s}.recipient_ids') as first_id),
     chosen as materialized (
       select c.workspace_id, c.contact_id, ${entryNo} as entry_no, z.n,
         case when z.n is not null and ${nth} < ${idsPerBlock} then (select first_id from block) + ${nth} end as id
       from ${s}.contacts c left join ${zones} on z.zone_key = coalesce('=' || c.zone, '') ${before}
       where ${contacts.text} ${allowed} order by c.contact_id),
     entered as (
       insert into ${s}.campaign_entries (workspace_id, contact_id, campaign_id, run_key, entry_no, recipient_id)
       select workspace_id, contact_id, ${campaign}::text, ${key}::text, entry_no, id from chosen where id is not null
       ${someAreIn ? 'on conflict do nothing returning recipient_id' : ''}),
     begun as (
       insert into ${s}.campaign_recipients (id, workspace_id, campaign_id, contact_id, run_key, entry_no, version, ${states}, fence, claims)
       select id, workspace_id, ${campaign}, contact_id, ${key}, entry_no, ${version}::int, ${states}, 0, 0
       from chosen ${entered} join ${zones} using (n) where ${begun} is not null),
     owned as (
       insert into ${s}.recipient_blocks (workspace_id, campaign_id, first_id, last_id)
       select min(workspace_id), ${campaign}, min(id), max(id) from chosen ${entered} having count(${begun}) > 0)
     select n, ${int(`count(${begun})`)} as by, ${onEntry === undefined ? 'null' : `json_agg(${begun}::text) filter (where ${begun} is not null)::text`} as begun,
       json_agg(contact_id) filter (where id is null)::text as missed,
       json_agg(contact_id) filter (where id is not null and ${begun} is null)::text as beaten
     from chosen ${entered} group by n`
}
