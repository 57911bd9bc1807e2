import type { ControlStore } from '@drumbeat/core'
import { instant, int } from '../sql/values.js'
import type { QueryContext } from './context.js'
import type { DefaultRange } from './default-range.js'
import { makeRanges } from './partitions.js'
import { matchLate } from './reports.js'

const rowsAtOnce = 20_000
/** No call takes so long: what is open of a permit by then was deleted with its campaign. An engine whose lease ended before is gone. */
const dayMs = 24 * 60 * 60_000

/** Sums counters up, forgets what has had its time, matches reports that were parked too late, and makes ranges of the history ahead. Each part is a transaction of its own, and of several engines each takes other rows. */
export async function tidy(
  context: QueryContext,
  { now, keepKeysMs }: Parameters<ControlStore['tidy']>[0],
  defaultRange: DefaultRange,
): Promise<number> {
  const { database, s, clock } = context
  const work = async (text: string, params: readonly (string | number)[] = []): Promise<number> => {
    const rows = await database.write((connection) => connection.query<{ n: number }>(text, params))
    return rows[0]?.n ?? 0
  }
  const folded = await work(`
    with taken as (
      delete from ${s}.counter_deltas where ctid = any(array(
        select ctid from ${s}.counter_deltas limit ${rowsAtOnce} for update skip locked)) returning *),
    summed as (
      insert into ${s}.counters as c (workspace_id, campaign_id, step_id, name, value)
      select workspace_id, campaign_id, step_id, name, sum(by) from taken group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (workspace_id, campaign_id, step_id, name) do update set value = c.value + excluded.value returning 1)
    select ${int('count(*)')} as n from taken`)
  const forgotten = await work(
    `with gone as (
       delete from ${s}.report_keys where ctid = any(array(
         select ctid from ${s}.report_keys where received_at < $1::timestamptz limit ${rowsAtOnce} for update skip locked)) returning 1)
     select ${int('count(*)')} as n from gone`,
    [instant(now - keepKeysMs)],
  )
  const matched = await database.write((connection) => matchLate(context, connection, now))
  const expired = await work(
    `with gone as (
       delete from ${s}.parked_reports where ctid = any(array(
         select ctid from ${s}.parked_reports where expires_at <= $1::timestamptz limit ${rowsAtOnce} for update skip locked)) returning 1)
     select ${int('count(*)')} as n from gone`,
    [instant(now)],
  )
  const used = await work(
    `with gone as (
       delete from ${s}.call_permits where ctid = any(array(
         select ctid from ${s}.call_permits p where open <= 0 or permit_until < $1::timestamptz and not exists (
           select from unnest(p.delivery_ids) id join ${s}.campaign_deliveries d using (id) where d.state = 'sending')
         limit ${rowsAtOnce} for update skip locked)) returning 1)
     select ${int('count(*)')} as n from gone`,
    [instant(now - dayMs)],
  )
  const tested = await work(
    `with gone as (
       delete from ${s}.test_sends where ctid = any(array(
         select ctid from ${s}.test_sends where begun_at < $1::timestamptz and finished_at <= $2::timestamptz
         limit ${rowsAtOnce} for update skip locked)) returning 1)
     select ${int('count(*)')} as n from gone`,
    [instant(now - keepKeysMs), instant(now)],
  )
  const gone = await work(
    `with gone as (
       delete from ${s}.engines where ctid = any(array(
         select ctid from ${s}.engines where lease_expires_at < ${clock.due('$1')} - $2::float8 * interval '1 millisecond'
         limit ${rowsAtOnce} for update skip locked)) returning 1)
     select ${int('count(*)')} as n from gone`,
    [clock.named(now), dayMs],
  )
  await makeRanges(context)
  await defaultRange.look()
  const dropped = await context.retention.advance(now)
  return folded + forgotten + matched + expired + used + tested + gone + dropped
}
