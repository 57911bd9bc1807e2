import type { Delivery, DeliveryStore, JsonValue, Reconciliation, TallyRow } from '@drumbeat/core'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { idList, idsIn } from '../sql/id-list.js'
import { fromJson } from '../sql/json.js'
import { ms } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { type DeliveryRow, deliveryColumns, deliveryOf } from './delivery-rows.js'
import { intend } from './intend.js'
import { limitOf } from './page.js'
import { runsOfCampaign } from './recipient-blocks.js'
import { settle } from './settle.js'

const runKeys = batch<{ readonly workspaceId: string; readonly recipientId: number }>({
  workspace_id: ['text', ({ workspaceId }) => workspaceId],
  recipient_id: ['bigint', ({ recipientId }) => recipientId],
})

/** Deliveries, their attempts, and the reconciliation of unknown outcomes. */
export function deliveryQueries(context: QueryContext): DeliveryStore {
  const { database, s, clock } = context
  const read = async (where: string, params: Parameters<typeof database.read>[1]): Promise<readonly Delivery[]> =>
    (
      await database.read<DeliveryRow>(
        `select ${deliveryColumns} from ${s}.campaign_deliveries d where ${where}`,
        params,
      )
    ).map(deliveryOf)
  return {
    async reserveIds(count) {
      const [row] = await database.read<{ ids: string | null }>(
        `select ${idList(`nextval('${s}.delivery_ids')`)} as ids from generate_series(1, $1::int)`,
        [count],
      )
      return idsIn(row?.ids)
    },
    intend: (request) => intend(context, request),
    settle: (request) => settle(context, request),
    async get({ workspaceId, deliveryIds }) {
      // One by one, because a prepared statement that is given all ids at once looks for them in every range.
      const rows = await database.readByKey<DeliveryRow>(
        `select ${deliveryColumns} from unnest($2::bigint[]) as t(id) ${byIndex(
          `select * from ${s}.campaign_deliveries d where d.id = t.id`,
          'd',
        )} where d.workspace_id = $1 order by d.id`,
        [workspaceId, arrayLiteral([...new Set(deliveryIds)])],
      )
      return rows.map(deliveryOf)
    },
    async ofRecipients(keys) {
      const rows = await database.readByKey<DeliveryRow>(
        // The workspace is compared behind the index of runs: there is one that begins with it, which would find too much.
        `select ${deliveryColumns} from ${runKeys.from('t')} ${byIndex(
          `select * from ${s}.campaign_deliveries d where d.recipient_id = t.recipient_id`,
          'd',
        )} where d.workspace_id = t.workspace_id order by d.id`,
        runKeys.params([...new Map(keys.map((key) => [key.recipientId, key])).values()]),
      )
      const found = new Map<number, Delivery[]>(keys.map(({ recipientId }) => [recipientId, []]))
      for (const delivery of rows.map(deliveryOf)) found.get(delivery.recipientId)?.push(delivery)
      return found
    },
    ofCampaign: async (request) =>
      read(
        `d.workspace_id = $1 and d.campaign_id = $2 and d.id > $3::bigint and ($4::text[] is null or d.state = any($4::text[]))
           and ($5::text is null or d.step_id = $5) order by d.id limit $6::int`,
        [
          request.workspaceId,
          request.campaignId,
          Number(request.after ?? 0),
          request.states === undefined ? null : arrayLiteral(request.states),
          request.stepId ?? null,
          limitOf(request),
        ],
      ),
    claimReconciliations: ({ now, limit, leaseMs }) =>
      database.write(async (connection) => {
        const rows = await connection.query<DeliveryRow & Omit<Reconciliation, 'delivery'>>(
          `with picked as materialized (
             select delivery_id from ${s}.reconciliations where look_at <= ${clock.due('$1')}
             order by look_at, delivery_id limit $2::int for update skip locked),
           leased as (
             update ${s}.reconciliations x set look_at = ${clock.due('$1')} + $3::float8 * interval '1 millisecond'
             from picked p where x.delivery_id = p.delivery_id returning x.*)
           select ${deliveryColumns}, ${ms('x.since')} as since
           from leased x join ${s}.campaign_deliveries d on d.id = x.delivery_id order by d.id`,
          [clock.named(now), limit, leaseMs],
        )
        return rows.map(({ since, ...row }) => ({ delivery: deliveryOf(row), since }))
      }),
    async nextLookAt() {
      const [row] = await database.read<{ at: number | null }>(
        `select ${ms('min(look_at)')} as at from ${s}.reconciliations`,
      )
      return row?.at ?? null
    },
    async tally({ workspaceId, campaignId, stepId, metric, now }) {
      const occurrences =
        'event' in metric
          ? `select e.at, e.data from ${s}.events e where e.workspace_id = $1 and e.contact_id = f.contact_id and e.name = $4`
          : `select to_timestamp((d.facts->>$4)::float8 / 1000) as at, '{}'::jsonb as data from ${s}.campaign_deliveries d
             where d.workspace_id = $1 and d.campaign_id = $2 and d.contact_id = f.contact_id and d.facts ? $4`
      const rows = await database.readByKey<Omit<TallyRow, 'occurrences'> & { occurrences: string }>(
        `with f as (
           select distinct on (r.contact_id) r.contact_id, r.memory->'arms'->>$3 as arm, (r.memory->'assignedAt'->>$3)::float8 as assigned
           from ${runsOfCampaign(s, `r.memory->'arms' ? $3 and r.memory->'assignedAt' ? $3`)}
           order by r.contact_id, assigned, (r.memory->'arms'->>$3) collate "C")
         select f.arm, f.contact_id as "contactId", f.assigned as "assignedAt", coalesce((
           select json_agg(json_build_object('at', ${ms('o.at')}, 'data', o.data) order by o.at)
           from (${occurrences}) o
           where o.at >= to_timestamp(f.assigned / 1000) and o.at <= $5::timestamptz), '[]')::text as occurrences
         from f order by f.contact_id`,
        [workspaceId, campaignId, stepId, 'event' in metric ? metric.event : metric.fact, new Date(now).toISOString()],
      )
      return rows.map((row) => ({ ...row, occurrences: fromJson<{ at: number; data: JsonValue }[]>(row.occurrences) }))
    },
  }
}
