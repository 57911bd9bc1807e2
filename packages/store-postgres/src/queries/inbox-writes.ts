import type { Instant, NewEvent } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { jsonb } from '../sql/json.js'
import { instant, int } from '../sql/values.js'

/** An event of a workspace. */
export interface ScopedEvent {
  readonly workspaceId: string
  readonly event: NewEvent
}

const eventRows = batch<ScopedEvent>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  event_id: ['text', ({ event }) => event.id],
  contact_id: ['text', ({ event }) => event.contactId],
  name: ['text', ({ event }) => event.name],
  at: ['timestamptz', ({ event }) => instant(event.at)],
  data: ['jsonb', ({ event }) => jsonb(event.data)],
})

/**
 * Rows with a column `place` for their number in the order of ingestion: for reports and contact changes, which have it at once. No run
 * remembers it, so nothing is missed when one with a lower number commits later. Events have theirs when they are first looked at.
 */
export const placed = (s: string, rows: string): string =>
  `(select nextval('${s}.inbox_seqs') as place, x.* from (${rows}) x) placed`

/** Appends events and their inbox rows, once per event id: of several in one batch the first counts. Returns how many were new. */
export async function appendEvents(
  connection: Connection,
  s: string,
  events: readonly ScopedEvent[],
  now: Instant,
): Promise<number> {
  if (events.length === 0) return 0
  const [row] = await connection.query<{ appended: number }>(
    `with added as (
       insert into ${s}.events (${eventRows.columns})
       select ${eventRows.columns} from ${eventRows.numbered('t')} order by n
       on conflict do nothing returning workspace_id, event_id, contact_id),
     boxed as (
       insert into ${s}.inbox (workspace_id, contact_id, received_at, kind, event_id)
       select a.workspace_id, a.contact_id, $${eventRows.size + 1}::timestamptz, 'event', a.event_id
       from added a join (select workspace_id, event_id, min(n) as n from ${eventRows.numbered('t')}
             group by workspace_id, event_id) t using (workspace_id, event_id) order by t.n returning 1)
     select ${int('count(*)')} as appended from boxed`,
    [...eventRows.params(events), instant(now)],
  )
  return row?.appended ?? 0
}

const contactRows = batch<{ readonly workspaceId: string; readonly contactId: string }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  contact_id: ['text', ({ contactId }) => contactId],
})

/** Puts the news that contacts have changed into the inbox. */
export async function appendChanged(
  connection: Connection,
  s: string,
  contacts: readonly { readonly workspaceId: string; readonly contactId: string }[],
  now: Instant,
): Promise<void> {
  if (contacts.length === 0) return
  await connection.query(
    `insert into ${s}.inbox (id, seq, workspace_id, contact_id, received_at, kind)
     select place, place, workspace_id, contact_id, $3::timestamptz, 'contact_changed'
     from ${placed(s, `select * from ${contactRows.numbered('t')} order by n`)}`,
    [...contactRows.params(contacts), instant(now)],
  )
}
