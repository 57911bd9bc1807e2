import { ConfigurationError } from '../errors.js'
import { remembered } from './remembered.js'

/**
 * An ISO-8601 duration by its parts. All parts carry one sign. Years, months, weeks and days are calendar units (the same
 * time of day on another date); hours, minutes and seconds are elapsed time. Only seconds may have a fraction.
 */
export interface Duration {
  readonly years: number
  readonly months: number
  readonly weeks: number
  readonly days: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
}

const pattern =
  /^(-|\+)?P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,3})?)S)?)?$/

/** A hundred years in each unit: no duration may be longer, so that sums stay within the range of instants. */
const limits: Duration = {
  years: 100,
  months: 1200,
  weeks: 5218,
  days: 36_525,
  hours: 876_600,
  minutes: 52_596_000,
  seconds: 3_155_760_000,
}

/**
 * Reads an ISO-8601 duration: `P2W`, `P1DT2H`, `PT90M`, `-P1D`. One sign stands before the `P` and holds for all parts.
 * Fractions are allowed of seconds only, to the millisecond.
 * @throws {ConfigurationError} when the text is none, or a part is longer than a hundred years.
 */
export const parseDuration: (text: string) => Duration = remembered(readDuration)

function readDuration(text: string): Duration {
  const match = typeof text === 'string' ? pattern.exec(text) : null
  if (match === null) {
    throw new ConfigurationError(
      `Duration ${JSON.stringify(text)} is not ISO-8601. Write it like "P2W", "P1DT2H", "PT90M" or "-P1D"; only seconds may have a fraction.`,
    )
  }
  const sign = match[1] === '-' ? -1 : 1
  // `+ 0` turns -0 into 0.
  const part = (index: number): number => sign * Number((match[index] ?? '0').replace(',', '.')) + 0
  const duration: Duration = {
    years: part(2),
    months: part(3),
    weeks: part(4),
    days: part(5),
    hours: part(6),
    minutes: part(7),
    seconds: part(8),
  }
  for (const unit of Object.keys(limits) as (keyof Duration)[]) {
    if (Math.abs(duration[unit]) > limits[unit]) {
      throw new ConfigurationError(
        `Duration "${text}" has ${Math.abs(duration[unit])} ${unit}; at most ${limits[unit]} (a hundred years) are allowed.`,
      )
    }
  }
  return duration
}

/** The elapsed part of a duration (hours and smaller) in milliseconds; negative when the duration is. */
export function elapsedPartMs(duration: Duration): number {
  return Math.round(duration.hours * 3_600_000 + duration.minutes * 60_000 + duration.seconds * 1000)
}

/** True when a duration has years, months, weeks or days, which have no length of their own. */
export function hasCalendarPart(duration: Duration): boolean {
  return duration.years !== 0 || duration.months !== 0 || duration.weeks !== 0 || duration.days !== 0
}

/**
 * Reads a length of elapsed time, in milliseconds, for limits and horizons. Never negative. Units from days up have no fixed
 * length and are refused; with `calendarDaysAs24Hours` a day counts 24 h and a week 168 h, and years and months stay refused.
 * @throws {ConfigurationError} when the text is no duration, is negative, or has a unit that is not allowed here.
 */
export function elapsedMs(text: string, options: { readonly calendarDaysAs24Hours?: boolean } = {}): number {
  const duration = parseDuration(text)
  if (Object.values(duration).some((part) => part < 0)) {
    throw new ConfigurationError(`Duration "${text}" is negative; a length of time must be zero or more.`)
  }
  const days = duration.weeks * 7 + duration.days
  if (duration.years !== 0 || duration.months !== 0 || (days !== 0 && options.calendarDaysAs24Hours !== true)) {
    const allowed = options.calendarDaysAs24Hours === true ? 'days and smaller, such as "P7D"' : 'hours and smaller'
    throw new ConfigurationError(
      `Duration "${text}" has units whose length depends on the calendar; here only ${allowed} are allowed: write "PT24H" for 24 hours.`,
    )
  }
  return days * 86_400_000 + elapsedPartMs(duration)
}
