import type { Instant } from '@drumbeat/core'
import { instant } from '../sql/values.js'

/** Whose time counts: the database's own, or only what callers name, for virtual time. */
export type ClockChoice = 'store' | 'caller'

/** How statements tell the time. */
export interface Clock {
  /**
   * The instant of stamps, leases and permits, as an expression over a parameter: the database's clock, or what the caller named.
   * To the millisecond, as everything is stored.
   */
  stamp(parameter: string): string
  /** The instant up to which things are due: the earlier of both, so that a clock ahead of the database's claims nothing early. */
  due(parameter: string): string
  /** The parameter of both for a call that names no instant: null for the database's clock, else the latest that was named. */
  unnamed(): string | null
  /** Takes note of an instant that a caller named, and returns its parameter. */
  named(now: Instant): string
}

const databaseNow = `date_trunc('milliseconds', clock_timestamp())`

/** Tells the time by the database's clock, or by what callers name. */
export function clockOf(choice: ClockChoice): Clock {
  let latest = 0
  return {
    stamp: (parameter) => `coalesce(${choice === 'store' ? `${databaseNow}, ` : ''}${parameter}::timestamptz)`,
    // A subquery without columns is computed once, so that an index can be searched by it.
    due: (parameter) =>
      choice === 'store' ? `(select least(${parameter}::timestamptz, ${databaseNow}))` : `${parameter}::timestamptz`,
    unnamed: () => (choice === 'store' ? null : instant(latest)),
    named: (now) => {
      latest = Math.max(latest, now)
      return instant(now)
    },
  }
}
