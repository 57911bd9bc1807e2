import {
  type ClaimedEvent,
  type EndpointKey,
  type EventType,
  endpointAfter,
  type JsonObject,
  type OutboxEvent,
  type OutboxStore,
  type Telling,
  type WebhookAttempt,
  type WebhookEndpoint,
} from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { document, fromJson } from '../sql/json.js'
import { keyOf } from '../sql/rounds.js'
import { instant, int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'

const endpointRows = batch<EndpointKey>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  endpoint_id: ['text', ({ endpointId }) => endpointId],
})

interface ClaimedRow extends Omit<OutboxEvent, 'id' | 'data' | 'type'> {
  readonly id: number
  readonly attempt: number
  readonly eventId: string
  readonly type: string
  readonly data: string
  readonly definition: string
}

/**
 * Leases the events that may be told now. The second look at a row happens as it is locked: whoever had it in between has leased it, or
 * told it.
 */
export async function claimEvents(
  { s, clock }: QueryContext,
  connection: Connection,
  { now, limit, perEndpoint, leaseMs, except }: Parameters<OutboxStore['claim']>[0],
): Promise<readonly ClaimedEvent[]> {
  const due = clock.due('$3')
  const isFree = `not o.set_aside and o.due_at <= ${due} and (o.lease_expires_at is null or o.lease_expires_at <= ${due})`
  const rows = await connection.query<ClaimedRow>(
    `with free as materialized (
       select f.id from ${s}.webhook_endpoints e cross join lateral (
         select o.id, o.due_at from ${s}.outbox o
         where o.workspace_id = e.workspace_id and o.endpoint_id = e.endpoint_id and ${isFree} and not exists (
           select from ${s}.outbox p where p.workspace_id = o.workspace_id and p.endpoint_id = o.endpoint_id
             and p.stream = o.stream and p.id < o.id and not p.set_aside)
         order by o.due_at, o.id limit $4::int) f
       where e.disabled_at is null and not exists (
         select from ${endpointRows.from('t')} where t.workspace_id = e.workspace_id and t.endpoint_id = e.endpoint_id)
       order by f.due_at, f.id limit $5::int),
     picked as materialized (
       select o.id from ${s}.outbox o where o.id in (select id from free) and ${isFree} order by o.id for update skip locked),
     leased as (
       update ${s}.outbox o set attempts = o.attempts + 1,
         lease_expires_at = ${clock.stamp('$3')} + $6::float8 * interval '1 millisecond'
       from picked p where o.id = p.id returning o.*)
     select ${int('l.id')} as id, ${int('l.attempts')} as attempt, l.workspace_id as "workspaceId", l.event_id as "eventId", l.type,
       l.stream, ${ms('l.at')} as at, l.data::text as data, e.definition::text as definition
     from leased l join ${s}.webhook_endpoints e using (workspace_id, endpoint_id) order by l.due_at, l.id`,
    [...endpointRows.params(except), clock.named(now), perEndpoint, limit, leaseMs],
  )
  return rows.map(({ id, attempt, workspaceId, eventId, type, stream, at, data, definition }) => ({
    id,
    attempt,
    endpoint: fromJson<WebhookEndpoint>(definition),
    event: { workspaceId, id: eventId, type: type as EventType, at, stream, data: fromJson<JsonObject>(data) },
  }))
}

const tellingRows = batch<Telling>({
  id: ['bigint', ({ id }) => id],
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  endpoint_id: ['text', ({ endpointId }) => endpointId],
  attempts: ['int', ({ report }) => report.attempt],
  retry_at: ['timestamptz', ({ retryAt }) => instant(retryAt)],
})

/** Writes how attempts ended; returns the endpoints that are disabled because of them. */
export async function settleEvents(
  context: QueryContext,
  connection: Connection,
  request: Parameters<OutboxStore['settle']>[0],
): Promise<readonly WebhookEndpoint[]> {
  const { s } = context
  const rows = await connection.query<{ id: number }>(
    `select ${int('o.id')} as id from ${s}.outbox o join ${tellingRows.from('t')} using (id, workspace_id, endpoint_id, attempts)
     where not o.set_aside order by o.id for update of o`,
    tellingRows.params(request.tellings),
  )
  const current = new Set(rows.map(({ id }) => id))
  const written = request.tellings.filter(({ id }) => current.has(id))
  if (written.length === 0) return []
  await writeAttempts(context, connection, written)
  const failed = written.filter(({ report }) => report.answer !== 'taken')
  const taken = written.filter(({ report }) => report.answer === 'taken')
  await connection.query(`delete from ${s}.outbox where id = any($1::bigint[])`, [
    arrayLiteral(taken.map(({ id }) => id)),
  ])
  await connection.query(
    `update ${s}.outbox o set lease_expires_at = null, set_aside = t.retry_at is null from ${tellingRows.from('t')} where o.id = t.id`,
    tellingRows.params(failed),
  )
  // The whole stream waits: nobody needs to look at what stands behind.
  await connection.query(
    `update ${s}.outbox x set due_at = greatest(x.due_at, t.retry_at)
     from ${tellingRows.from('t')} join ${s}.outbox o on o.id = t.id and t.retry_at is not null
     where x.workspace_id = o.workspace_id and x.endpoint_id = o.endpoint_id and x.stream = o.stream`,
    tellingRows.params(failed),
  )
  return judgeEndpoints(context, connection, written, request)
}

async function judgeEndpoints(
  context: QueryContext,
  connection: Connection,
  tellings: readonly Telling[],
  request: Parameters<OutboxStore['settle']>[0],
): Promise<readonly WebhookEndpoint[]> {
  const keys = new Map(tellings.map((one) => [keyOf(one.workspaceId, one.endpointId), one]))
  const rows = await connection.query<{ definition: string }>(
    `select e.definition::text as definition from ${context.s}.webhook_endpoints e join ${endpointRows.from('t')}
     using (workspace_id, endpoint_id) order by e.workspace_id, e.endpoint_id for update of e`,
    endpointRows.params([...keys.values()]),
  )
  const disabled: WebhookEndpoint[] = []
  for (const before of rows.map(({ definition }) => fromJson<WebhookEndpoint>(definition))) {
    const mine = tellings.filter((one) => one.workspaceId === before.workspaceId && one.endpointId === before.id)
    const after = endpointAfter(
      before,
      mine.map(({ report }) => report.answer),
      request,
    )
    if (after.failingSince === before.failingSince && after.disabled === before.disabled) continue
    await writeEndpoint(context, connection, after, before.revision)
    if (before.disabled === null && after.disabled !== null) disabled.push(after)
  }
  return disabled
}

/** Writes an endpoint over the one of that revision; no row = it is not at that revision any more. */
export function writeEndpoint(
  { s }: QueryContext,
  connection: Connection,
  endpoint: WebhookEndpoint,
  expectedRevision: number,
): Promise<readonly unknown[]> {
  const { workspaceId, id, types, disabled, revision } = endpoint
  return connection.query(
    `update ${s}.webhook_endpoints set types = $3::text[], disabled_at = $4::timestamptz, revision = $5::bigint, definition = $6::json
     where workspace_id = $1 and endpoint_id = $2 and revision = $7::bigint returning 1`,
    [
      workspaceId,
      id,
      arrayLiteral(types),
      instant(disabled?.at ?? null),
      revision,
      document(endpoint),
      expectedRevision,
    ],
  )
}

const attemptRows = batch<EndpointKey & { readonly report: WebhookAttempt }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  endpoint_id: ['text', ({ endpointId }) => endpointId],
  event_id: ['text', ({ report }) => report.eventId],
  type: ['text', ({ report }) => report.type],
  attempt: ['int', ({ report }) => report.attempt],
  at: ['timestamptz', ({ report }) => instant(report.at)],
  duration_ms: ['int', ({ report }) => Math.round(report.durationMs)],
  answer: ['text', ({ report }) => report.answer],
  status: ['int', ({ report }) => report.status],
  code: ['text', ({ report }) => report.code],
})

/** Keeps how attempts at endpoints ended that still exist. */
export async function writeAttempts(
  { s }: QueryContext,
  connection: Connection,
  attempts: readonly (EndpointKey & { readonly report: WebhookAttempt })[],
): Promise<void> {
  await connection.query(
    `insert into ${s}.webhook_attempts (${attemptRows.columns})
     select ${attemptRows.columns} from ${attemptRows.numbered('t')}
     where exists (select from ${s}.webhook_endpoints e where e.workspace_id = t.workspace_id and e.endpoint_id = t.endpoint_id)
     order by t.n`,
    attemptRows.params(attempts),
  )
}
