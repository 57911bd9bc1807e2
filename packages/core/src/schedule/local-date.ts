import { ConfigurationError } from '../errors.js'

/** A date without a zone, as `YYYY-MM-DD` of the Gregorian calendar, years 0001–9999. Sorts as text. */
export type LocalDate = string

/** A day of the week. */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/** The days of the week in ISO order, Monday first. */
export const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** The milliseconds of a day without a change of offset. */
export const dayMs = 86_400_000

/** The days since 1970-01-01 of a local date; negative before it. */
export type DayNumber = number

/** The number of 0001-01-01, the first day that a {@link LocalDate} can name. */
export const firstDay: DayNumber = -719_162
/** The number of 9999-12-31, the last day that a {@link LocalDate} can name. */
export const lastDay: DayNumber = 2_932_896

/** The parts of a {@link DayNumber} or of a clock reading, in people's counting: months and days from 1. */
export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

/** The day number of a year, month (1-based; 13 is the next January) and day of the proleptic Gregorian calendar. */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  // Counts from 1 March of the year, so that the leap day is the last of it. Months and days may overflow.
  const months = year * 12 + month - 3
  const marchYear = Math.floor(months / 12)
  const dayOfYear = Math.floor((153 * (months - marchYear * 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + dayOfYear - 719_468
}

/** Year, month, day and time of a clock reading, given as milliseconds since 1970-01-01T00:00 on that clock. */
export function civilOf(wall: number): Civil {
  const days = Math.floor(wall / dayMs)
  const time = wall - days * dayMs
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    hour: Math.floor(time / 3_600_000),
    minute: Math.floor(time / 60_000) % 60,
    second: Math.floor(time / 1000) % 60,
    millisecond: time % 1000,
  }
}

/** How many days a month has; the month is 1-based. */
export function daysInMonth(year: number, month: number): number {
  return dayNumber(year, month + 1, 1) - dayNumber(year, month, 1)
}

/** The weekday of a day: 0 = Monday … 6 = Sunday, an index into {@link weekdays}. */
export function weekdayIndex(day: DayNumber): number {
  return (((day + 3) % 7) + 7) % 7
}

/** The weekday of a day. */
export function weekdayOfDay(day: DayNumber): Weekday {
  return weekdays[weekdayIndex(day)] as Weekday
}

/** Writes a day as `YYYY-MM-DD`. The day lies within {@link firstDay} and {@link lastDay}. */
export function dateOfDay(day: DayNumber): LocalDate {
  const { year, month, day: date } = civilOf(day * dayMs)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`
}

/** The day that a date names; `null` when the text is no date that exists. */
export function dayOfText(text: unknown): DayNumber | null {
  const match = typeof text === 'string' ? /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) : null
  if (match === null) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const real = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  return real ? dayNumber(year, month, day) : null
}

/**
 * The day that a date names.
 * @throws {ConfigurationError} naming `what`, when the text is not a date that exists.
 */
export function parseLocalDate(date: LocalDate, what: string): DayNumber {
  const day = dayOfText(date)
  if (day !== null) return day
  throw new ConfigurationError(`${what} is not a date: ${JSON.stringify(date)}. Give YYYY-MM-DD, such as "2026-12-24".`)
}

/** The day `months` later (earlier when negative), on the same day of the month or, where that month is shorter, its last. */
export function plusMonths(day: DayNumber, months: number): DayNumber {
  if (months === 0) return day
  const { year, month, day: date } = civilOf(day * dayMs)
  const first = dayNumber(year, month + months, 1)
  const next = dayNumber(year, month + months + 1, 1)
  return Math.min(first + date - 1, next - 1)
}

/**
 * The date that many days later; earlier when negative.
 * @throws {ConfigurationError} when the text is not a date, or the result leaves the years 0001–9999.
 */
export function addDays(date: LocalDate, days: number): LocalDate {
  return inRange(parseLocalDate(date, 'The date') + days, date)
}

/**
 * The date that many months later (earlier when negative); the 31st becomes the last day of a shorter month.
 * @throws {ConfigurationError} when the text is not a date, or the result leaves the years 0001–9999.
 */
export function addMonths(date: LocalDate, months: number): LocalDate {
  return inRange(plusMonths(parseLocalDate(date, 'The date'), months), date)
}

/** Negative when `a` is before `b`, 0 when they are the same date, positive when it is after. */
export function compareDates(a: LocalDate, b: LocalDate): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * The day of the week of a date.
 * @throws {ConfigurationError} when the text is not a date.
 */
export function weekdayOf(date: LocalDate): Weekday {
  return weekdayOfDay(parseLocalDate(date, 'The date'))
}

function inRange(day: DayNumber, from: LocalDate): LocalDate {
  if (Number.isInteger(day) && day >= firstDay && day <= lastDay) return dateOfDay(day)
  throw new ConfigurationError(`Counting from ${from} leaves the dates 0001-01-01 to 9999-12-31.`)
}
