import type { Store } from '@drumbeat/core'
import type pg from 'pg'

/** Rows of each large table; with ranges of 10,000, deliveries fill eight of them and most of a ninth. */
export const rowsEach = 90_000 - 2_000

const chunk = 4_000

/**
 * Fills the tables that grow: what one person has left there is copied until the planner has a choice. Copied people wait for a moment far
 * away, and their deliveries lie in as many ranges as the store has made of them.
 */
export async function fillDatabase(pool: pg.Pool, store: Store, schema: string): Promise<void> {
  const copy = async (table: string, change: Readonly<Record<string, string>>, from: number, to: number) => {
    const { rows } = await pool.query(
      `select column_name as name from information_schema.columns
       where table_schema = $1 and table_name = $2 and is_generated = 'NEVER' order by ordinal_position`,
      [schema, table],
    )
    const names: readonly string[] = rows.map(({ name }) => name)
    await pool.query(
      `insert into ${schema}.${table} (${names.map((name) => `"${name}"`).join(', ')})
       select ${names.map((name) => change[name] ?? `one."${name}"`).join(', ')}
       from (select * from ${schema}.${table} limit 1) one, generate_series(${from}, ${to}) copy (number) on conflict do nothing`,
    )
  }
  const base = 1_000_000
  const contact_id = `'copy-' || copy.number`
  await copy('contacts', { contact_id }, 1, rowsEach)
  await copy('contact_addresses', { contact_id, address_key: `'copy-' || copy.number || '@example.com'` }, 1, rowsEach)
  await copy('contact_consents', { contact_id }, 1, rowsEach)
  await copy('suppressions', { address_hash: `sha256(convert_to(copy.number::text, 'UTF8'))` }, 1, rowsEach)
  const run = {
    id: `${base} + copy.number`,
    contact_id,
    status: `'active'`,
    ended_at: 'null',
    due_at: `now() + interval '30 days'`,
  }
  await copy('campaign_recipients', run, 1, rowsEach)
  await copy('campaign_entries', { contact_id, recipient_id: `${base} + copy.number` }, 1, rowsEach)
  await copy('recipient_blocks', { first_id: `${base}`, last_id: `${base + rowsEach}` }, 1, 1)
  await copy('events', { contact_id, event_id: `'copy-' || copy.number`, seq: '0' }, 1, rowsEach)
  await copy('report_keys', { high: `hashtextextended(copy.number::text, 0)`, low: 'copy.number' }, 1, rowsEach)
  await copy(
    'provider_references',
    { hash: `hashtextextended(copy.number::text, 0)`, delivery_id: 'copy.number' },
    1,
    rowsEach,
  )
  await pool.query(`select setval('${schema}.recipient_ids', ${base + rowsEach})`)
  for (let from = 1; from <= rowsEach; from += chunk) {
    const { rows } = await pool.query(`select last_value::int as last from ${schema}.delivery_ids`)
    const id = `${rows[0].last} + copy.number - ${from} + 1`
    const to = from + chunk - 1
    await copy('campaign_deliveries', { id, contact_id, recipient_id: `${base} + copy.number` }, from, to)
    await pool.query(`select setval('${schema}.delivery_ids', ${rows[0].last + chunk})`)
    await store.control.tidy({ now: Date.now(), keepKeysMs: 1e12 })
  }
  await pool.query('analyze')
}
