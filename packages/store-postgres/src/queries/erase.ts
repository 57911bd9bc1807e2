import { type ContactStore, streamOfContact } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { int } from '../sql/values.js'
import type { QueryContext } from './context.js'

type Request = Parameters<ContactStore['erase']>[0]

/**
 * Forgets a person; true = there was something of theirs. Suppressions are keyed hashes from the start, so they stay as they are and
 * name nobody.
 */
export async function eraseContact(
  { s }: QueryContext,
  connection: Connection,
  { workspaceId, contactId, now }: Request,
): Promise<boolean> {
  const key = [workspaceId, contactId]
  const runs = `(select recipient_id from ${s}.campaign_entries where workspace_id = $1 and contact_id = $2)`
  const statements: readonly (readonly [text: string, params: readonly string[]])[] = [
    [
      `update ${s}.campaign_recipients r set
         memory = r.memory || '{"entryEvent": null, "trigger": null, "replies": {}}',
         status = case when r.status = 'active' then 'exited' else r.status end,
         reason = case when r.status = 'active' then 'erased' else r.reason end,
         ended_at = case when r.status = 'active' then $3::timestamptz else r.ended_at end,
         due_at = case when r.status = 'active' then null else r.due_at end,
         delivery_id = case when r.status = 'active' then null else r.delivery_id end,
         waiting = case when r.status = 'active' then 'timer' else r.waiting end,
         parked = r.parked and r.status <> 'active', owner = null, fence = r.fence + 1
       where r.id in ${runs} and (r.status = 'active' or r.memory->'entryEvent' <> 'null' or r.memory->'trigger' <> 'null'
         or r.memory->'replies' <> '{}') returning 1`,
      [...key, new Date(now).toISOString()],
    ],
    [
      `update ${s}.campaign_deliveries d set address = null, reply = null,
         state = case when d.state in ('scheduled', 'retry_wait') then 'canceled' else d.state end,
         reason = case when d.state in ('scheduled', 'retry_wait') then 'erased' else d.reason end
       where d.recipient_id in ${runs} and (d.state in ('scheduled', 'retry_wait') or d.address is not null or d.reply is not null) returning 1`,
      key,
    ],
    [
      `delete from ${s}.delivery_contents c using ${s}.campaign_deliveries d where d.id = c.delivery_id and d.recipient_id in ${runs} returning 1`,
      key,
    ],
    [
      `delete from ${s}.outbox o using ${s}.webhook_endpoints e where e.workspace_id = $1 and o.workspace_id = $1
         and o.endpoint_id = e.endpoint_id and o.stream = $2 returning 1`,
      [workspaceId, streamOfContact(contactId)],
    ],
    ...['inbox', 'events', 'contact_consents', 'contact_pacing', 'contacts'].map(
      (table) => [`delete from ${s}.${table} where workspace_id = $1 and contact_id = $2 returning 1`, key] as const,
    ),
  ]
  let found = 0
  for (const [text, params] of statements) {
    const [row] = await connection.query<{ rows: number }>(
      `with done as (${text}) select ${int('count(*)')} as rows from done`,
      params,
    )
    if (!text.includes('contact_pacing')) found += row?.rows ?? 0
  }
  return found > 0
}
