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

async function copyRow(pool: pg.Pool, { table, where = 'true', change }: Original, copies: number): Promise<void> {
  const { rows } = await pool.query(
    `select column_name as name from information_schema.columns where table_schema = 'drumbeat' and table_name = $1
     order by ordinal_position`,
    [table],
  )
  const names: readonly string[] = rows.map(({ name }) => name)
  const values = names.map((name) => change[name] ?? `one."${name}"`)
  for (let from = 0; from < copies; from += atOnce)
    await pool.query(
      `insert into drumbeat.${table} (${names.map((name) => `"${name}"`).join(', ')}) select ${values.join(', ')}
       from (select * from drumbeat.${table} where ${where} limit 1) one, generate_series($1::int, $2::int) copy (number)`,
      [from + 1, Math.min(from + atOnce, copies)],
    )
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

/** Copies one delivery that was sent so many times: what runs that are long over have left. */
export async function copyDelivery(pool: pg.Pool, deliveries: number): Promise<void> {
  const id = `nextval('drumbeat.delivery_ids')`
  const delivery = { id, recipient_id: '1000000000 + copy.number', contact_id: `'past-' || copy.number` }
  await copyRow(pool, { table: 'campaign_deliveries', where: `state = 'sent'`, change: delivery }, deliveries)
}
