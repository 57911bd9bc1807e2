import {
  contactKey,
  type Delivery,
  type DeliveryStore,
  historyNeededMs,
  type Instant,
  type Intent,
  type IntentGuard,
  type IntentResult,
  judgeIntent,
  type Permissions,
  type SentRecord,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { idList, idsIn } from '../sql/id-list.js'
import { document } from '../sql/json.js'
import { rounds } from '../sql/rounds.js'
import { together } from '../sql/together.js'
import { instant, int, ms } from '../sql/values.js'
import { applyRest, writeDeliveryRows, writeRecipients } from './changes.js'
import type { QueryContext } from './context.js'
import { covers, holdGates } from './gates.js'
import { type PermissionKey, readPermissions } from './permissions.js'
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

/** A look at one wish before it may start. */
interface Look {
  readonly wish: Wish
  readonly guard: IntentGuard
  /** The contact's. */
  readonly key: string
  /** How far back what was sent counts; 0 = it does not. */
  readonly neededMs: number
}

type Sent = SentRecord & { readonly id: number }

const noPermissions: Permissions = { consents: [], suppressions: [] }

/**
 * T1. In this order, each a statement of its own: runs by id and fence; pacing rows in contact order; what was sent, and what is
 * permitted; the gate's shared lock, last of all locks; the gates, read after it, so that a stop that committed while we waited is seen;
 * then the intents. Nothing is decided before all of it is known, so it is asked for at once.
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
  const looks = looksAt(wishes)
  const paced = looks.filter(({ neededMs }) => neededMs > 0)
  const intents = wishes.map(({ intent }) => intent)
  const workspaceIds = intents.map(({ change }) => change.workspaceId)
  const [held, history, permissions, { at: begunAt, gates }] = await together([
    lockRuns(connection, s, intents),
    paced.length === 0 ? Promise.resolve(null) : lockAndRead(connection, s, paced, now),
    permissionsOf(connection, s, looks),
    holdGates(context, connection, { workspaceIds, now }),
  ])
  const isOurs = ({ intent }: Wish): boolean => held.has(intent.change.recipientId)
  judge(
    looks.filter(({ wish }) => isOurs(wish)),
    { history, permissions },
    now,
  )
  const open = wishes.filter((wish) => wish.result === null && isOurs(wish))
  const starting: Wish[] = []
  for (const wish of open) {
    const { change, delivery } = wish.intent
    const closed = gates.some((gate) => covers(gate, { ...delivery, workspaceId: change.workspaceId }))
    if (closed) wish.result = { result: 'closed' }
    else starting.push(wish)
  }
  if (starting.length === 0) return
  const areNew = starting.every(({ intent }) => held.get(intent.change.recipientId) === 'new')
  const written = await write(context, connection, starting, { permitUntil: begunAt + permitMs, areNew })
  for (const wish of starting) {
    const { recipientId, expectedFence } = wish.intent.change
    if (!written.has(recipientId)) continue
    wish.result = { result: 'started', fence: expectedFence + 1, permitUntil: begunAt + permitMs }
  }
}

/**
 * Locks the runs whose claim holds, in id order; leaves out those with an event that waits to be taken in. Says of each whether its delivery
 * was written before: deliveries are only written beside their run, which is locked.
 */
async function lockRuns(
  connection: Connection,
  s: string,
  intents: readonly Intent[],
): Promise<ReadonlyMap<number, 'new' | 'written'>> {
  const sorted = [...intents].sort((a, b) => a.change.recipientId - b.change.recipientId)
  const locking = connection.query<{ ids: string | null }>(
    `select ${idList('id')} as ids from (
       select r.id from ${s}.campaign_recipients r join ${claimRows.from('t')}
         on r.id = t.id and r.workspace_id = t.workspace_id and r.fence = t.fence order by r.id for update of r) locked`,
    claimRows.params(sorted),
  )
  // A statement of its own: it sees what was committed while we waited for the runs.
  const looking = connection.query<{ fresh: string | null; written: string | null }>(
    `select ${idList('t.id')} filter (where d.id is null) as fresh, ${idList('t.id')} filter (where d.id is not null) as written
     from ${claimRows.from('t')}
     left join lateral (select * from ${s}.campaign_deliveries d where d.id = t.delivery_id offset 0) d on true
     where not exists (select from ${s}.inbox i where i.workspace_id = t.workspace_id and i.contact_id = t.contact_id and i.kind = 'event')
       and (d.id is null or (d.workspace_id = t.workspace_id and d.state = any('{scheduled,retry_wait}')))`,
    claimRows.params(sorted),
  )
  const [[locked], [free]] = await together([locking, looking])
  const held = new Set(idsIn(locked?.ids))
  const startable = (list: string | null | undefined, delivery: 'new' | 'written') =>
    idsIn(list).flatMap((id) => (held.has(id) ? [[id, delivery] as const] : []))
  return new Map([...startable(free?.fresh, 'new'), ...startable(free?.written, 'written')])
}

function looksAt(wishes: readonly Wish[]): readonly Look[] {
  return wishes.flatMap((wish): Look | [] => {
    const { change, delivery, guard } = wish.intent
    if (guard === null) return []
    const key = contactKey({ workspaceId: change.workspaceId, contactId: delivery.contactId })
    return { wish, guard, key, neededMs: historyNeededMs(guard) }
  })
}

/** The last look, contact by contact under its pacing row; of several messages to one contact each counts against the next. */
function judge(
  looks: readonly Look[],
  {
    history,
    permissions,
  }: {
    readonly history: Map<string, readonly Sent[]> | null
    readonly permissions: ReadonlyMap<string, Permissions>
  },
  now: Instant,
): void {
  for (const { wish, guard, key, neededMs } of looks) {
    const { consents, suppressions } = permissions.get(key) ?? noPermissions
    const sent = neededMs === 0 ? [] : sentBefore(history?.get(key) ?? [], wish, now - neededMs)
    const verdict = judgeIntent(guard, { consents, suppressions, history: sent }, now)
    if (verdict.verdict !== 'start') wish.result = { result: 'refused', verdict }
    else history?.set(key, [...(history.get(key) ?? []), ...recordOf(wish, now)])
  }
}

/** What counts against a message: other ones than itself, since then. */
function sentBefore(history: readonly Sent[], { intent }: Wish, since: Instant): readonly Sent[] {
  return history.filter(({ id, at }) => id !== intent.delivery.id && at >= since)
}

/** What is about to start counts against the next message to the contact; calls of webhooks and actions do not. */
function recordOf({ intent: { delivery } }: Wish, now: Instant): readonly Sent[] {
  const { id, kind, channel, category } = delivery
  return kind === 'message' ? [{ id, at: delivery.intendedAt ?? now, channel, category }] : []
}

/** One query per batch, not per contact. A contact's addresses of all channels are asked for together. */
function permissionsOf(
  connection: Connection,
  s: string,
  looks: readonly Look[],
): Promise<ReadonlyMap<string, Permissions>> {
  const keys = new Map<string, PermissionKey>()
  for (const { wish, guard, key } of looks) {
    const { change, delivery } = wish.intent
    const addresses = { ...keys.get(key)?.addresses, [guard.channel]: guard.address }
    keys.set(key, { workspaceId: change.workspaceId, contactId: delivery.contactId, addresses })
  }
  return readPermissions((text, params) => connection.query(text, params), s, [...keys.values()])
}

/** Locks the contacts' pacing rows, in contact order, and reads what was sent to them. */
async function lockAndRead(
  connection: Connection,
  s: string,
  looks: readonly Look[],
  now: Instant,
): Promise<Map<string, readonly Sent[]>> {
  const contacts = [...new Map(looks.map(({ key, wish }) => [key, wish.intent])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { change, delivery }]) => ({ workspaceId: change.workspaceId, contactId: delivery.contactId }))
  const since = now - Math.max(...looks.map(({ neededMs }) => neededMs))
  const params = contactRows.params(contacts)
  const making = connection.query(
    `insert into ${s}.contact_pacing (${contactRows.columns}) select ${contactRows.columns} from ${contactRows.from('t')}
     order by 1, 2 on conflict do nothing`,
    params,
  )
  const locking = connection.query(
    `select from ${s}.contact_pacing p join ${contactRows.from('t')} using (workspace_id, contact_id)
     order by p.workspace_id, p.contact_id for update of p`,
    params,
  )
  const reading = connection.query<Sent & { readonly workspaceId: string; readonly contactId: string }>(
    `select ${int('d.id')} as id, d.workspace_id as "workspaceId", d.contact_id as "contactId", ${ms('d.intended_at')} as at, d.channel, d.category
     from ${contactRows.from('t')}
     join ${s}.campaign_entries e using (workspace_id, contact_id)
     join ${s}.campaign_deliveries d on d.recipient_id = e.recipient_id
     where d.kind = 'message' and d.intended_at >= $3::timestamptz and d.state <> all('{failed,canceled}') order by d.intended_at, d.id`,
    [...params, instant(since)],
  )
  const [, , rows] = await together([making, locking, reading])
  const found = new Map<string, readonly Sent[]>()
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
  { permitUntil, areNew }: { readonly permitUntil: Instant; readonly areNew: boolean },
): Promise<ReadonlySet<number>> {
  const { s } = context
  const intents = wishes.map(({ intent }) => intent)
  const changes = intents.map(({ change }) => change)
  const [written] = await together([
    writeRecipients(context, connection, changes, { keepClaims: true }),
    applyRest(context, connection, changes, latestOf(context)),
    writeDeliveryRows(context, connection, deliveriesOf(intents), { permitUntil, areNew }),
    keepContents(connection, s, intents),
  ])
  return written
}

async function keepContents(connection: Connection, s: string, intents: readonly Intent[]): Promise<void> {
  for (const { delivery, content } of intents) {
    if (content === null) continue
    await connection.query(
      `insert into ${s}.delivery_contents (delivery_id, attempt, content) values ($1::bigint, $2::int, $3::json)
       on conflict (delivery_id, attempt) do update set content = excluded.content`,
      [delivery.id, delivery.attempts, document(content)],
    )
  }
}

function deliveriesOf(intents: readonly Intent[]): readonly Delivery[] {
  return intents.map(({ delivery, change: { workspaceId } }) =>
    delivery.workspaceId === workspaceId ? delivery : { ...delivery, workspaceId },
  )
}
