import type { OnEntry, OutboxEvent, Recipient } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { jsonb } from '../sql/json.js'
import { instant } from '../sql/values.js'
import type { QueryContext } from './context.js'

const eventRows = batch<OutboxEvent>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  event_id: ['text', ({ id }) => id],
  type: ['text', ({ type }) => type],
  stream: ['text', ({ stream }) => stream],
  at: ['timestamptz', ({ at }) => instant(at)],
  data: ['json', ({ data }) => jsonb(data)],
})

/** Something that events to be told come with. */
export interface Telling {
  readonly workspaceId: string
  readonly outbox?: readonly OutboxEvent[]
}

/** Writes events for every endpoint that wants them, in the transaction of what they tell of, whose rows are locked by then. */
export async function appendOutbox(
  { s, clock }: QueryContext,
  connection: Connection,
  tellings: readonly Telling[],
): Promise<void> {
  const events = tellings.flatMap(({ workspaceId, outbox = [] }) => outbox.map((event) => ({ ...event, workspaceId })))
  if (events.length === 0) return
  const stamp = clock.stamp(`$${eventRows.size + 1}`)
  await connection.query(
    `insert into ${s}.outbox (endpoint_id, ${eventRows.columns}, written_at, due_at)
     select e.endpoint_id, t.workspace_id, t.event_id, t.type, t.stream, t.at, t.data, ${stamp}, ${stamp}
     from ${eventRows.numbered('t')} join ${s}.webhook_endpoints e on e.workspace_id = t.workspace_id
       and e.disabled_at is null and (e.types = '{}' or t.type = any(e.types)) order by t.n`,
    [...eventRows.params(events), clock.unnamed()],
  )
}

/** Writes what is to be told of runs that began. */
export async function appendEntries(
  context: QueryContext,
  connection: Connection,
  begun: readonly Recipient[],
  onEntry: OnEntry | undefined,
): Promise<void> {
  if (onEntry === undefined) return
  const tellings = begun.map((run) => ({ workspaceId: run.workspaceId, outbox: onEntry(run) }))
  await appendOutbox(context, connection, tellings)
}
