import type { Instant } from '@drumbeat/core'
import { ms } from '../sql/values.js'
import type { QueryContext } from './context.js'

/** When the first run is due that nobody has claimed: one look at the head of the due index for each lane. */
export function firstDue(s: string): string {
  return `select min(first) from ${s}.lanes l cross join lateral (
    select due_at as first from ${s}.campaign_recipients r
    where r.lane = l.id and r.ended_at is null and not r.parked and r.owner is null and r.due_at is not null
    order by r.due_at limit 1) f`
}

/** When there is something to do next. What waits to be taken in or on has been there for ever, as it were. */
export async function nextWorkAt({ database, s }: QueryContext): Promise<Instant | null> {
  const [row] = await database.read<{ at: number | null }>(
    `select ${ms('least(waiting, starts, due, look)')} as at from (select
       case when exists (select from ${s}.inbox) or exists (select from ${s}.campaigns where status = 'active'
         and (definition->>'activation' is not null or definition->>'resumptions' <> '[]')) then to_timestamp(0) end as waiting,
       (select to_timestamp(min((definition->>'startsAt')::float8) / 1000) from ${s}.campaigns where status = 'scheduled') as starts,
       (${firstDue(s)}) as due,
       (select min(look_at) from ${s}.reconciliations) as look) x`,
  )
  return row?.at ?? null
}
