import type { Connection } from '../connection/connection.js'
import { int } from '../sql/values.js'

/** What is partitioned by the id of the delivery, each with the column that holds it. */
const partitioned = [
  { table: 'campaign_deliveries', key: 'id', storage: 'fillfactor = 85' },
  { table: 'delivery_attempts', key: 'delivery_id', storage: 'fillfactor = 85' },
] as const

const autovacuum =
  'autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05'

/** What became of {@link makeRangeAhead}. */
export interface RangeReport {
  readonly made: boolean
  /** Rows went to the default range because none was made in time. They stay readable there. */
  readonly strayed: boolean
}

/**
 * Makes the next range of delivery ids if less than one whole range lies ahead. Built aside and attached: creating it in place would
 * queue every insert behind the slowest reader (measured: 3 s). The caller holds the migration lock.
 */
export async function makeRangeAhead(connection: Connection, schema: string, size: number): Promise<RangeReport> {
  const [state] = await connection.query<{ last: number; end: number; strayed: number | null }>(
    `select
      ${int(`(select case when is_called then last_value else 0 end from ${schema}.delivery_ids)`)} as last,
      ${int(`coalesce((select max(end_id) from ${schema}.delivery_ranges), 1)`)} as "end",
      ${int(`(select max(id) from ${schema}.campaign_deliveries_default)`)} as strayed`,
  )
  const { last = 0, end = 1, strayed = null } = state ?? {}
  if (end - last > size) return { made: false, strayed: strayed !== null }
  // What has strayed stays where it is: a range must not claim ids that the default one holds.
  const first = Math.max(end, (strayed ?? 0) + 1)
  const next = Math.max(first, last) + size
  // Attaching waits for statements that read the default range; better another time than in front of everybody.
  await connection.script(`set local lock_timeout = 200; ${partitioned.map((one) => attach(schema, one, first, next)).join(';')}`)
  await connection.query(`insert into ${schema}.delivery_ranges (first_id, end_id) values ($1::bigint, $2::bigint)`, [
    first,
    next,
  ])
  return { made: true, strayed: strayed !== null }
}

/** The check lets PostgreSQL attach without reading the rows; the constraint of the partition says the same afterwards. */
function attach(
  schema: string,
  { table, key, storage }: (typeof partitioned)[number],
  first: number,
  end: number,
): string {
  const name = `${schema}.${table}_${first}`
  return `
    create table ${name} (like ${schema}.${table} including all, check (${key} >= ${first} and ${key} < ${end}))
      with (${storage}, ${autovacuum});
    alter table ${schema}.${table} attach partition ${name} for values from (${first}) to (${end})`
}
