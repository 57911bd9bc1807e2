import { type ContactIngest, contactKey, type Fact, type FactSet, type InboxStore, mergeFacts } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { fromJson, jsonb } from '../sql/json.js'
import { keyOf } from '../sql/rounds.js'
import { int } from '../sql/values.js'
import { applyChanges, count } from './changes.js'
import type { QueryContext } from './context.js'
import { beginAll } from './enroll.js'
import { appendEntries, appendOutbox } from './outbox-writes.js'
import { changePermissions } from './permissions.js'
import { latestOf } from './recipients.js'

const contactRows = batch<ContactIngest>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
})

/** Takes in contacts' items, each contact on the condition that its live runs are exactly as they were when it was decided about. */
export function ingest(context: QueryContext, contacts: readonly ContactIngest[]): ReturnType<InboxStore['ingest']> {
  if (contacts.length === 0) return Promise.resolve({ conflicts: [], enrolled: 0 })
  return context.database.write(async (connection) => {
    const { s } = context
    const items = await lockItems(connection, s, contacts)
    await lockLiveRuns(connection, s, contacts)
    const live = await readLiveRuns(connection, s, contacts)
    const unchanged = contacts.filter((contact) => isUnchanged(contact, items, live))
    const chosen = new Set(unchanged)
    const conflicts = contacts.filter((contact) => !chosen.has(contact)).map(contactKey)
    await connection.query(`delete from ${s}.inbox where seq = any($1::bigint[])`, [
      arrayLiteral(unchanged.flatMap(({ seqs }) => seqs)),
    ])
    await mergeReports(connection, s, unchanged)
    await changePermissions(
      connection,
      s,
      unchanged.flatMap(({ workspaceId, permissions }) => permissions.map((change) => ({ workspaceId, change }))),
    )
    await count(connection, s, unchanged)
    await appendOutbox(context, connection, unchanged)
    const changes = unchanged.flatMap((contact) =>
      contact.changes.map((change) => ({ ...change, workspaceId: contact.workspaceId })),
    )
    await applyChanges(context, connection, changes, latestOf(context))
    const begun = await beginAll(
      context,
      connection,
      unchanged.flatMap(({ newRuns }) => newRuns),
    )
    const toldBy = new Map(unchanged.map((contact) => [contactKey(contact), contact.onEntry]))
    await appendEntries(context, connection, begun, (run) => toldBy.get(contactKey(run))?.(run) ?? [])
    return { conflicts, enrolled: begun.length }
  })
}

/** The items that are still there, by number; theirs to take in for whoever locks them first. */
async function lockItems(
  connection: Connection,
  s: string,
  contacts: readonly ContactIngest[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await connection.query<{ seq: number; workspaceId: string; contactId: string }>(
    `select ${int('seq')} as seq, workspace_id as "workspaceId", contact_id as "contactId" from ${s}.inbox
     where seq = any($1::bigint[]) order by seq for update`,
    [arrayLiteral(contacts.flatMap(({ seqs }) => seqs))],
  )
  return new Map(rows.map((row) => [row.seq, contactKey(row)]))
}

const liveOf = (s: string): string =>
  `${contactRows.from('t')} join ${s}.campaign_entries e using (workspace_id, contact_id)
   join ${s}.campaign_recipients r on r.id = e.recipient_id where r.status = 'active' order by r.id`

async function lockLiveRuns(connection: Connection, s: string, contacts: readonly ContactIngest[]): Promise<void> {
  await connection.query(`select ${int('r.id')} as id from ${liveOf(s)} for update of r`, contactRows.params(contacts))
}

/** A new statement, so that what committed while we waited for the locks is seen. */
async function readLiveRuns(
  connection: Connection,
  s: string,
  contacts: readonly ContactIngest[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const rows = await connection.query<{ id: number; fence: number; workspaceId: string; contactId: string }>(
    `select ${int('r.id')} as id, ${int('r.fence')} as fence, r.workspace_id as "workspaceId", r.contact_id as "contactId" from ${liveOf(s)}`,
    contactRows.params(contacts),
  )
  const found = new Map<string, Map<number, number>>()
  for (const row of rows) {
    const mine = found.get(contactKey(row)) ?? new Map<number, number>()
    found.set(contactKey(row), mine.set(row.id, row.fence))
  }
  return found
}

function isUnchanged(
  contact: ContactIngest,
  items: ReadonlyMap<number, string>,
  live: ReadonlyMap<string, ReadonlyMap<number, number>>,
): boolean {
  const key = contactKey(contact)
  const runs = live.get(key) ?? new Map<number, number>()
  const fences = new Map(contact.expected.map(({ id, fence }) => [id, fence]))
  return (
    runs.size === fences.size &&
    [...runs].every(([id, fence]) => fences.get(id) === fence) &&
    contact.changes.every(({ recipientId, expectedFence }) => fences.get(recipientId) === expectedFence) &&
    contact.seqs.every((seq) => items.get(seq) === key)
  )
}

const mergedFacts = batch<{ readonly id: number; readonly facts: FactSet }>({
  id: ['bigint', ({ id }) => id],
  facts: ['jsonb', ({ facts }) => jsonb(facts)],
})

async function mergeReports(connection: Connection, s: string, contacts: readonly ContactIngest[]): Promise<void> {
  const reports = contacts.flatMap(({ workspaceId, facts }) => facts.map((report) => ({ ...report, workspaceId })))
  if (reports.length === 0) return
  const ids = [...new Set(reports.map(({ deliveryId }) => deliveryId))]
  const rows = await connection.query<{ id: number; workspaceId: string; facts: string }>(
    `select ${int('d.id')} as id, d.workspace_id as "workspaceId", d.facts::text as facts
     from ${s}.campaign_deliveries d where d.id = any($1::bigint[]) order by d.id for update`,
    [arrayLiteral(ids)],
  )
  const reported = new Map<string, Fact[]>()
  for (const { deliveryId, workspaceId, facts } of reports) {
    const key = keyOf(workspaceId, deliveryId)
    reported.set(key, [...(reported.get(key) ?? []), ...facts])
  }
  const merged = rows.map(({ id, workspaceId, facts }) => ({
    id,
    facts: mergeFacts(fromJson<FactSet>(facts), reported.get(keyOf(workspaceId, id)) ?? []),
  }))
  await connection.query(
    `update ${s}.campaign_deliveries d set facts = t.facts from ${mergedFacts.from('t')} where d.id = t.id`,
    mergedFacts.params(merged),
  )
}
