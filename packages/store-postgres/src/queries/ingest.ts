import {
  type ContactIngest,
  contactKey,
  type FactKind,
  type FactSet,
  type InboxStore,
  mergeFacts,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { jsonb } from '../sql/json.js'
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

/** Reports of contacts say nothing new any more. Nothing of the batch may be written. */
class NewsGone extends Error {
  constructor(readonly contacts: ReadonlySet<ContactIngest>) {
    super('Facts that were to be counted are known already.')
  }
}

/**
 * Takes in contacts' items, each contact on the condition that its live runs are exactly as they were when it was decided about, and that
 * what its reports were to tell is new. That is found when it is written; the rest is then written anew.
 */
export async function ingest(
  context: QueryContext,
  contacts: readonly ContactIngest[],
): ReturnType<InboxStore['ingest']> {
  const told = new Set<ContactIngest>()
  for (;;) {
    const left = contacts.filter((contact) => !told.has(contact))
    if (left.length === 0) return { conflicts: [...told].map(contactKey), enrolled: 0 }
    try {
      const { conflicts, enrolled } = await ingestAll(context, left)
      return { conflicts: [...[...told].map(contactKey), ...conflicts], enrolled }
    } catch (error) {
      if (!(error instanceof NewsGone)) throw error
      for (const contact of error.contacts) told.add(contact)
    }
  }
}

function ingestAll(context: QueryContext, contacts: readonly ContactIngest[]): ReturnType<InboxStore['ingest']> {
  return context.database.write(async (connection) => {
    const { s } = context
    const items = await lockItems(connection, s, contacts)
    await lockRuns(connection, s, contacts)
    const live = await readLiveRuns(connection, s, contacts)
    const unchanged = contacts.filter((contact) => isUnchanged(contact, items, live))
    const chosen = new Set(unchanged)
    const conflicts = contacts.filter((contact) => !chosen.has(contact)).map(contactKey)
    await mergeReports(connection, s, unchanged)
    await connection.query(`delete from ${s}.inbox where seq = any($1::bigint[])`, [
      arrayLiteral(unchanged.flatMap(({ seqs }) => seqs)),
    ])
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

/** Locks the runs that were decided about, in id order. */
async function lockRuns(connection: Connection, s: string, contacts: readonly ContactIngest[]): Promise<void> {
  const ids = contacts.flatMap(({ expected }) => expected.map(({ id }) => id))
  if (ids.length === 0) return
  await connection.query(
    `select from ${s}.campaign_recipients r where r.id = any($1::bigint[]) order by r.id for update`,
    [arrayLiteral(ids)],
  )
}

/** All live runs of the contacts. A new statement, so that what committed while we waited for the locks is seen. */
async function readLiveRuns(
  connection: Connection,
  s: string,
  contacts: readonly ContactIngest[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const rows = await connection.query<{ id: number; fence: number; workspaceId: string; contactId: string }>(
    `select ${int('r.id')} as id, ${int('r.fence')} as fence, t.workspace_id as "workspaceId", t.contact_id as "contactId"
     from ${contactRows.from('t')} ${byIndex(
       `select e.recipient_id from ${s}.campaign_entries e where e.workspace_id = t.workspace_id and e.contact_id = t.contact_id`,
       'e',
     )} join ${s}.campaign_recipients r on r.id = e.recipient_id and r.status = 'active' order by r.id`,
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

interface Reported {
  readonly contact: ContactIngest
  readonly id: number
  readonly facts: FactSet
  /** The kinds that were not known when it was decided about. */
  readonly news: readonly string[]
}

const reportedFacts = batch<Reported>({
  workspace_id: ['text', ({ contact }) => contact.workspaceId],
  id: ['bigint', ({ id }) => id],
  facts: ['jsonb', ({ facts }) => jsonb(facts)],
  news: ['text', ({ news }) => arrayLiteral(news)],
})

/**
 * Merges reports into their deliveries in one statement: each fact at its earliest time, and a delivery that has nothing new to learn is
 * not written.
 * @throws {NewsGone} when one was to learn something and knows it already.
 */
async function mergeReports(connection: Connection, s: string, contacts: readonly ContactIngest[]): Promise<void> {
  const sorted = reportedBy(contacts).sort((a, b) => a.id - b.id)
  if (sorted.length === 0) return
  const written = await connection.query<{ id: number }>(
    `update ${s}.campaign_deliveries d set facts = case
       -- Where the order does not matter, they agree on all that both know.
       when d.facts || t.facts = t.facts || d.facts then d.facts || t.facts
       else (select jsonb_object_agg(f.kind, f.at) from (
         select kind, min(at::numeric) as at
         from (select * from jsonb_each_text(d.facts) union all select * from jsonb_each_text(t.facts)) said (kind, at)
         group by kind) f) end
     from ${reportedFacts.from('t')}
     where d.id = t.id and d.workspace_id = t.workspace_id and not d.facts @> t.facts and not d.facts ?| t.news::text[]
     returning ${int('d.id')} as id`,
    reportedFacts.params(sorted),
  )
  const ids = new Set(written.map(({ id }) => id))
  const gone = sorted.filter(({ id, news }) => news.length > 0 && !ids.has(id))
  if (gone.length > 0) throw new NewsGone(new Set(gone.map(({ contact }) => contact)))
}

function reportedBy(contacts: readonly ContactIngest[]): Reported[] {
  const reported = new Map<string, Reported>()
  for (const contact of contacts) {
    for (const { deliveryId: id, facts: more, known } of contact.facts) {
      const key = keyOf(contact.workspaceId, id)
      const facts = mergeFacts(reported.get(key)?.facts ?? {}, more)
      const kinds = Object.keys(facts) as FactKind[]
      const news = known === undefined ? [] : kinds.filter((kind) => known[kind] === undefined)
      reported.set(key, { contact, id, facts, news })
    }
  }
  return [...reported.values()]
}
