import {
  type Delivery,
  type DeliveryStore,
  type FactSet,
  type Instant,
  type JsonValue,
  type RunChange,
  type SettledPart,
  type Settlement,
  settledDelivery,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { isDataError } from '../connection/storage-error.js'
import { batch } from '../sql/batch.js'
import { fromJson } from '../sql/json.js'
import { rounds } from '../sql/rounds.js'
import { instant, int, ms, selection } from '../sql/values.js'
import { applyChanges, count } from './changes.js'
import type { QueryContext } from './context.js'
import { settledWrites } from './delivery-rows.js'
import { appendChanged } from './inbox-writes.js'
import { appendOutbox } from './outbox-writes.js'
import { changePermissions } from './permissions.js'
import { latestOf } from './recipients.js'
import { matchParked } from './reports.js'

type Request = Parameters<DeliveryStore['settle']>[0]
type Answer = Awaited<ReturnType<DeliveryStore['settle']>>[number]

/**
 * T2. A batch that the database cannot take is halved until the bad row stands alone; that one becomes unknown, and all others are
 * written.
 */
export async function settle(context: QueryContext, request: Request): Promise<readonly Answer[]> {
  const { settlements } = request
  if (settlements.length === 0) return []
  context.clock.named(request.now)
  try {
    return await context.database.write((connection) => settleAll(context, connection, request))
  } catch (error) {
    if (!isDataError(error)) throw error
    const [only] = settlements
    if (settlements.length === 1 && only !== undefined) {
      const [answer] = await context.database.write((connection) =>
        settleAll(context, connection, { ...request, settlements: [unstorable(only, request.now)] }),
      )
      return [answer === 'applied' ? 'run_changed' : (answer ?? 'stale')]
    }
    const middle = Math.ceil(settlements.length / 2)
    const first = await settle(context, { ...request, settlements: settlements.slice(0, middle) })
    return [...first, ...(await settle(context, { ...request, settlements: settlements.slice(middle) }))]
  }
}

/** The state is a column like the others: compared with a literal, it makes the planner expect next to no rows. */
const targets = batch<Settlement & Pick<Request, 'from'>>({
  id: ['bigint', ({ deliveryId }) => deliveryId],
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  attempt: ['int', ({ attempt }) => attempt],
  state: ['text', ({ from }) => from],
})

const finished = batch<Settlement>({
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  n: ['int', ({ attempt }) => attempt],
})

const looks = batch<Settlement>({
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  look_at: ['timestamptz', ({ lookAt }) => instant(lookAt)],
})

/** What settling reads and writes of a delivery: a third of its columns, none of them in an index. */
type Settling = SettledPart & Pick<Delivery, 'id' | 'workspaceId' | 'contactId' | 'channel'>

const settlingColumns = selection({
  id: int('d.id'),
  workspaceId: 'd.workspace_id',
  contactId: 'd.contact_id',
  channel: 'd.channel',
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

async function settleAll(context: QueryContext, connection: Connection, request: Request): Promise<readonly Answer[]> {
  // Copies, so that one settlement named twice has two answers.
  const settlements = request.settlements.map((settlement) => ({ ...settlement }))
  const answers = new Map<Settlement, Answer>()
  for (const round of rounds(settlements, ({ deliveryId }) => deliveryId))
    await settleRound(context, connection, round, request, answers)
  return settlements.map((settlement) => answers.get(settlement) ?? 'stale')
}

async function settleRound(
  context: QueryContext,
  connection: Connection,
  settlements: readonly Settlement[],
  { from, now }: Request,
  answers: Map<Settlement, Answer>,
): Promise<void> {
  const { s } = context
  const sorted = [...settlements].sort((a, b) => runOf(a) - runOf(b) || a.deliveryId - b.deliveryId)
  // Runs before deliveries: every transaction locks in this order.
  await lockRuns(connection, s, sorted)
  const rows = await connection.query<SettlingRow>(
    `select ${settlingColumns} from ${s}.campaign_deliveries d join ${targets.from('t')}
       on d.id = t.id and d.workspace_id = t.workspace_id and d.attempts = t.attempt and d.state = t.state
     order by d.id for update of d`,
    targets.params(sorted.map((settlement) => ({ ...settlement, from }))),
  )
  const known = new Map(rows.map((row) => [row.id, settlingOf(row)]))
  const open = sorted.filter(({ deliveryId }) => known.has(deliveryId))
  if (open.length === 0) return
  const written = open.flatMap((settlement) => {
    const delivery = known.get(settlement.deliveryId)
    return delivery === undefined ? [] : [settledDelivery(delivery, settlement)]
  })
  await connection.query(
    `update ${s}.campaign_deliveries d set ${settledColumns.map((column) => `${column} = t.${column}`).join(', ')}
     from ${settled.from('t')} where d.id = t.id`,
    settled.params(written),
  )
  await matchParked(context, connection, written)
  await connection.query(
    `update ${s}.delivery_attempts a set finished_at = $3::timestamptz from ${finished.from('t')}
     where a.delivery_id = t.delivery_id and a.n = t.n and a.finished_at is null`,
    [...finished.params(open), instant(now)],
  )
  await writeLooks(connection, s, open, now)
  const counted = open.flatMap(({ workspaceId, counters }) => counters.map((delta) => ({ ...delta, workspaceId })))
  await count(connection, s, counted)
  await closeAddresses(connection, s, open, known, now)
  await appendOutbox(context, connection, open)
  const changes = open.flatMap(({ change }) => (change === null ? [] : [change]))
  const results = await applyChanges(context, connection, changes, latestOf(context))
  const stale = new Set<RunChange>(changes.filter((_, index) => results[index] === 'stale'))
  for (const settlement of open) {
    answers.set(settlement, settlement.change !== null && stale.has(settlement.change) ? 'run_changed' : 'applied')
  }
}

/** What refusals say about addresses, and the news of it for all runs of their contacts. */
async function closeAddresses(
  connection: Connection,
  s: string,
  settlements: readonly Settlement[],
  known: ReadonlyMap<number, Settling>,
  now: Instant,
): Promise<void> {
  const closing = settlements.filter(({ permissions }) => permissions.length > 0)
  if (closing.length === 0) return
  await changePermissions(
    connection,
    s,
    closing.flatMap(({ workspaceId, permissions }) => permissions.map((change) => ({ workspaceId, change }))),
  )
  const contacts = closing.flatMap(({ deliveryId }) => known.get(deliveryId) ?? [])
  await appendChanged(connection, s, contacts, now)
}

function settlingOf({ facts, reply, ...rest }: SettlingRow): Settling {
  return { ...rest, facts: fromJson<FactSet>(facts), reply: reply === null ? null : fromJson<JsonValue>(reply) }
}

function runOf({ change }: Settlement): number {
  return change?.recipientId ?? 0
}

const runIds = batch<Settlement>({ id: ['bigint', runOf] })

async function lockRuns(connection: Connection, s: string, settlements: readonly Settlement[]): Promise<void> {
  await connection.query(
    `select ${int('r.id')} as id from ${s}.campaign_recipients r join ${runIds.from('t')} on r.id = t.id order by r.id for update of r`,
    runIds.params(settlements),
  )
}

async function writeLooks(
  connection: Connection,
  s: string,
  settlements: readonly Settlement[],
  now: Instant,
): Promise<void> {
  await connection.query(
    `delete from ${s}.reconciliations x using ${looks.from('t')} where x.delivery_id = t.delivery_id and t.look_at is null`,
    looks.params(settlements),
  )
  const unknown = settlements.filter(({ lookAt }) => lookAt !== null)
  if (unknown.length === 0) return
  await connection.query(
    `insert into ${s}.reconciliations as x (delivery_id, look_at, since)
     select t.delivery_id, t.look_at, $3::timestamptz from ${looks.from('t')}
     on conflict (delivery_id) do update set look_at = excluded.look_at`,
    [...looks.params(unknown), instant(now)],
  )
}

function unstorable(settlement: Settlement, now: Instant): Settlement {
  return {
    ...settlement,
    state: 'unknown',
    reason: 'unstorable',
    providerId: null,
    sentAt: null,
    facts: [],
    reply: null,
    lookAt: settlement.lookAt ?? now,
    counters: [],
    permissions: [],
    change: null,
    outbox: [],
  }
}
