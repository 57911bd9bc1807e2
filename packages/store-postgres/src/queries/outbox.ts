import {
  type Backlog,
  ConflictError,
  type EventType,
  type OutboxStore,
  type WebhookAttempt,
  type WebhookEndpoint,
} from '@drumbeat/core'
import { arrayLiteral } from '../sql/array-literal.js'
import { document, fromJson } from '../sql/json.js'
import { instant, int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { claimEvents, settleEvents, writeAttempts, writeEndpoint } from './telling.js'

const rowsAtOnce = 20_000

/** Endpoints, and what they have not been told yet. */
export function outboxQueries(context: QueryContext): OutboxStore {
  const { database, s, clock } = context
  const ofEndpoint = 'workspace_id = $1 and endpoint_id = $2'
  return {
    async endpoints({ workspaceId }) {
      const rows = await database.read<{ definition: string }>(
        `select definition::text as definition from ${s}.webhook_endpoints where workspace_id = $1 order by created_at, endpoint_id`,
        [workspaceId],
      )
      return rows.map(({ definition }) => fromJson<WebhookEndpoint>(definition))
    },
    async saveEndpoint({ endpoint, expectedRevision }) {
      const { workspaceId, id, types, revision, createdAt } = endpoint
      const written = await database.write((connection) =>
        expectedRevision === null
          ? connection.query(
              `insert into ${s}.webhook_endpoints (workspace_id, endpoint_id, types, disabled_at, revision, created_at, definition)
               values ($1, $2, $3::text[], $4::timestamptz, $5::bigint, $6::timestamptz, $7::json) on conflict do nothing returning 1`,
              [
                workspaceId,
                id,
                arrayLiteral(types),
                instant(endpoint.disabled?.at ?? null),
                revision,
                instant(createdAt),
                document(endpoint),
              ],
            )
          : writeEndpoint(context, connection, endpoint, expectedRevision),
      )
      if (written.length > 0) return
      throw expectedRevision === null
        ? new ConflictError(`Webhook endpoint "${id}" exists already.`, { kind: 'duplicate' })
        : new ConflictError(
            `Webhook endpoint "${id}" is not at revision ${expectedRevision} any more. Read it again.`,
            {
              kind: 'stale',
            },
          )
    },
    deleteEndpoint: ({ workspaceId, endpointId }) =>
      database.write(async (connection) => {
        const key = [workspaceId, endpointId]
        for (const table of ['outbox', 'webhook_attempts'])
          await connection.query(`delete from ${s}.${table} where ${ofEndpoint}`, key)
        const gone = await connection.query(`delete from ${s}.webhook_endpoints where ${ofEndpoint} returning 1`, key)
        return gone.length > 0
      }),
    wanted: ({ workspaceIds, tx }) =>
      database.write(
        async (connection) => {
          const rows = await connection.query<{ workspaceId: string; types: string }>(
            `select workspace_id as "workspaceId", array_to_json(types)::text as types from ${s}.webhook_endpoints
             where workspace_id = any($1::text[]) and disabled_at is null order by workspace_id, created_at, endpoint_id`,
            [arrayLiteral([...new Set(workspaceIds)])],
          )
          return rows.map(({ workspaceId, types }) => ({ workspaceId, types: fromJson<EventType[]>(types) }))
        },
        { tx, readOnly: tx === undefined },
      ),
    claim: (request) => database.write((connection) => claimEvents(context, connection, request)),
    settle: (request) => database.write((connection) => settleEvents(context, connection, request)),
    recordAttempt: ({ report, ...key }) =>
      database.write((connection) => writeAttempts(context, connection, [{ ...key, report }])),
    async requeue({ workspaceId, endpointId, setAside, now }) {
      const rows = await database.write((connection) =>
        connection.query(
          `update ${s}.outbox set due_at = $3::timestamptz, attempts = case when set_aside then 0 else attempts end, set_aside = false
           where ${ofEndpoint} and ($4::boolean or not set_aside) returning 1`,
          [workspaceId, endpointId, clock.named(now), setAside],
        ),
      )
      return rows.length
    },
    attempts: ({ workspaceId, endpointId, limit }) =>
      database.read<WebhookAttempt>(
        `select event_id as "eventId", type, ${int('attempt')} as attempt, ${ms('at')} as at, ${int('duration_ms')} as "durationMs",
           answer, ${int('status')} as status, code
         from ${s}.webhook_attempts where ${ofEndpoint} order by id desc limit $3::int`,
        [workspaceId, endpointId, limit],
      ),
    backlog: ({ workspaceId }) =>
      database.read<Backlog>(
        `select e.endpoint_id as "endpointId", ${int('count(*) filter (where not o.set_aside)')} as waiting,
           ${int('count(*) filter (where o.set_aside)')} as "setAside"
         from ${s}.webhook_endpoints e join ${s}.outbox o using (workspace_id, endpoint_id)
         where e.workspace_id = $1 group by e.created_at, e.endpoint_id order by e.created_at, e.endpoint_id`,
        [workspaceId],
      ),
    async nextDueAt() {
      const [row] = await database.read<{ at: number | null }>(
        `select ${ms('min(greatest(o.due_at, o.lease_expires_at))')} as at
         from ${s}.outbox o join ${s}.webhook_endpoints e using (workspace_id, endpoint_id)
         where not o.set_aside and e.disabled_at is null and not exists (
           select from ${s}.outbox p where p.workspace_id = o.workspace_id and p.endpoint_id = o.endpoint_id
             and p.stream = o.stream and p.id < o.id and not p.set_aside)`,
      )
      return row?.at ?? null
    },
    async tidy({ attemptsBefore, eventsBefore }) {
      let forgotten = 0
      for (const [table, column, before] of [
        ['webhook_attempts', 'at', attemptsBefore],
        ['outbox', 'written_at', eventsBefore],
      ] as const) {
        const [row] = await database.write((connection) =>
          connection.query<{ n: number }>(
            `with gone as (
               delete from ${s}.${table} where ctid = any(array(
                 select ctid from ${s}.${table} where ${column} < $1::timestamptz limit ${rowsAtOnce} for update skip locked)) returning 1)
             select ${int('count(*)')} as n from gone`,
            [instant(before)],
          ),
        )
        forgotten += row?.n ?? 0
      }
      return forgotten
    },
  }
}
