import { type FrequencyCap, historyNeededMs, type Instant, StorageError } from '@drumbeat/core'
import type { Connection } from '../connection/connection.js'
import { arrayLiteral } from '../sql/array-literal.js'
import { int, literal } from '../sql/values.js'
import { rangedTables } from '../tables/deliveries/ranges.js'
import type { QueryContext } from './context.js'
import { isOurTurn } from './partitions.js'

const rowsAtOnce = 20_000
const restMs = 60 * 60_000
const openStates = ['scheduled', 'sending', 'retry_wait', 'unknown']
const tablesBeside = ['delivery_contents', 'provider_references', 'reconciliations']

interface Range {
  readonly name: string
  /** The first id behind it. */
  readonly end: number
}

/**
 * Drops the oldest range of the history when nobody can ask for it any more: each delivery in it is older than what is kept and than any
 * cap looks back, none is open or being reported on, and each run it belongs to is over. Counters stay.
 *
 * Each call reads or deletes a bounded number of rows, so that a range is looked through, dropped, and swept up after over many calls.
 * What failed because a lock was held is tried again.
 */
export class Retention {
  /** How far the oldest range is looked through: up to this id, everything may go. */
  private seen: { readonly range: string; readonly id: number } = { range: '', id: 0 }
  private restsUntil = Number.NEGATIVE_INFINITY

  constructor(
    private readonly context: Pick<QueryContext, 'database' | 's' | 'clock'>,
    private readonly keepMs: number | null,
  ) {}

  /** Goes on where the last call left off; returns how many rows were worked off. */
  async advance(now: Instant): Promise<number> {
    if (this.keepMs === null || now < this.restsUntil) return 0
    try {
      const swept = await this.sweep()
      if (swept > 0) return swept
      const range = await this.oldest()
      if (range === null) return this.rest(now)
      return await this.lookThrough(range, Math.max(this.keepMs, await this.longestCapMs()), now)
    } catch (error) {
      if (error instanceof StorageError) return 0
      throw error
    }
  }

  private rest(now: Instant): 0 {
    this.restsUntil = now + restMs
    return 0
  }

  private async lookThrough(range: Range, keepMs: number, now: Instant): Promise<number> {
    const { database, s, clock } = this.context
    const after = this.seen.range === range.name ? this.seen.id : Number.MIN_SAFE_INTEGER
    const [found] = await database.readByKey<{ n: number; last: number | null; kept: number | null }>(
      `select ${int('count(*)')} as n, ${int('max(x.id)')} as last, ${int('min(x.id) filter (where x.kept)')} as kept from (
         select d.id, ${isKept(clock.due('$2'))} or coalesce(r.ended_at is null and r.id is not null, false) as kept
         from ${s}.${range.name} d left join ${s}.campaign_recipients r on r.id = d.recipient_id
         where d.id > $4::bigint order by d.id limit ${rowsAtOnce}) x`,
      [arrayLiteral(openStates), clock.named(now), keepMs, after],
    )
    const { n = 0, last = null, kept = null } = found ?? {}
    if (kept !== null) {
      this.seen = { range: range.name, id: kept - 1 }
      return this.rest(now)
    }
    if (last !== null) {
      this.seen = { range: range.name, id: last }
      if (n === rowsAtOnce) return n
    }
    return this.drop(range, keepMs, now)
  }

  private drop(range: Range, keepMs: number, now: Instant): Promise<number> {
    const { database, s, clock } = this.context
    return database.write(async (connection) => {
      if (!(await isOurTurn(connection, s))) return 0
      // An engine may have written under an id that it had reserved long ago, behind where we looked.
      const [kept] = await connection.query<{ any: boolean }>(
        `select exists(select from ${s}.${range.name} d where ${isKept(clock.due('$2'))})
           or exists(select from ${s}.inbox where kind = 'report' and delivery_id < $4::bigint) as any`,
        [arrayLiteral(openStates), clock.named(now), keepMs, range.end],
      )
      if (kept?.any !== false) {
        this.seen = { range: '', id: 0 }
        return this.rest(now)
      }
      for (const { name } of rangedTables) await dropUpTo(connection, s, name, range.end)
      return 1
    })
  }

  /** Deletes what stands in other tables beside deliveries of ranges that are gone. */
  private async sweep(): Promise<number> {
    const { database, s } = this.context
    const [first] = await database.read<{ begin: number | null }>(
      `select ${int(`min(substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(''(\\d+)''\\)')::bigint)`)} as begin
       ${partitionsOf(s, 'campaign_deliveries')} having bool_and(pg_get_expr(c.relpartbound, c.oid) not like '%MINVALUE%')`,
    )
    const begin = first?.begin ?? null
    if (begin === null) return 0
    let swept = 0
    for (const table of tablesBeside) {
      const [gone] = await database.write((connection) =>
        connection.query<{ n: number }>(
          `with gone as (
             delete from ${s}.${table} where ctid = any(array(
               select ctid from ${s}.${table} x where delivery_id < $1::bigint
                 and not exists (select from ${s}.campaign_deliveries d where d.id = x.delivery_id) limit ${rowsAtOnce} for update skip locked)) returning 1)
           select ${int('count(*)')} as n from gone`,
          [begin],
        ),
      )
      swept += gone?.n ?? 0
    }
    return swept
  }

  /** The oldest range of whose ids all are given out, if there is another one behind it. */
  private async oldest(): Promise<Range | null> {
    const { database, s } = this.context
    const ranges = await database.read<Range & { given: number }>(
      `select c.relname as name, ${int(upperBound)} as end, ${int(`(select last_value from ${s}.delivery_ids)`)} as given
       ${partitionsOf(s, 'campaign_deliveries')} where ${upperBound} is not null order by ${upperBound} limit 2`,
    )
    const [oldest, next] = ranges
    return oldest !== undefined && next !== undefined && oldest.given >= oldest.end ? oldest : null
  }

  /** How far the caps of all workspaces and campaigns look back. */
  private async longestCapMs(): Promise<number> {
    const { database, s } = this.context
    const rows = await database.read<{ caps: string }>(
      `select (settings->'caps')::text as caps from ${s}.workspaces where json_typeof(settings->'caps') = 'array'
       union select (definition->'caps')::text from ${s}.campaigns where json_typeof(definition->'caps') = 'array'`,
    )
    const caps = rows.flatMap((row): readonly FrequencyCap[] => JSON.parse(row.caps))
    return historyNeededMs({ caps, lateGapMs: null })
  }
}

const upperBound = `substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''(\\d+)''\\)')::bigint`

function partitionsOf(s: string, table: string): string {
  return `from pg_inherits i join pg_class c on c.oid = i.inhrelid and i.inhparent = ${literal(`${s}.${table}`)}::regclass`
}

/** Whether a delivery `d` is open ($1 = the open states) or younger than $3 milliseconds. */
function isKept(now: string): string {
  return `(d.state = any($1::text[])
    or greatest(d.planned_at, d.due_at, d.intended_at, d.sent_at) >= ${now} - $3::float8 * interval '1 millisecond')`
}

async function dropUpTo(connection: Connection, s: string, table: string, end: number): Promise<void> {
  const ranges = await connection.query<{ name: string }>(
    `select c.relname as name ${partitionsOf(s, table)} where ${upperBound} <= $1::bigint`,
    [end],
  )
  for (const { name } of ranges) {
    await connection.query(`alter table ${s}.${table} detach partition ${s}.${name}`)
    await connection.query(`drop table ${s}.${name}`)
  }
}
