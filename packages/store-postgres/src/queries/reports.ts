import type { Fact, InboxStore } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { jsonb } from '../sql/json.js'
import { int } from '../sql/values.js'
import type { QueryContext } from './context.js'

interface ReportRow {
  readonly dedupeKey: string
  readonly deliveryId: number | null
  readonly channel: string | null
  readonly providerId: string | null
  readonly facts: readonly Fact[]
}

const reportRows = batch<ReportRow>({
  dedupe_key: ['text', ({ dedupeKey }) => dedupeKey],
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  channel: ['text', ({ channel }) => channel],
  provider_id: ['text', ({ providerId }) => providerId],
  facts: ['jsonb', ({ facts }) => jsonb(facts)],
})

/** The narrow key of a provider's id. The delivery says whether it was meant. */
const providerHash = (workspace: string, channel: string, id: string): string =>
  `hashtextextended(${workspace} || chr(1) || ${channel} || chr(1) || ${id}, 0)`

/** Appends providers' reports, once per key; those whose delivery is not known yet are parked. */
export function appendReports({ database, s, clock }: QueryContext): InboxStore['appendReports'] {
  return ({ workspaceId, reports, now, parkMs }) =>
    database.write(async (connection) => {
      const rows = reports.map(({ dedupeKey, delivery, facts }): ReportRow => {
        const [channel, providerId] = 'id' in delivery ? [null, null] : [delivery.channel, delivery.providerId]
        return { dedupeKey, deliveryId: 'id' in delivery ? delivery.id : null, channel, providerId, facts }
      })
      const [ws, at] = [reportRows.size + 1, reportRows.size + 2]
      const [row] = await connection.query<{ appended: number }>(
        `with fresh as (
           insert into ${s}.report_keys (workspace_id, dedupe_key, received_at)
           select distinct on (t.dedupe_key) $${ws}::text, t.dedupe_key, $${at}::timestamptz from ${reportRows.from('t')}
           on conflict do nothing returning dedupe_key),
         reports as (
           select distinct on (t.dedupe_key) t.* from ${reportRows.numbered('t')} join fresh using (dedupe_key) order by t.dedupe_key, t.n),
         matched as (
           select p.*, d.id, d.contact_id from reports p
           left join lateral (
             select d.id, d.contact_id from ${s}.campaign_deliveries d
             where d.workspace_id = $${ws} and d.id in (
               select p.delivery_id where p.delivery_id is not null
               union all
               select x.delivery_id from ${s}.provider_references x
               where x.hash = ${providerHash(`$${ws}::text`, 'p.channel', 'p.provider_id')})
             and (p.delivery_id is not null or (d.channel = p.channel and d.provider_id = p.provider_id))
             limit 1) d on true),
         boxed as (
           insert into ${s}.inbox (workspace_id, contact_id, received_at, kind, delivery_id, facts)
           select $${ws}, contact_id, $${at}, 'report', id, facts from matched where id is not null order by n returning 1),
         parked as (
           insert into ${s}.parked_reports (workspace_id, delivery_id, channel, provider_id, hash, facts, received_at, expires_at)
           select $${ws}, delivery_id, channel, provider_id,
             case when provider_id is not null then ${providerHash(`$${ws}::text`, 'channel', 'provider_id')} end,
             facts, $${at}, $${at} + $${at + 1}::float8 * interval '1 millisecond'
           from matched where id is null order by n returning 1)
         select ${int('(select count(*) from boxed) + (select count(*) from parked)')} as appended`,
        [...reportRows.params(rows), workspaceId, clock.named(now), parkMs],
      )
      return { appended: row?.appended ?? 0 }
    })
}

/** Makes deliveries of a table findable by their provider's id: a statement, or a part of one. */
export function writeReferences(s: string, deliveries: string): string {
  return `insert into ${s}.provider_references (hash, delivery_id)
    select ${providerHash('x.workspace_id', 'x.channel', 'x.provider_id')}, x.id from ${deliveries} x
    where x.provider_id is not null on conflict do nothing`
}

/** Hands deliveries the reports that came before they could be found. */
export async function matchParked(
  { s, clock }: QueryContext,
  connection: Connection,
  deliveryIds: readonly number[],
): Promise<void> {
  if (deliveryIds.length === 0) return
  const [anything] = await connection.query<{ some: boolean }>(`select exists(select from ${s}.parked_reports) as some`)
  if (anything?.some !== true) return
  await connection.query(
    `with found as (
       delete from ${s}.parked_reports p using ${s}.campaign_deliveries d
       where d.id = any($1::bigint[]) and p.workspace_id = d.workspace_id and (p.delivery_id = d.id
         or (p.hash = ${providerHash('d.workspace_id', 'd.channel', 'd.provider_id')} and p.channel = d.channel and p.provider_id = d.provider_id))
       returning p.id, d.workspace_id, d.contact_id, d.id as delivery_id, p.facts, p.received_at, p.expires_at > ${clock.stamp('$2')} as fresh)
     insert into ${s}.inbox (workspace_id, contact_id, received_at, kind, delivery_id, facts)
     select workspace_id, contact_id, received_at, 'report', delivery_id, facts from found where fresh order by id`,
    [arrayLiteral(deliveryIds), clock.unnamed()],
  )
}
