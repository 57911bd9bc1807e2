import {
  contactKey,
  type Delivery,
  type DeliveryStore,
  historyNeededMs,
  type Instant,
  type Intent,
  type IntentResult,
  judgeIntent,
  type SentRecord,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { document } from '../sql/json.js'
import { rounds } from '../sql/rounds.js'
import { instant, int, ms } from '../sql/values.js'
import { applyRest, writeDeliveryRows, writeRecipients } from './changes.js'
import type { QueryContext } from './context.js'
import { covers, holdGates } from './gates.js'
import { readPermissions } from './permissions.js'
import { latestOf } from './recipients.js'

type Request = Parameters<DeliveryStore['intend']>[0]

interface Wish {
  readonly intent: Intent
  result: IntentResult | null
}

const claimRows = batch<Intent>({
  id: ['bigint', ({ change }) => change.recipientId],
  workspace_id: ['text', ({ change }) => change.workspaceId],
  fence: ['bigint', ({ change }) => change.expectedFence],
  contact_id: ['text', ({ delivery }) => delivery.contactId],
  delivery_id: ['bigint', ({ delivery }) => delivery.id],
})

const contactRows = batch<{ readonly workspaceId: string; readonly contactId: string }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
})

/**
 * T1. In this order, each a statement of its own: runs by id and fence; pacing rows in contact order; what was sent; the gate's shared
 * lock, last of all locks; the gates, read after it, so that a stop that committed while we waited is seen; then the intents.
 */
export async function intend(context: QueryContext, request: Request): Promise<readonly IntentResult[]> {
  const { intents, timeoutMs } = request
  if (intents.length === 0) return []
  return context.database.write(
    async (connection) => {
      const wishes = intents.map((intent): Wish => ({ intent, result: null }))
      // A run or a delivery named twice: the second one is on an older fence by then.
      for (const round of rounds(wishes, ({ intent }) => intent.change.recipientId))
        await intendRound(context, connection, round, request)
      return wishes.map(({ result }) => result ?? { result: 'stale' })
    },
    { statementTimeoutMs: timeoutMs },
  )
}

async function intendRound(
  context: QueryContext,
  connection: Connection,
  wishes: readonly Wish[],
  request: Request,
): Promise<void> {
  const { s } = context
  const { now, permitMs } = request
  const held = await lockRuns(
    connection,
    s,
    wishes.map(({ intent }) => intent),
  )
  const ours = wishes.filter(({ intent }) => held.has(intent.change.recipientId))
  await judge(context, connection, ours, now)
  const open = ours.filter(({ result }) => result === null)
  if (open.length === 0) return
  const workspaceIds = open.map(({ intent }) => intent.change.workspaceId)
  const { at: begunAt, gates } = await holdGates(context, connection, { workspaceIds, now })
  const starting: Wish[] = []
  for (const wish of open) {
    const { change, delivery } = wish.intent
    const closed = gates.some((gate) => covers(gate, { ...delivery, workspaceId: change.workspaceId }))
    if (closed) wish.result = { result: 'closed' }
    else starting.push(wish)
  }
  if (starting.length === 0) return
  const fences = await write(context, connection, starting, begunAt + permitMs)
  for (const wish of starting) {
    const fence = fences.get(wish.intent.change.recipientId)
    if (fence !== undefined) wish.result = { result: 'started', fence, permitUntil: begunAt + permitMs }
  }
}

/** Locks the runs whose claim holds, in id order; leaves out those with an event that waits to be taken in. */
async function lockRuns(connection: Connection, s: string, intents: readonly Intent[]): Promise<ReadonlySet<number>> {
  const sorted = [...intents].sort((a, b) => a.change.recipientId - b.change.recipientId)
  const locked = await connection.query<{ id: number }>(
    `select ${int('r.id')} as id from ${s}.campaign_recipients r join ${claimRows.from('t')}
       on r.id = t.id and r.workspace_id = t.workspace_id and r.fence = t.fence order by r.id for update of r`,
    claimRows.params(sorted),
  )
  if (locked.length === 0) return new Set()
  // A statement of its own: it sees what was committed while we waited for the runs.
  const free = await connection.query<{ id: number }>(
    `select ${int('t.id')} as id from ${claimRows.from('t')}
     where not exists (select from ${s}.inbox i where i.workspace_id = t.workspace_id and i.contact_id = t.contact_id and i.kind = 'event')
       and not exists (select from ${s}.campaign_deliveries d where d.id = t.delivery_id
         and (d.workspace_id <> t.workspace_id or d.state <> all('{scheduled,retry_wait}')))`,
    claimRows.params(sorted),
  )
  const startable = new Set(free.map(({ id }) => id))
  return new Set(locked.map(({ id }) => id).filter((id) => startable.has(id)))
}

/** The last look, contact by contact under its pacing row; of several messages to one contact each counts against the next. */
async function judge(
  { s }: QueryContext,
  connection: Connection,
  wishes: readonly Wish[],
  now: Instant,
): Promise<void> {
  const guarded = wishes.flatMap((wish) => (wish.intent.guard === null ? [] : [{ wish, guard: wish.intent.guard }]))
  if (guarded.length === 0) return
  const keys = guarded.map(({ wish, guard }) => ({
    workspaceId: wish.intent.change.workspaceId,
    contactId: wish.intent.delivery.contactId,
    needed: historyNeededMs(guard),
    addresses: { [guard.channel]: guard.address },
  }))
  const paced = [
    ...new Map(keys.filter(({ needed }) => needed > 0).map((key) => [contactKey(key), key])).values(),
  ].sort((a, b) => (contactKey(a) < contactKey(b) ? -1 : 1))
  const history = await lockAndRead(connection, s, paced, now - Math.max(0, ...keys.map(({ needed }) => needed)))
  const started = new Map<string, (SentRecord & { readonly id: number })[]>()
  for (const [index, { wish, guard }] of guarded.entries()) {
    const key = keys[index]
    if (key === undefined) continue
    const permissions = await permissionsFor(connection, s, keys, guarded, key)
    const { delivery } = wish.intent
    const earlier = [...(history.get(contactKey(key)) ?? []), ...(started.get(contactKey(key)) ?? [])]
    const sent = earlier.filter(({ id, at }) => id !== delivery.id && at >= now - key.needed)
    const verdict = judgeIntent(guard, { ...permissions, history: key.needed === 0 ? [] : sent }, now)
    if (verdict.verdict !== 'start') {
      wish.result = { result: 'refused', verdict }
      continue
    }
    const record = {
      id: delivery.id,
      at: delivery.intendedAt ?? now,
      channel: delivery.channel,
      category: delivery.category,
    }
    if (delivery.kind === 'message') started.set(contactKey(key), [...(started.get(contactKey(key)) ?? []), record])
  }
}

const permissionCache = new WeakMap<object, Awaited<ReturnType<typeof readPermissions>>>()

/** One query per batch, not per contact. A contact's addresses of all channels are asked for together. */
async function permissionsFor(
  connection: Connection,
  s: string,
  keys: readonly {
    readonly workspaceId: string
    readonly contactId: string
    readonly addresses: { readonly [channel: string]: string }
  }[],
  batchOf: object,
  key: { readonly workspaceId: string; readonly contactId: string },
) {
  let found = permissionCache.get(batchOf)
  if (found === undefined) {
    const merged = new Map<string, (typeof keys)[number]>()
    for (const one of keys) {
      const known = merged.get(contactKey(one))
      merged.set(contactKey(one), { ...one, addresses: { ...known?.addresses, ...one.addresses } })
    }
    found = await readPermissions((text, params) => connection.query(text, params), s, [...merged.values()])
    permissionCache.set(batchOf, found)
  }
  return found.get(contactKey(key)) ?? { consents: [], suppressions: [] }
}

async function lockAndRead(
  connection: Connection,
  s: string,
  contacts: readonly { readonly workspaceId: string; readonly contactId: string }[],
  since: Instant,
): Promise<ReadonlyMap<string, readonly (SentRecord & { readonly id: number })[]>> {
  const found = new Map<string, (SentRecord & { readonly id: number })[]>()
  if (contacts.length === 0) return found
  const params = contactRows.params(contacts)
  await connection.query(
    `insert into ${s}.contact_pacing (${contactRows.columns}) select ${contactRows.columns} from ${contactRows.from('t')}
     order by 1, 2 on conflict do nothing`,
    params,
  )
  await connection.query(
    `select from ${s}.contact_pacing p join ${contactRows.from('t')} using (workspace_id, contact_id)
     order by p.workspace_id, p.contact_id for update of p`,
    params,
  )
  const rows = await connection.query<SentRecord & { id: number; workspaceId: string; contactId: string }>(
    `select ${int('d.id')} as id, d.workspace_id as "workspaceId", d.contact_id as "contactId", ${ms('d.intended_at')} as at, d.channel, d.category
     from ${contactRows.from('t')}
     join ${s}.campaign_entries e using (workspace_id, contact_id)
     join ${s}.campaign_deliveries d on d.recipient_id = e.recipient_id
     where d.kind = 'message' and d.intended_at >= $3::timestamptz and d.state <> all('{failed,canceled}') order by d.intended_at, d.id`,
    [...params, instant(since)],
  )
  for (const { workspaceId, contactId, ...record } of rows) {
    const key = contactKey({ workspaceId, contactId })
    found.set(key, [...(found.get(key) ?? []), record])
  }
  return found
}

async function write(
  context: QueryContext,
  connection: Connection,
  wishes: readonly Wish[],
  permitUntil: Instant,
): Promise<ReadonlyMap<number, number>> {
  const { s } = context
  const intents = wishes.map(({ intent }) => intent)
  const changes = intents.map(({ change }) => ({ ...change, keepsClaim: true }))
  const fences = await writeRecipients(context, connection, changes)
  await applyRest(context, connection, changes, latestOf(context))
  const permitId = await permit(connection, s, intents, permitUntil)
  await writeDeliveryRows(context, connection, deliveriesOf(intents), permitId)
  for (const { delivery, content } of intents) {
    if (content === null) continue
    await connection.query(
      `insert into ${s}.delivery_contents (delivery_id, attempt, content) values ($1::bigint, $2::int, $3::json)
       on conflict (delivery_id, attempt) do update set content = excluded.content`,
      [delivery.id, delivery.attempts, document(content)],
    )
  }
  return fences
}

function deliveriesOf(intents: readonly Intent[]): readonly Delivery[] {
  return intents.map(({ delivery, change: { workspaceId } }) =>
    delivery.workspaceId === workspaceId ? delivery : { ...delivery, workspaceId },
  )
}

/** One for all calls that may start now. */
async function permit(
  connection: Connection,
  s: string,
  intents: readonly Intent[],
  permitUntil: Instant,
): Promise<number> {
  const [row] = await connection.query<{ id: number }>(
    `insert into ${s}.call_permits (delivery_ids, attempts, open, permit_until)
     values ($1::bigint[], $2::int[], $3::int, $4::timestamptz) returning ${int('id')} as id`,
    [
      arrayLiteral(intents.map(({ delivery }) => delivery.id)),
      arrayLiteral(intents.map(({ delivery }) => delivery.attempts)),
      intents.length,
      instant(permitUntil),
    ],
  )
  return row?.id ?? 0
}
