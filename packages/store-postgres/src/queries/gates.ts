import type { ClosedGate, GateChange, GateScope, Instant } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { together } from '../sql/together.js'
import { int, ms } from '../sql/values.js'
import type { QueryContext } from './context.js'

/** The columns of a closed gate. */
export const gateColumns = `workspace_id as "workspaceId", kind, ref, ${int('epoch')} as epoch, ${ms('closed_at')} as "closedAt"`

/** The one advisory lock of a schema's gates: closing and opening take it alone, whoever reads gates to act on them shares it. */
function gateLock(s: string): string {
  return `hashtextextended('drumbeat/gate/${s.replaceAll("'", '')}', 0)`
}

/** Closes or opens a scope, alone under the gates' lock until the transaction ends. */
export async function setGate(
  { s, clock }: Pick<QueryContext, 's' | 'clock'>,
  connection: Connection,
  { scope: { workspaceId, kind, ref }, closed, now }: GateChange,
): Promise<ClosedGate | null> {
  await connection.query(`select pg_advisory_xact_lock(${gateLock(s)})`)
  const key = [workspaceId, kind, ref]
  if (!closed) {
    await connection.query(`delete from ${s}.gates where workspace_id = $1 and kind = $2 and ref = $3`, key)
    return null
  }
  const [gate] = await connection.query<ClosedGate>(
    `insert into ${s}.gates as g (workspace_id, kind, ref, epoch, closed_at)
     values ($1, $2, $3, nextval('${s}.gate_epochs'), ${clock.stamp('$4')})
     on conflict (workspace_id, kind, ref) do update set ref = g.ref returning ${gateColumns}`,
    [...key, clock.named(now)],
  )
  return gate ?? null
}

/** The closed scopes of these workspaces, and the Store's stamp of that moment. They stay as they are until the transaction ends. */
export async function holdGates(
  { s, clock }: Pick<QueryContext, 's' | 'clock'>,
  connection: Connection,
  { workspaceIds, now }: { readonly workspaceIds: readonly string[]; readonly now: Instant },
): Promise<{ readonly at: Instant; readonly gates: readonly GateScope[] }> {
  const [, [stamp]] = await together([
    connection.query(`select pg_advisory_xact_lock_shared(${gateLock(s)})`),
    // A statement of its own: one that waited for the lock would still read as of before it.
    connection.query<{ at: Instant; gates: string }>(
      `select ${ms(clock.stamp('$2'))} as at, coalesce((
         select json_agg(json_build_object('workspaceId', workspace_id, 'kind', kind, 'ref', ref))
         from ${s}.gates where workspace_id = any($1::text[])), '[]')::text as gates`,
      [arrayLiteral([...new Set(workspaceIds)]), clock.named(now)],
    ),
  ])
  return { at: stamp?.at ?? now, gates: JSON.parse(stamp?.gates ?? '[]') }
}

/** Whether a delivery `d` is in a scope of that kind and ref. */
export function scopeTest(kind: string, ref: string): string {
  return `case ${kind}::text when 'workspace' then true when 'campaign' then d.campaign_id = ${ref}::text
    when 'step' then d.campaign_id || '/' || d.step_id = ${ref}::text else d.account = ${ref}::text end`
}

/** Whether a closed scope covers a call. */
export function covers(
  { kind, ref, workspaceId }: GateScope,
  call: {
    readonly workspaceId: string
    readonly campaignId: string
    readonly stepId: string
    readonly account: string | null
  },
): boolean {
  if (workspaceId !== call.workspaceId) return false
  if (kind === 'workspace') return true
  if (kind === 'campaign') return ref === call.campaignId
  return kind === 'step' ? ref === `${call.campaignId}/${call.stepId}` : ref === call.account
}
