import type { InboxStore, Instant, NewReport } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { jsonb } from '../sql/json.js'
import { instant, int } from '../sql/values.js'
import type { QueryContext } from './context.js'
import { placed } from './inbox-writes.js'
import { mergeQuiet, type ReportRow } from './quiet-reports.js'

/** The narrow key of a provider's id. The delivery says whether it was meant. */
const providerHash = (workspace: string, channel: string, id: string): string =>
  `hashtextextended(${workspace} || chr(1) || ${channel} || chr(1) || ${id}, 0)`

/** Takes in providers' reports, once per key: into their deliveries, into the inbox, or parked until their delivery is known. */
export function appendReports({ database, s, clock }: QueryContext): InboxStore['appendReports'] {
  return ({ workspaceId, reports, now, parkMs }) =>
    database.write(async (connection) => {
      const receivedAt = clock.named(now)
      const rows = await withDeliveries(connection, s, workspaceId, firstOfEach(reports))
      if (rows.length === 0) return { appended: 0 }
      const { fresh, heard } = await mergeQuiet(connection, s, rows, { workspaceId, now, receivedAt })
      await box(connection, s, { workspaceId, rows: heard, receivedAt, parkMs })
      return { appended: fresh }
    })
}

const reportRows = batch<ReportRow>({
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  channel: ['text', ({ channel }) => channel],
  provider_id: ['text', ({ providerId }) => providerId],
  facts: ['jsonb', ({ facts }) => jsonb(facts)],
})

/** Puts reports into the inbox, and parks those that match no delivery. */
async function box(
  connection: Connection,
  s: string,
  reports: {
    readonly workspaceId: string
    readonly rows: readonly ReportRow[]
    readonly receivedAt: string
    readonly parkMs: number
  },
): Promise<void> {
  const { workspaceId, rows, receivedAt, parkMs } = reports
  if (rows.length === 0) return
  const [ws, at, park] = [1, 2, 3].map((n) => `$${reportRows.size + n}`)
  await connection.query(
    `with reports as materialized (
       select t.*, k.id, k.contact_id from ${reportRows.numbered('t')} left join lateral (
         select d.id, d.contact_id, d.workspace_id from ${s}.campaign_deliveries d where d.id = t.delivery_id offset 0) k on k.workspace_id = ${ws}),
     boxed as (
       insert into ${s}.inbox (id, seq, workspace_id, contact_id, received_at, kind, delivery_id, facts)
       select place, place, ${ws}, contact_id, ${at}::timestamptz, 'report', id, facts
       from ${placed(s, 'select * from reports where id is not null order by n')})
     insert into ${s}.parked_reports (workspace_id, delivery_id, channel, provider_id, hash, facts, received_at, expires_at)
     select ${ws}, delivery_id, channel, provider_id,
       case when provider_id is not null then ${providerHash(`${ws}::text`, 'channel', 'provider_id')} end,
       facts, ${at}, ${at} + ${park}::float8 * interval '1 millisecond'
     from reports where id is null order by n`,
    [...reportRows.params(rows), workspaceId, receivedAt, parkMs],
  )
}

/** Makes deliveries of a table findable by their provider's id: a statement, or a part of one. */
export function writeReferences(s: string, deliveries: string): string {
  return `insert into ${s}.provider_references (hash, delivery_id)
    select ${providerHash('x.workspace_id', 'x.channel', 'x.provider_id')}, x.id from ${deliveries} x
    where x.provider_id is not null`
}

/** The first report of each key, by what it names its delivery by. */
function firstOfEach(reports: readonly NewReport[]): readonly ReportRow[] {
  const firsts = new Map<string, ReportRow>()
  for (const { dedupeKey, delivery, facts, isQuiet = false } of reports) {
    if (firsts.has(dedupeKey)) continue
    const named =
      'id' in delivery
        ? { deliveryId: delivery.id, channel: null, providerId: null }
        : { deliveryId: null, channel: delivery.channel, providerId: delivery.providerId }
    firsts.set(dedupeKey, { dedupeKey, ...named, facts, isQuiet })
  }
  return [...firsts.values()]
}

const providerIds = batch<ReportRow>({
  channel: ['text', ({ channel }) => channel],
  provider_id: ['text', ({ providerId }) => providerId],
})

/**
 * Finds the deliveries that reports name by the provider's id. A statement of its own, so that the next one asks for ids alone.
 */
async function withDeliveries(
  connection: Connection,
  s: string,
  workspaceId: string,
  rows: readonly ReportRow[],
): Promise<readonly ReportRow[]> {
  const asked = rows.filter(({ providerId }) => providerId !== null)
  if (asked.length === 0) return rows
  const ws = `$${providerIds.size + 1}::text`
  const found = await connection.query<{ n: number; id: number }>(
    `select t.n::float8 as n, ${int('min(d.id)')} as id from ${providerIds.numbered('t')} ${byIndex(
      `select x.delivery_id from ${s}.provider_references x where x.hash = ${providerHash(ws, 't.channel', 't.provider_id')}`,
      'x',
    )} ${byIndex(`select * from ${s}.campaign_deliveries d where d.id = x.delivery_id`, 'd')}
     where d.workspace_id = ${ws} and d.channel = t.channel and d.provider_id = t.provider_id group by t.n`,
    [...providerIds.params(asked), workspaceId],
  )
  const byReport = new Map(found.map(({ n, id }) => [asked[n - 1], id]))
  return rows.map((row) => ({ ...row, deliveryId: byReport.get(row) ?? row.deliveryId }))
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
     insert into ${s}.inbox (id, seq, workspace_id, contact_id, received_at, kind, delivery_id, facts)
     select place, place, workspace_id, contact_id, received_at, 'report', delivery_id, facts
     from ${placed(s, 'select * from found where fresh order by id')}`,
    [arrayLiteral(deliveryIds), clock.unnamed()],
  )
}

/** The latest parked reports that are looked at again. */
const parkedAtOnce = 20_000

/**
 * Hands deliveries the reports that were parked in the very moment in which they were settled: neither transaction saw what the other one
 * was about to commit. Returns how many there were.
 */
export async function matchLate({ s }: QueryContext, connection: Connection, now: Instant): Promise<number> {
  const [row] = await connection.query<{ n: number }>(
    `with matched as (
       select p.id, d.id as delivery_id, d.contact_id
       from (select * from ${s}.parked_reports where expires_at > $1::timestamptz order by id desc limit ${parkedAtOnce}) p
       cross join lateral (
         select p.delivery_id where p.delivery_id is not null
         union all select x.delivery_id from ${s}.provider_references x where x.hash = p.hash) named
       ${byIndex(`select * from ${s}.campaign_deliveries d where d.id = named.delivery_id`, 'd')}
       where d.workspace_id = p.workspace_id and (p.provider_id is null or (d.channel = p.channel and d.provider_id = p.provider_id))),
     found as (
       delete from ${s}.parked_reports p using matched m where p.id = m.id
       returning p.id, p.workspace_id, m.contact_id, m.delivery_id, p.facts, p.received_at),
     boxed as (
       insert into ${s}.inbox (id, seq, workspace_id, contact_id, received_at, kind, delivery_id, facts)
       select place, place, workspace_id, contact_id, received_at, 'report', delivery_id, facts
       from ${placed(s, 'select * from found order by id')} returning 1)
     select ${int('count(*)')} as n from boxed`,
    [instant(now)],
  )
  return row?.n ?? 0
}
