import {
  type Delivery,
  type DeliveryState,
  type FactSet,
  type JsonValue,
  mergeFacts,
  type SettledPart,
  type Settlement,
  settledDelivery,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch, type Columns } from '../sql/batch.js'
import { idList, idsIn } from '../sql/id-list.js'
import { fromJson, jsonb } from '../sql/json.js'
import { instant, int, ms, selection } from '../sql/values.js'
import { settledWrites } from './delivery-rows.js'
import { writeReferences } from './reports.js'

const targetColumns = {
  id: ['bigint', ({ deliveryId }) => deliveryId],
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  attempt: ['int', ({ attempt }) => attempt],
} satisfies Columns<Settlement>

const targets = batch<Settlement>(targetColumns)

const news = batch<Settlement>({
  ...targetColumns,
  state: ['text', ({ state }) => state],
  reason: ['text', ({ reason }) => reason],
  sent_at: ['timestamptz', ({ sentAt }) => instant(sentAt)],
  provider_id: ['text', ({ providerId }) => providerId],
  possible_duplicate: ['boolean', ({ possibleDuplicate }) => possibleDuplicate],
  facts: ['jsonb', ({ facts }) => jsonb(mergeFacts({}, facts))],
  reply: ['jsonb', ({ reply }) => (reply === null ? null : jsonb(reply))],
})

/**
 * Whether a delivery is the one that a settlement means. Between which ids they lie is said beside: by a join alone, each range of the
 * history would be asked for each of them. The state is a subselect: compared with a parameter itself, it makes the planner expect next
 * to no rows.
 */
const isTarget = (
  from: string,
): string => `d.id between (select min(x) from unnest($1::bigint[]) x) and (select max(x) from unnest($1::bigint[]) x)
  and d.id = t.id and d.workspace_id = t.workspace_id and d.attempts = t.attempt and d.state = (select ${from}::text)`

/**
 * Writes outcomes of deliveries that are still in `from` with that attempt; returns the ids of those that were. Mostly nothing is known
 * yet that the outcome would have to be merged with: those are written without being read.
 */
export async function settleDeliveries(
  connection: Connection,
  s: string,
  settlements: readonly Settlement[],
  from: DeliveryState,
): Promise<ReadonlySet<number>> {
  const counting = settlements.filter(({ attemptCounts }) => attemptCounts)
  const written = new Set(counting.length === 0 ? [] : await writeNews(connection, s, counting, from))
  const left = settlements.filter(({ deliveryId }) => !written.has(deliveryId))
  if (left.length > 0) for (const id of await merge(connection, s, left, from)) written.add(id)
  return written
}

/** Writes outcomes where nothing is known yet that they would have to be merged with; returns the ids. */
async function writeNews(
  connection: Connection,
  s: string,
  wanted: readonly Settlement[],
  from: DeliveryState,
): Promise<readonly number[]> {
  const [row] = await connection.query<{ ids: string | null }>(
    `with settled as (
       update ${s}.campaign_deliveries d set state = t.state, reason = t.reason, sent_at = t.sent_at, provider_id = t.provider_id,
         possible_duplicate = d.possible_duplicate or t.possible_duplicate, facts = t.facts, reply = t.reply
       from ${news.from('t')}
       where ${isTarget(`$${news.size + 1}`)} and d.facts = '{}' and d.sent_at is null and d.provider_id is null and d.reply is null
       returning ${followedColumns}),
     ${followed(s, from)}
     select ${idList('id')} as ids from settled`,
    [...news.params(wanted), from],
  )
  return idsIn(row?.ids)
}

const followedColumns = 'd.id, d.workspace_id, d.channel, d.provider_id, d.permit_id'

/**
 * What follows from rows that are `settled`, as further parts of their statement: a provider's id leads to its delivery, and a call that was
 * under way is no more. A permit of which no call is open any more stays for tidying.
 */
function followed(s: string, from: DeliveryState): string {
  const referenced = `referenced as (${writeReferences(s, 'settled')})`
  if (from !== 'sending') return referenced
  return `${referenced},
    given_back as (
      update ${s}.call_permits p set open = p.open - over.calls
      from (select permit_id, count(*) as calls from settled group by 1) over where p.id = over.permit_id)`
}

/** What an outcome is merged with: a third of a delivery's columns, none of them in an index. */
type Settling = SettledPart & Pick<Delivery, 'id'>

const settlingColumns = selection({
  id: int('d.id'),
  state: 'd.state',
  reason: 'd.reason',
  attempts: int('d.attempts'),
  intendedAt: ms('d.intended_at'),
  sentAt: ms('d.sent_at'),
  providerId: 'd.provider_id',
  possibleDuplicate: 'd.possible_duplicate',
  facts: 'd.facts::text',
  reply: 'd.reply::text',
})

type SettlingRow = Omit<Settling, 'facts' | 'reply'> & { readonly facts: string; readonly reply: string | null }

const settled = batch<Settling>({ id: ['bigint', ({ id }) => id], ...settledWrites })

const settledColumns = Object.keys(settledWrites)

/** Returns the ids of those that were as expected. */
async function merge(
  connection: Connection,
  s: string,
  wanted: readonly Settlement[],
  from: DeliveryState,
): Promise<readonly number[]> {
  const rows = await connection.query<SettlingRow>(
    `select ${settlingColumns} from ${s}.campaign_deliveries d join ${targets.from('t')} on ${isTarget(`$${targets.size + 1}`)} order by d.id for update of d`,
    [...targets.params(wanted), from],
  )
  if (rows.length === 0) return []
  const known = new Map(rows.map((row) => [row.id, settlingOf(row)]))
  const written = wanted.flatMap((settlement) => {
    const delivery = known.get(settlement.deliveryId)
    return delivery === undefined ? [] : [settledDelivery(delivery, settlement)]
  })
  await connection.query(
    `with settled as (
       update ${s}.campaign_deliveries d set ${settledColumns.map((column) => `${column} = t.${column}`).join(', ')}
       from ${settled.from('t')} where d.id = t.id
       returning ${followedColumns}),
     ${followed(s, from)}
     select count(*) from settled`,
    settled.params(written),
  )
  return [...known.keys()]
}

function settlingOf({ facts, reply, ...rest }: SettlingRow): Settling {
  return { ...rest, facts: fromJson<FactSet>(facts), reply: reply === null ? null : fromJson<JsonValue>(reply) }
}
