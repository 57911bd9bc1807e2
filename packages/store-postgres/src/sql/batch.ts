import type { Param } from '../connection/connection.js'
import { arrayLiteral } from './array-literal.js'

type Column<Row> = readonly [type: string, value: (row: Row) => Param]

/** The columns of rows by name: the type in the database, and the value in a row. The first one tells the rows apart. */
export type Columns<Row> = Readonly<Record<string, Column<Row>>>

/** Rows that are handed to one statement as a table. */
export interface Batch<Row> {
  /** Its column names, separated by commas. */
  readonly columns: string
  /** How many parameters it takes. */
  readonly size: number
  /** The rows, for the `from` of a statement whose parameters begin at `first`; the columns follow as an alias. */
  from(alias: string, first?: number): string
  /** The same with a last column `n` that numbers the rows from 1. */
  numbered(alias: string, first?: number): string
  params(rows: readonly Row[]): readonly Param[]
}

/**
 * Describes rows by their columns: one array per column is faster than a list of rows (×3.6), and the statement is the same for any
 * number of them. Most columns of a batch name one value throughout, its workspace or its step: of those only one element is sent, and
 * stands for all rows.
 */
export function batch<Row>(columns: Columns<Row>): Batch<Row> {
  const names = Object.keys(columns)
  const parts = Object.values(columns)
  const rowsFrom = (alias: string, first: number, numbered: boolean): string => {
    const arrays = parts.map(([type], index) => `$${first + index}::${type}[]`)
    const selected = names.map((name, index) =>
      index === 0
        ? `u.${name}`
        : `case when cardinality(${arrays[index]}) = 1 then (${arrays[index]})[1] else u.${name} end as ${name}`,
    )
    const unnested = `unnest(${arrays.join(', ')})${numbered ? ' with ordinality' : ''} as u(${names.join(', ')}${numbered ? ', n' : ''})`
    // `offset 0` keeps the shared values out of the planner's sight: compared with constants, it would expect next to no rows.
    return `(select ${selected.join(', ')}${numbered ? ', u.n' : ''} from ${unnested} offset 0) as ${alias}`
  }
  return {
    columns: names.join(', '),
    size: names.length,
    from: (alias, first = 1) => rowsFrom(alias, first, false),
    numbered: (alias, first = 1) => rowsFrom(alias, first, true),
    params: (rows) =>
      parts.map(([, value], index) => arrayLiteral(index === 0 ? rows.map(value) : folded(rows, value))),
  }
}

/** The values of a column, or the one that all rows share. */
function folded<Row>(rows: readonly Row[], value: (row: Row) => Param): readonly Param[] {
  const values = rows.map(value)
  const [first] = values
  return values.every((one) => one === first) ? values.slice(0, 1) : values
}
