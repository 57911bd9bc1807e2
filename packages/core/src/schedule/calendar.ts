import { ConfigurationError } from '../errors.js'
import {
  type DayNumber,
  dateOfDay,
  dayOfText,
  firstDay,
  type LocalDate,
  lastDay,
  parseLocalDate,
  type Weekday,
  weekdayOfDay,
  weekdays,
} from './local-date.js'

export type { LocalDate, Weekday }

/** Which days count as business days: all that are neither a weekend day nor a holiday. */
export interface BusinessCalendar {
  /** The weekdays on which nobody works; all seven = there is no business day. */
  readonly weekend: readonly Weekday[]
  readonly holidays: readonly LocalDate[]
}

/** Dates on which nothing is sent: one date, a range with both ends included, or a day of every year (`02-29` in leap years). */
export type Blackout =
  | { readonly on: LocalDate; readonly name?: string }
  | { readonly from: LocalDate; readonly to: LocalDate; readonly name?: string }
  /** Month and day: `12-25`. */
  | { readonly yearly: string; readonly name?: string }

/** How many days a search for an allowed date goes on before it says "never": ten years. */
export const searchDays = 3660

/** True when the date is neither a weekend day nor a holiday. @throws {ConfigurationError} when the text is not a date. */
export function isBusinessDay(date: LocalDate, calendar: BusinessCalendar): boolean {
  return isBusinessDayNumber(parseLocalDate(date, 'The date'), calendar)
}

/** {@link isBusinessDay} for a day number. */
export function isBusinessDayNumber(day: DayNumber, calendar: BusinessCalendar): boolean {
  return !calendar.weekend.includes(weekdayOfDay(day)) && !calendar.holidays.includes(dateOfDay(day))
}

/** True when one of the blackouts covers the date. The date must be a valid one. */
export function isBlackedOut(date: LocalDate, blackouts: readonly Blackout[]): boolean {
  return blackouts.some((blackout) => {
    if ('on' in blackout) return blackout.on === date
    if ('yearly' in blackout) return date.endsWith(`-${blackout.yearly}`)
    return blackout.from <= date && date <= blackout.to
  })
}

/**
 * The `count`-th business day after a day, or before it when `count` is negative; the day itself, whatever it is, when it is
 * 0. `null` when the calendar has no business day within ten years of the one before, or the dates run out.
 */
export function businessDayFrom(day: DayNumber, count: number, calendar: BusinessCalendar): DayNumber | null {
  const step = Math.sign(count)
  let found = day
  for (let left = Math.abs(count); left > 0; left--) {
    const limit = found + step * searchDays
    do {
      if (found === limit || found < firstDay || found > lastDay) return null
      found += step
    } while (!isBusinessDayNumber(found, calendar))
  }
  return found
}

/** What is wrong with a calendar, as sentences; empty = nothing. */
export function validateCalendar(calendar: BusinessCalendar): string[] {
  const problems = weekdayProblems(calendar.weekend, 'weekend')
  for (const holiday of calendar.holidays) {
    if (dayOfText(holiday) === null) problems.push(`Holiday ${JSON.stringify(holiday)} is not a date; give YYYY-MM-DD.`)
  }
  if (weekdays.every((weekday) => calendar.weekend.includes(weekday))) {
    problems.push('Every weekday is a weekend day, so no day ever counts; leave at least one out.')
  }
  return problems
}

/**
 * Checks a blackout.
 * @throws {ConfigurationError} when a date does not exist, a range ends before it begins, or a yearly day is not `MM-DD`.
 */
export function checkBlackout(blackout: Blackout): void {
  if ('on' in blackout) {
    parseLocalDate(blackout.on, 'The date of a blackout')
  } else if ('yearly' in blackout) {
    // 2000 is a leap year: it has every day that a year can have.
    if (dayOfText(`2000-${blackout.yearly}`) !== null) return
    throw new ConfigurationError(
      `Yearly blackout ${JSON.stringify(blackout.yearly)} is not a day; give MM-DD, such as "12-25".`,
    )
  } else {
    const from = parseLocalDate(blackout.from, 'The begin of a blackout')
    const to = parseLocalDate(blackout.to, 'The end of a blackout')
    if (to >= from) return
    throw new ConfigurationError(`The blackout from ${blackout.from} ends before it begins, on ${blackout.to}.`)
  }
}

/** What is wrong with a list of weekdays, as sentences; `what` names it. An empty list is not wrong here. */
export function weekdayProblems(list: readonly unknown[], what: string): string[] {
  return list
    .filter((name) => !weekdays.includes(name as Weekday))
    .map((name) => `${JSON.stringify(name)} in ${what} is not a weekday; the names are ${weekdays.join(', ')}.`)
}
