import { rangedTables } from '../tables/deliveries/ranges.js'
import type { QueryContext } from './context.js'

/** Warns once when rows lie in the default of a table in ranges: no range was there for them, and somebody should know why. */
export class DefaultRange {
  private hasWarned = false

  constructor(
    private readonly context: Pick<QueryContext, 'database' | 's'>,
    private readonly warn: (message: string) => void,
  ) {}

  /** Reads one row of each default at most. */
  async look(): Promise<void> {
    if (this.hasWarned) return
    const { database, s } = this.context
    for (const { name } of rangedTables) {
      const [row] = await database.read<{ found: boolean }>(`select exists (select from ${s}.${name}_default) as found`)
      if (row?.found !== true) continue
      this.hasWarned = true
      this.warn(
        `Rows lie in ${s}.${name}_default: no range was there for them. They are in no danger, but ranges cannot be made in time. Look for an open transaction that holds a lock on ${s}.${name} for long, or a database user that may not create tables, or raise idsPerRange.`,
      )
    }
  }
}
