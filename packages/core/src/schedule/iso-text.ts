import { type DayNumber, dayOfText } from './local-date.js'

/** What an ISO-8601 text says. */
interface IsoText {
  readonly day: DayNumber
  /** Milliseconds since the start of the day on the clock; null = a date alone. */
  readonly time: number | null
  /** Milliseconds ahead of UTC; null = the text says none. */
  readonly offset: number | null
}

const pattern =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?$/

/**
 * Reads the extended format of ISO-8601: a date, or a date and a time of day with or without an offset. A space may stand
 * for the `T` (RFC 3339, PostgreSQL). `null` for anything else: dates that do not exist, 24:00, leap seconds, week dates.
 */
export function readIsoText(text: string): IsoText | null {
  const match = pattern.exec(text)
  const day = match === null ? null : dayOfText(match[1])
  if (match === null || day === null) return null
  const [, , hour, minute, second = '0', fraction = '', utc, sign, offsetHour, offsetMinute = '0'] = match
  if (hour === undefined) return { day, time: null, offset: null }
  const time = msOf(hour, minute, second) + Number(fraction.padEnd(3, '0').slice(0, 3))
  if (utc !== undefined) return { day, time, offset: 0 }
  if (sign === undefined) return { day, time, offset: null }
  return { day, time, offset: (sign === '-' ? -1 : 1) * msOf(offsetHour, offsetMinute, '0') + 0 }
}

function msOf(hour: string | undefined, minute: string | undefined, second: string): number {
  return (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000
}
