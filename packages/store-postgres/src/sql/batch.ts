import type { Param } from '../connection/connection.js'
import { arrayLiteral } from './array-literal.js'

type Column<Row> = readonly [type: string, value: (row: Row) => Param]

/** The columns of rows by name: the type in the database, and the value in a row. */
export type Columns<Row> = Readonly<Record<string, Column<Row>>>

/** Rows that are handed to one statement as a table. */
export interface Batch<Row> {
  /** Its column names, separated by commas. */
  readonly columns: string
  /** How many parameters it takes. */
  readonly size: number
  /** `unnest($1::bigint[], …)`, for the `from` of a statement whose parameters begin at `first`; the columns follow as an alias. */
  from(alias: string, first?: number): string
  /** The same with a last column `n` that numbers the rows from 1. */
  numbered(alias: string, first?: number): string
  params(rows: readonly Row[]): readonly Param[]
}

/**
 * Describes rows by their columns: one array per column is faster than a list of rows (×3.6), and the statement is the same for any
 * number of them.
 */
export function batch<Row>(columns: Columns<Row>): Batch<Row> {
  const names = Object.keys(columns)
  const parts = Object.values(columns)
  const unnest = (first: number) => `unnest(${parts.map(([type], index) => `$${first + index}::${type}[]`).join(', ')})`
  return {
    columns: names.join(', '),
    size: names.length,
    from: (alias, first = 1) => `${unnest(first)} as ${alias}(${names.join(', ')})`,
    numbered: (alias, first = 1) => `${unnest(first)} with ordinality as ${alias}(${names.join(', ')}, n)`,
    params: (rows) => parts.map(([, value]) => arrayLiteral(rows.map(value))),
  }
}
