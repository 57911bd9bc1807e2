import type { Store } from '@drumbeat/core'
import type pg from 'pg'

/** Rows per statement: a transaction of some seconds. */
const atOnce = 1_000_000

/** A row of which many are made. */
interface Original {
  readonly table: string
  /** Finds it; the first one counts. */
  readonly where?: string
  /** What differs in each copy: SQL by column, in which `copy.number` is its number. */
  readonly change: { readonly [column: string]: string }
}

async function copyRow(
  pool: pg.Pool,
  { table, where = 'true', change }: Original,
  copies: number,
  after: (copied: number) => Promise<void> = async () => {},
): Promise<void> {
  const { rows } = await pool.query(
    `select column_name as name from information_schema.columns where table_schema = 'drumbeat' and table_name = $1
     order by ordinal_position`,
    [table],
  )
  const names: readonly string[] = rows.map(({ name }) => name)
  const values = names.map((name) => change[name] ?? `one."${name}"`)
  for (let from = 0; from < copies; from += atOnce) {
    const to = Math.min(from + atOnce, copies)
    await pool.query(
      `insert into drumbeat.${table} (${names.map((name) => `"${name}"`).join(', ')}) select ${values.join(', ')}
       from (select * from drumbeat.${table} where ${where} limit 1) one, generate_series($1::int, $2::int) copy (number)`,
      [from + 1, to],
    )
    await after(to)
  }
}

/**
 * Copies the one person of a place, and their run, so many times: what imports and enrollments would leave, in a few statements. Their
 * moment is `dueAt`, in SQL.
 */
export async function copyPerson(pool: pg.Pool, people: number, dueAt: string): Promise<void> {
  const contact_id = `'copy-' || copy.number`
  await copyRow(pool, { table: 'contacts', change: { contact_id } }, people)
  const run = { id: `nextval('drumbeat.recipient_ids')`, contact_id, due_at: dueAt }
  await copyRow(pool, { table: 'campaign_recipients', change: run }, people)
  await pool.query(
    `insert into drumbeat.campaign_entries (workspace_id, contact_id, campaign_id, run_key, entry_no, recipient_id)
     select workspace_id, contact_id, campaign_id, run_key, entry_no, id from drumbeat.campaign_recipients
     where contact_id like 'copy-%' on conflict do nothing`,
  )
}

/**
 * Copies the deliveries of one run so many times: what runs that are long over have left. The store makes ranges
 * between the statements, as it does while an engine sends; what the run has counted is counted as often.
 */
export async function copyDeliveries(pool: pg.Pool, store: Store, copies: number): Promise<void> {
  const { rows } = await pool.query<{ id: string; step_id: string }>(
    `select id, step_id from drumbeat.campaign_deliveries where state = 'sent' order by id`,
  )
  await fillRanges(pool, 80)
  for (const { id } of rows) {
    const { rows: given } = await pool.query(`select last_value as base from drumbeat.delivery_ids`)
    const copyId = `${given[0].base} + copy.number`
    const delivery = { id: copyId, recipient_id: '1000000000 + copy.number', contact_id: `'past-' || copy.number` }
    await copyRow(
      pool,
      { table: 'campaign_deliveries', where: `id = ${id}`, change: delivery },
      copies,
      async (copied) => {
        await pool.query(`select setval('drumbeat.delivery_ids', ${given[0].base} + ${copied})`)
        await store.control.tidy({ now: Date.now(), keepKeysMs: 0 })
        await fillRanges(pool, 80)
      },
    )
  }
  await fillRanges(pool, 60)
  await pool.query(
    `insert into drumbeat.counter_deltas (workspace_id, campaign_id, step_id, name, by)
     select workspace_id, campaign_id, step_id, name, sum(n) * ${copies} from (
       select workspace_id, campaign_id, step_id, name, value as n from drumbeat.counters
       union all select workspace_id, campaign_id, step_id, name, by from drumbeat.counter_deltas) counted
     where name in ('delivery.sent', 'fact.delivered') group by 1, 2, 3, 4`,
  )
}

/**
 * How full the pages of the history are made, in percent. A message is written small, and has grown by the time it is history: copies of
 * grown rows would leave room on each page for one small row, and every new message would go into an old page of its own.
 */
async function fillRanges(pool: pg.Pool, percent: number): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'drumbeat.campaign_deliveries'::regclass`,
  )
  for (const { name } of rows) await pool.query(`alter table ${name} set (fillfactor = ${percent})`)
}
