import {
  ConflictError,
  type CounterDelta,
  type Delivery,
  type Instant,
  type Recipient,
  type RunChange,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { idsIn } from '../sql/id-list.js'
import { rounds } from '../sql/rounds.js'
import { together } from '../sql/together.js'
import { instant } from '../sql/values.js'
import { mergeContacts } from './contact-writes.js'
import type { LaneOf, QueryContext } from './context.js'
import { deliveryWrites, writeDeliveries } from './delivery-rows.js'
import { appendChanged, appendEvents } from './inbox-writes.js'
import { appendOutbox } from './outbox-writes.js'
import { changePermissions } from './permissions.js'
import { matchParked, writeReferences } from './reports.js'
import { runWrites, writeRuns } from './run-rows.js'

/** Applies changes in one transaction, each on its own fence. Returns for each whether it was applied. */
export async function applyChanges(
  context: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
  now: Instant,
): Promise<readonly ('applied' | 'stale')[]> {
  const applied = await moveRuns(context, connection, changes)
  await applyRest(
    context,
    connection,
    changes.filter((_, index) => applied[index]),
    now,
  )
  return applied.map((isApplied) => (isApplied ? 'applied' : 'stale'))
}

/** The numbers of the lanes that runs of these changes are to wait in. */
export function lanesOf(
  { lanes }: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
): Promise<LaneOf> {
  return lanes.of(
    connection,
    changes.map(({ workspaceId, recipient }) => ({ workspaceId, lane: recipient.lane })),
  )
}

/**
 * Writes the runs of changes, and nothing else of them; returns for each whether its fence held. With `laneOf` given, the first statement
 * is handed over at once.
 */
export async function moveRuns(
  context: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
  laneOf?: LaneOf,
): Promise<readonly boolean[]> {
  const numbered = changes.map((change, index) => ({ change, index }))
  const moved = changes.map(() => false)
  // A run named twice: the second change is on an older fence by then.
  for (const round of rounds(numbered, ({ change }) => change.recipientId)) {
    const written = await writeRecipients(
      context,
      connection,
      round.map(({ change }) => change),
      laneOf === undefined ? {} : { laneOf },
    )
    for (const { change, index } of round) moved[index] = written.has(change.recipientId)
  }
  return moved
}

/** Writes the runs of changes whose fences hold, which are raised by one; returns the ids of these. `keepClaims` = all of them stay claimed. */
export async function writeRecipients(
  context: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
  { keepClaims = false, laneOf: known }: { readonly keepClaims?: boolean; readonly laneOf?: LaneOf } = {},
): Promise<ReadonlySet<number>> {
  const { s } = context
  if (changes.length === 0) return new Set()
  const laneOf = known ?? (await lanesOf(context, connection, changes))
  const writes = changes
    .map(({ workspaceId, recipientId, expectedFence, recipient, keepsClaim }) => ({
      run: endedProperly(recipient),
      keepsClaim: keepClaims || keepsClaim,
      workspaceId,
      id: recipientId,
      expectedFence,
      lane: laneOf({ workspaceId, lane: recipient.lane }),
    }))
    .sort((a, b) => a.id - b.id)
  const [row] = await connection.query<{ ids: string | null }>(writeRuns(s), runWrites.params(writes))
  return new Set(idsIn(row?.ids))
}

function endedProperly(run: Recipient): Recipient {
  const over = run.status === 'completed' || run.status === 'exited'
  return over && run.endedAt === null ? { ...run, endedAt: run.enrolledAt } : run
}

/** Does what was decided beside the runs themselves. */
export async function applyRest(
  context: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
  now: Instant,
): Promise<void> {
  await together([count(connection, context.s, changes), applyBeside(context, connection, changes, now)])
}

/** All of it that is not counted. */
export async function applyBeside(
  context: QueryContext,
  connection: Connection,
  changes: readonly RunChange[],
  now: Instant,
): Promise<void> {
  const { s } = context
  if (changes.length === 0) return
  await writeDeliveryRows(
    context,
    connection,
    changes.flatMap(({ workspaceId, deliveries }) => deliveries.map((delivery) => ({ ...delivery, workspaceId }))),
  )
  const contacts = changes.flatMap(({ workspaceId, contact }) =>
    contact === null ? [] : [{ workspaceId, contact, at: now }],
  )
  if (contacts.length > 0) {
    await mergeContacts(connection, s, contacts)
    await appendChanged(
      connection,
      s,
      contacts.map(({ workspaceId, contact }) => ({ workspaceId, contactId: contact.id })),
      now,
    )
  }
  const permissions = changes.flatMap((change) =>
    change.permissions.map((one) => ({ workspaceId: change.workspaceId, change: one })),
  )
  if (permissions.length > 0) await changePermissions(connection, s, permissions)
  await appendEvents(
    connection,
    s,
    changes.flatMap(({ workspaceId, events }) => events.map((event) => ({ workspaceId, event }))),
    now,
  )
  await detach(connection, s, changes)
  await appendOutbox(context, connection, changes)
}

/**
 * Writes deliveries whole, and hands them reports that came before them. `permitUntil` is until when their calls may start; null = none
 * does. `areNew` = none of them was ever written.
 */
export async function writeDeliveryRows(
  context: QueryContext,
  connection: Connection,
  deliveries: readonly Delivery[],
  { permitUntil = null, areNew = false }: { readonly permitUntil?: Instant | null; readonly areNew?: boolean } = {},
): Promise<void> {
  const { s } = context
  for (const round of rounds(deliveries, ({ id }) => id)) {
    const ids = round.map(({ id }) => id)
    const [[written]] = await together([
      connection.query<{ ids: string | null }>(writeDeliveries(s, areNew), [
        ...deliveryWrites.params(round),
        instant(permitUntil),
      ]),
      refer(connection, s, round),
      matchParked(context, connection, ids),
    ])
    const known = new Set(idsIn(written?.ids))
    if (known.size < round.length) {
      const foreign = round.find(({ id }) => !known.has(id))
      throw new ConflictError(`Delivery ${foreign?.id} exists already. Take ids from reserveIds().`, {
        kind: 'duplicate',
      })
    }
  }
}

/** Lets deliveries be found by their provider's id, where they have one. */
async function refer(connection: Connection, s: string, deliveries: readonly Delivery[]): Promise<void> {
  const named = deliveries.filter(({ providerId }) => providerId !== null)
  if (named.length === 0) return
  const written = `(select * from ${s}.campaign_deliveries where id = any($1::bigint[]))`
  await connection.query(writeReferences(s, written), [arrayLiteral(named.map(({ id }) => id))])
}

type ScopedDelta = CounterDelta & { readonly workspaceId: string }

const deltaRows = batch<ScopedDelta>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  campaign_id: ['text', ({ campaignId }) => campaignId],
  step_id: ['text', ({ stepId }) => stepId],
  name: ['text', ({ name }) => name],
  by: ['bigint', ({ by }) => by],
})

/** What is counted in workspaces. */
export interface Counted {
  readonly workspaceId: string
  readonly counters: readonly CounterDelta[]
}

/** Appends what is counted, summed up within the batch. */
export async function count(connection: Connection, s: string, counted: readonly Counted[]): Promise<void> {
  const deltas = summed(counted)
  if (deltas.length === 0) return
  await connection.query(
    `insert into ${s}.counter_deltas (${deltaRows.columns}) select ${deltaRows.columns} from ${deltaRows.from('t')}`,
    deltaRows.params(deltas),
  )
}

/** One delta for each counter. Most of a batch counts the same few things, so a search through them beats a key made for each. */
function summed(counted: readonly Counted[]): readonly ScopedDelta[] {
  const sums = new Map<string, (ScopedDelta & { by: number })[]>()
  for (const { workspaceId, counters } of counted) {
    for (const { campaignId, stepId, name, by } of counters) {
      const ofName = sums.get(name) ?? []
      const known = ofName.find(
        (sum) => sum.stepId === stepId && sum.campaignId === campaignId && sum.workspaceId === workspaceId,
      )
      if (known !== undefined) known.by += by
      else sums.set(name, [...ofName, { workspaceId, campaignId, stepId, name, by }])
    }
  }
  return [...sums.values()].flat()
}

const lookRows = batch<{ readonly workspaceId: string; readonly deliveryId: number; readonly lookAt: Instant }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  look_at: ['timestamptz', ({ lookAt }) => instant(lookAt)],
})

async function detach(connection: Connection, s: string, changes: readonly RunChange[]): Promise<void> {
  const looks = changes.flatMap(({ workspaceId, detached }) => detached.map((one) => ({ ...one, workspaceId })))
  if (looks.length === 0) return
  await connection.query(
    `insert into ${s}.reconciliations as x (delivery_id, look_at, since)
     select d.id, t.look_at, coalesce(d.intended_at, t.look_at) from ${lookRows.from('t')}
     join ${s}.campaign_deliveries d on d.id = t.delivery_id and d.workspace_id = t.workspace_id and d.state in ('unknown', 'sending')
     on conflict (delivery_id) do update set look_at = excluded.look_at`,
    lookRows.params(looks),
  )
}
