import {
  type AuditEntry,
  type ClosedGate,
  type ControlStore,
  StorageError,
  type WorkspaceSettings,
} from '@drumbeat/core'
import type { Param } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { document, fromJson } from '../sql/json.js'
import { int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import type { DefaultRange } from './default-range.js'
import { gateColumns, scopeTest, setGate } from './gates.js'
import { nextWorkAt } from './next-work.js'
import { finishTestSend, permitTestSend } from './test-sends.js'
import { tidy } from './tidy.js'

/** Leases, gates, workspaces and the audit log. */
export function controlQueries(context: QueryContext, defaultRange: DefaultRange): ControlStore {
  const { database, s, clock } = context
  const control = { pool: 'control' } as const
  return {
    async heartbeat({ engineId, epoch, leaseMs, now }) {
      const stamp = clock.stamp('$2')
      const lease = `${stamp} + $3::float8 * interval '1 millisecond'`
      const returned = `${int('epoch')} as epoch, ${ms('lease_expires_at')} as "leaseExpiresAt", ${ms(stamp)} as "storeNow"`
      const params: Param[] = [engineId, clock.named(now), leaseMs]
      // The first epoch is the time in seconds: an engine that was forgotten comes back with a later one than it ever had.
      const text =
        epoch === null
          ? `insert into ${s}.engines as e (engine_id, epoch, lease_expires_at) values ($1, floor(extract(epoch from ${stamp}))::bigint, ${lease})
             on conflict (engine_id) do update set epoch = e.epoch + 1, lease_expires_at = excluded.lease_expires_at
             returning ${returned}`
          : `update ${s}.engines set lease_expires_at = ${lease}
             where engine_id = $1 and epoch = $4::bigint and lease_expires_at > ${stamp} returning ${returned}`
      const rows = await database.write(
        (connection) =>
          connection.query<{ epoch: number; leaseExpiresAt: number; storeNow: number }>(
            text,
            epoch === null ? params : [...params, epoch],
          ),
        control,
      )
      return rows[0] ?? null
    },
    async retire({ engineId, epoch }) {
      await database.write(
        (connection) =>
          connection.query(
            `update ${s}.engines set lease_expires_at = lease_expires_at - interval '1 hour' where engine_id = $1 and epoch = $2::bigint`,
            [engineId, epoch],
          ),
        control,
      )
    },
    setGate: (change) => database.write((connection) => setGate(context, connection, change), control),
    closedGates: ({ workspaceIds }) =>
      database.read<ClosedGate>(
        `select ${gateColumns} from ${s}.gates where $1::text[] is null or workspace_id = any($1::text[])
         order by workspace_id, kind, ref`,
        [workspaceIds === null ? null : arrayLiteral(workspaceIds)],
        'control',
      ),
    async openAttempts({ scope, now }) {
      const [row] = await database.read<{ inFlight: number; permitted: number }>(
        `select ${int('count(*)')} as "inFlight",
           ${int(`count(*) filter (where permit_until > ${clock.stamp('$4')})`)} as permitted
         from (
           select p.permit_until from ${s}.call_permits p
             cross join lateral unnest(p.delivery_ids, p.attempts) as a(delivery_id, n)
             join ${s}.campaign_deliveries d on d.id = a.delivery_id and d.state = 'sending' and d.attempts = coalesce(a.n, p.attempts[1])
           where p.open > 0 and d.workspace_id = $1 and ${scopeTest('$2', '$3')}
           union all
           select permit_until from ${s}.test_sends where finished_at > ${clock.stamp('$4')} and workspace_id = $1
             and ($2::text = 'workspace' or ($2::text = 'account' and account = $3::text))) begun`,
        [scope.workspaceId, scope.kind, scope.ref, clock.named(now)],
        'control',
      )
      return row ?? { inFlight: 0, permitted: 0 }
    },
    permitTestSend: (request) => permitTestSend(context, request),
    finishTestSend: (request) => finishTestSend(context, request),
    async secret() {
      const [row] = await database.read<{ secret: string }>(
        `select encode(sha256(hash_key || convert_to('engine', 'UTF8')), 'hex') as secret from ${s}.installation`,
      )
      if (row === undefined) throw new StorageError('The table "installation" is empty: its row was deleted.')
      return row.secret
    },
    async workspace({ workspaceId }) {
      const [row] = await database.read<{ settings: string }>(
        `select settings::text as settings from ${s}.workspaces where workspace_id = $1`,
        [workspaceId],
      )
      return row === undefined ? null : fromJson<WorkspaceSettings>(row.settings)
    },
    async saveWorkspace({ workspaceId, settings }) {
      await database.write((connection) =>
        connection.query(
          `insert into ${s}.workspaces (workspace_id, settings) values ($1, $2::json)
           on conflict (workspace_id) do update set settings = excluded.settings`,
          [workspaceId, document(settings)],
        ),
      )
    },
    nextWorkAt: () => nextWorkAt(context),
    tidy: (request) => tidy(context, request, defaultRange),
    async audit(entries) {
      if (entries.length === 0) return
      await database.write((connection) =>
        connection.query(
          `insert into ${s}.audit_log (workspace_id, at, actor, action, subject, detail)
           select e->>'workspaceId', to_timestamp((e->>'at')::float8 / 1000), e->>'actor', e->>'action', e->>'subject', e->'detail'
           from json_array_elements($1::json) e`,
          [document(entries)],
        ),
      )
    },
    async auditLog({ workspaceId, limit }) {
      const rows = await database.read<Omit<AuditEntry, 'detail'> & { detail: string }>(
        `select workspace_id as "workspaceId", ${ms('at')} as at, actor, action, subject, detail::text as detail
         from ${s}.audit_log where workspace_id = $1 order by at desc, id desc limit $2::int`,
        [workspaceId, limit],
      )
      return rows.map((row) => ({ ...row, detail: fromJson(row.detail) }))
    },
  }
}
