/** A table that lies in ranges of delivery ids. */
export interface RangedTable {
  readonly name: string
  /** How each range is stored. A partition does not inherit it. */
  readonly storage: string
}

/** The tables whose ranges are made ahead. Their ranges begin and end at the same ids, unless they were overrun. */
export const rangedTables: readonly RangedTable[] = [{ name: 'campaign_deliveries', storage: 'with (fillfactor = 60)' }]

/** Those that lay in ranges when ranges began. */
const rangedAtFirst: readonly RangedTable[] = [...rangedTables, { name: 'delivery_attempts', storage: '' }]

/**
 * Turns what has been the default until now into the first range, with all that is in it: it ends at least half a range beyond the ids
 * that are given out, so that those that engines have reserved belong to it. The new default is empty, and stays so: to attach a range,
 * the database reads the default while nobody else may.
 */
export const firstRanges = (s: string, idsPerRange: number): string => `
  do $$
  declare
    size bigint := ${idsPerRange};
    beyond bigint := ((select last_value from ${s}.delivery_ids) + size / 2) / size * size + size;
  begin
    ${rangedAtFirst.map((table) => firstRange(s, table)).join('')}
  end $$`

const firstRange = (s: string, { name, storage }: RangedTable): string => `
    alter table ${s}.${name} detach partition ${s}.${name}_default;
    alter table ${s}.${name}_default rename to ${name}_first;
    execute format('alter table ${s}.${name} attach partition ${s}.${name}_first for values from (minvalue) to (%s)', beyond);
    create table ${s}.${name}_default partition of ${s}.${name} default ${storage};`
