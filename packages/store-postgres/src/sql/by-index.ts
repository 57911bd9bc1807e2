import type { Connection } from '../connection/connection.js'

/**
 * The rows that a select finds for each row of a batch before it, each time through the index. As a plain join the planner reads
 * the whole table, which is cheaper as long as the table is small and then costs every batch more as it grows; `offset 0` keeps
 * it from making one. Only for statements that run with {@link plansByKey}: without, old statistics may make it read the whole
 * table for each row (measured: 1.1 s instead of 20 ms for a thousand).
 */
export function byIndex(select: string, alias: string): string {
  return `cross join lateral (${select} offset 0) ${alias}`
}

/**
 * Settings for our own transactions, whose statements all find rows by keys: the same plan in a small database and in a large one,
 * whatever the statistics are. A table that has to be read whole still is, without compiling the plan first.
 */
export const plansByKey: readonly string[] = [
  'SET LOCAL enable_seqscan = off',
  'SET LOCAL random_page_cost = 1.1',
  'SET LOCAL jit = off',
]

/**
 * Runs a statement that joins long lists with each other, such as what it reads with what it has inserted. The planner takes them for short
 * ones, and would compare each of one with each of the other (measured: a minute instead of 0.1 s for five thousand).
 */
export async function joiningLists<Result>(connection: Connection, run: () => Promise<Result>): Promise<Result> {
  await connection.query('SET LOCAL enable_nestloop = off')
  const result = await run()
  await connection.query('SET LOCAL enable_nestloop = on')
  return result
}
