import type { Fact, Instant } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { batch } from '../sql/batch.js'
import { byIndex } from '../sql/by-index.js'
import { keyHash } from '../sql/key-hash.js'
import { rounds } from '../sql/rounds.js'
import { ms } from '../sql/values.js'

/** A report as it is taken in. */
export interface ReportRow {
  readonly dedupeKey: string
  /** The delivery that it names, or was found to mean; null = it cannot be found yet. */
  readonly deliveryId: number | null
  readonly channel: string | null
  readonly providerId: string | null
  readonly facts: readonly Fact[]
  readonly isQuiet: boolean
}

/** What a quiet report says of its delivery; nothing, where it is none. */
interface Said {
  readonly row: ReportRow
  readonly deliveryId: number | null
  readonly kind: Fact['kind'] | null
  readonly at: Instant | null
}

const said = batch<Said>({
  delivery_id: ['bigint', ({ deliveryId }) => deliveryId],
  dedupe_key: ['text', ({ row }) => row.dedupeKey],
  kind: ['text', ({ kind }) => kind],
  at: ['bigint', ({ at }) => at],
})

interface Moment {
  readonly workspaceId: string
  readonly now: Instant
  /** `now`, as the clock takes it down. */
  readonly receivedAt: string
}

/**
 * Takes the keys of reports for good, merges the quiet ones that nobody but their deliveries has to hear of, and counts what they say.
 * Returns how many keys were new, and those of their reports that have to be heard.
 */
export async function mergeQuiet(
  connection: Connection,
  s: string,
  rows: readonly ReportRow[],
  moment: Moment,
): Promise<{ readonly fresh: number; readonly heard: readonly ReportRow[] }> {
  const [quiet = [], ...later] = rounds(rows.flatMap(saidBy), ({ deliveryId }) => deliveryId ?? 0)
  const first = new Map(quiet.map((one) => [one.row, one]))
  const { known, heard } = await takeRound(
    connection,
    s,
    rows.map((row) => first.get(row) ?? { row, deliveryId: null, kind: null, at: null }),
    moment,
  )
  const fresh = rows.length - known.size
  // A statement writes a row once: what else is said of the same deliveries comes in statements of its own.
  for (const round of later) {
    const news = round.filter(({ row }) => !known.has(row))
    const left = await mergeRound(connection, s, news, moment)
    for (const { row } of news) if (!left.has(row)) heard.delete(row)
  }
  return { fresh, heard: rows.filter((row) => heard.has(row)) }
}

function saidBy(row: ReportRow): readonly Said[] {
  const { isQuiet, deliveryId, facts } = row
  const [fact, more] = facts
  if (!isQuiet || deliveryId === null || fact === undefined || more !== undefined) return []
  return [{ row, deliveryId, kind: fact.kind, at: fact.at }]
}

/** Takes the keys of all, and merges what those say whose keys were new. Returns which were not, and which of the others must be heard. */
async function takeRound(
  connection: Connection,
  s: string,
  all: readonly Said[],
  { workspaceId, now, receivedAt }: Moment,
): Promise<{ readonly known: ReadonlySet<ReportRow>; readonly heard: Set<ReportRow> }> {
  const sorted = inOrder(all)
  const [workspace, at, received] = [1, 2, 3].map((n) => `$${said.size + n}`)
  const half = (n: 0 | 1): string => keyHash(`${workspace}::text`, 't.dedupe_key', n)
  const [answer] = await connection.query<{ known: string | null; heard: string | null }>(
    `with keyed as materialized (select t.*, ${half(0)} as high, ${half(1)} as low from ${said.numbered('t')}),
     fresh as (
       insert into ${s}.report_keys (high, low, received_at)
       select high, low, ${received}::timestamptz from keyed order by high, low on conflict do nothing returning high, low),
     -- "is true" has the new keys hashed: as a join, a prepared plan compares each with each.
     asked as materialized (select * from keyed where ((high, low) in (select high, low from fresh)) is true),
     ${merging(s, `${workspace}::text`, at ?? '')}
     select (select string_agg(n::text, ',') from keyed where (n in (select n from asked)) is not true) as known,
       (select string_agg(n::text, ',') from other where (n in (select n from known)) is not true) as heard`,
    [...said.params(sorted), workspaceId, now, receivedAt],
  )
  return { known: rowsAt(sorted, answer?.known), heard: rowsAt(sorted, answer?.heard) }
}

/** Merges what reports say whose keys are taken. Returns those that must be heard. */
async function mergeRound(
  connection: Connection,
  s: string,
  news: readonly Said[],
  { workspaceId, now }: Moment,
): Promise<ReadonlySet<ReportRow>> {
  if (news.length === 0) return new Set()
  const sorted = inOrder(news)
  const [workspace, at] = [1, 2].map((n) => `$${said.size + n}`)
  const [answer] = await connection.query<{ heard: string | null }>(
    `with asked as materialized (select * from ${said.numbered('t')}),
     ${merging(s, `${workspace}::text`, at ?? '')}
     select string_agg(n::text, ',') as heard from other where (n in (select n from known)) is not true`,
    [...said.params(sorted), workspaceId, now],
  )
  return rowsAt(sorted, answer?.heard)
}

/**
 * What is said in `asked`, as parts of a statement: `merged`, and counted, where a delivery knows no fact of the kind yet, whatever another
 * transaction is about to commit. So nothing is read before, and what is written is what is counted. Of all `other`, some are `known`.
 */
function merging(s: string, workspace: string, now: string): string {
  const ids = '(select min(x) from unnest($1::bigint[]) x) and (select max(x) from unnest($1::bigint[]) x)'
  const plausible = `greatest(t.at, least(${ms('d.intended_at')}, ${now}::float8)::bigint)`
  return `merged as (
       update ${s}.campaign_deliveries d set facts = d.facts || jsonb_build_object(t.kind, ${plausible})
       from asked t, ${s}.campaign_recipients r
       where d.id between ${ids} and d.id = t.delivery_id and d.workspace_id = (select ${workspace})
         and d.state = (select 'sent'::text) and not d.facts ? t.kind
         and r.id = d.recipient_id and r.status = any((select '{completed,exited}'::text[])::text[])
       returning t.n, d.campaign_id, d.step_id, t.kind),
     counted as (
       insert into ${s}.counter_deltas (workspace_id, campaign_id, step_id, name, by)
       select ${workspace}, campaign_id, step_id, 'fact.' || kind, count(*) from merged group by campaign_id, step_id, kind),
     other as materialized (select * from asked where (n in (select n from merged)) is not true),
     known as (
       select t.n from other t ${byIndex(`select * from ${s}.campaign_deliveries d where d.id = t.delivery_id`, 'd')}
       where d.workspace_id = ${workspace} and (d.facts ->> t.kind)::numeric <= ${plausible})`
}

/** Deliveries are locked in the order of their ids. */
function inOrder(all: readonly Said[]): readonly Said[] {
  return [...all].sort((a, b) => (a.deliveryId ?? 0) - (b.deliveryId ?? 0))
}

function rowsAt(all: readonly Said[], numbers: string | null | undefined): Set<ReportRow> {
  const found = numbers == null ? [] : numbers.split(',').map(Number)
  return new Set(found.flatMap((n) => all[n - 1]?.row ?? []))
}
