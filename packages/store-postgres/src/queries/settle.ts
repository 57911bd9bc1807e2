import type { DeliveryStore, Instant, RunChange, Settlement } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { isDataError } from '../connection/storage-error.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { rounds } from '../sql/rounds.js'
import { together } from '../sql/together.js'
import { instant } from '../sql/values.js'
import { applyBeside, count, lanesOf, moveRuns } from './changes.js'
import type { QueryContext } from './context.js'
import { appendChanged } from './inbox-writes.js'
import { appendOutbox } from './outbox-writes.js'
import { changePermissions } from './permissions.js'
import { latestOf } from './recipients.js'
import { matchParked } from './reports.js'
import { settleDeliveries } from './settle-deliveries.js'

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
    return await settleOpen(context, { ...request, settlements: distinct(settlements) })
  } catch (error) {
    if (!isDataError(error)) throw error
    const [only] = settlements
    if (settlements.length === 1 && only !== undefined) {
      const [answer] = await settleOpen(context, { ...request, settlements: [unstorable(only, request.now)] })
      return [answer === 'applied' ? 'run_changed' : (answer ?? 'stale')]
    }
    const middle = Math.ceil(settlements.length / 2)
    const first = await settle(context, { ...request, settlements: settlements.slice(0, middle) })
    return [...first, ...(await settle(context, { ...request, settlements: settlements.slice(middle) }))]
  }
}

const looks = batch<Settlement>({
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  look_at: ['timestamptz', ({ lookAt }) => instant(lookAt)],
})

/** Runs went on by outcomes that could not be written. Nothing of the batch may be. */
class OutcomesGone extends Error {
  constructor(readonly settlements: ReadonlySet<Settlement>) {
    super('Runs would go on by outcomes of calls that are settled already.')
  }
}

/** Outcomes that cannot be written any more are found when their runs have been; without them, the rest is written anew. */
async function settleOpen(context: QueryContext, request: Request): Promise<readonly Answer[]> {
  const gone = new Set<Settlement>()
  for (;;) {
    const settlements = request.settlements.filter((settlement) => !gone.has(settlement))
    try {
      const answers = await context.database.write((connection) =>
        settleAll(context, connection, { ...request, settlements }),
      )
      return request.settlements.map((settlement) => answers.get(settlement) ?? 'stale')
    } catch (error) {
      if (!(error instanceof OutcomesGone)) throw error
      for (const settlement of error.settlements) gone.add(settlement)
    }
  }
}

async function settleAll(
  context: QueryContext,
  connection: Connection,
  { settlements, from, now }: Request,
): Promise<ReadonlyMap<Settlement, Answer>> {
  const answers = new Map<Settlement, Answer>()
  for (const round of rounds(settlements, ({ deliveryId }) => deliveryId))
    await settleRound(context, connection, round, { from, now }, answers)
  return answers
}

/** Runs before deliveries: every transaction locks in this order. */
async function settleRound(
  context: QueryContext,
  connection: Connection,
  settlements: readonly Settlement[],
  { from, now }: Pick<Request, 'from' | 'now'>,
  answers: Map<Settlement, Answer>,
): Promise<void> {
  const { s } = context
  const sorted = [...settlements].sort((a, b) => runOf(a) - runOf(b) || a.deliveryId - b.deliveryId)
  const changes = sorted.flatMap(({ change }) => change ?? [])
  const laneOf = await lanesOf(context, connection, changes)
  const [isMoved, written] = await together([
    moveRuns(context, connection, changes, laneOf),
    settleDeliveries(connection, s, sorted, from),
  ])
  const moved = new Set<RunChange>(changes.filter((_, index) => isMoved[index]))
  const gone = sorted.filter(
    ({ deliveryId, change }) => !written.has(deliveryId) && change !== null && moved.has(change),
  )
  if (gone.length > 0) throw new OutcomesGone(new Set(gone))
  const open = sorted.filter(({ deliveryId }) => written.has(deliveryId))
  if (open.length === 0) return
  await together([
    matchParked(
      context,
      connection,
      open.map(({ deliveryId }) => deliveryId),
    ),
    writeLooks(connection, s, open, now),
    count(connection, s, [...open, ...moved]),
  ])
  await closeAddresses(connection, s, open, now)
  await appendOutbox(context, connection, open)
  await applyBeside(context, connection, [...moved], latestOf(context))
  for (const settlement of open) {
    answers.set(settlement, settlement.change !== null && !moved.has(settlement.change) ? 'run_changed' : 'applied')
  }
}

/** What refusals say about addresses, and the news of it for all runs of their contacts. */
async function closeAddresses(
  connection: Connection,
  s: string,
  settlements: readonly Settlement[],
  now: Instant,
): Promise<void> {
  const closing = settlements.filter(({ permissions }) => permissions.length > 0)
  if (closing.length === 0) return
  await changePermissions(
    connection,
    s,
    closing.flatMap(({ workspaceId, permissions }) => permissions.map((change) => ({ workspaceId, change }))),
  )
  const contacts = await connection.query<{ workspaceId: string; contactId: string }>(
    `select workspace_id as "workspaceId", contact_id as "contactId" from ${s}.campaign_deliveries where id = any($1::bigint[]) order by id`,
    [arrayLiteral(closing.map(({ deliveryId }) => deliveryId))],
  )
  await appendChanged(connection, s, contacts, now)
}

function runOf({ change }: Settlement): number {
  return change?.recipientId ?? 0
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

/** Copies where one settlement is named twice, so that it has two answers. */
function distinct(settlements: readonly Settlement[]): readonly Settlement[] {
  const isDistinct = new Set(settlements).size === settlements.length
  return isDistinct ? settlements : settlements.map((settlement) => ({ ...settlement }))
}
