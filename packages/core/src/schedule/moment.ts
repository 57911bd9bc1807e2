import { ConfigurationError } from '../errors.js'
import {
  type Blackout,
  type BusinessCalendar,
  businessDayFrom,
  isBlackedOut,
  isBusinessDayNumber,
  searchDays,
} from './calendar.js'
import { type Duration, elapsedPartMs, hasCalendarPart, parseDuration } from './duration.js'
import { type Instant, isInstant } from './instant.js'
import { readIsoText } from './iso-text.js'
import { type DayNumber, dateOfDay, dayMs, lastDay, plusMonths, weekdayOfDay } from './local-date.js'
import { type AllowedDates, type Moment, maxBusinessDays, maxOnDay, type NextTime } from './moment-rule.js'
import { type Zone, zoneOf } from './offsets.js'
import { parseTimeOfDay } from './time-of-day.js'
import { instantOf, startOfDay, type WallClock } from './zone.js'

export {
  type AllowedDates,
  type Anchor,
  type Moment,
  type NextTime,
  validateMoment,
  type ZoneChoice,
} from './moment-rule.js'

/** What a moment is resolved against. */
export interface MomentContext {
  readonly anchorAt: Instant
  /** The zone that the moment's `zone` chose. */
  readonly zone: string
  /** The workspace's calendars by name. */
  readonly calendars: Readonly<Record<string, BusinessCalendar>>
  /** The blackouts that apply to the message, for `dates.notBlackedOut`. */
  readonly blackouts: readonly Blackout[]
}

/**
 * An instant, and the clock reading it stands for. They differ where that reading is skipped by the clock; later parts of
 * the rule go on from the reading, so that a day later it is 02:30 again and not 03:30.
 */
interface Reached {
  readonly at: Instant
  readonly wall: WallClock
}

/**
 * The instant that an anchor's value stands for in a zone: a `Date`; whole milliseconds since 1970; ISO-8601 text with an
 * offset; a local date-time in the zone (skipped ones move forward by the gap, ambiguous ones are the first); or a date
 * alone, which is its first instant in the zone. `null` for everything else, and outside the years 0001–9999.
 * @throws {ConfigurationError} when a local value is given and the zone is not known.
 */
export function anchorInstant(value: unknown, zone: string): Instant | null {
  const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? instantOfText(value, zone) : value
  return isInstant(at) ? at : null
}

/**
 * The instant that a moment's rule names, counted from its anchor. With a `for`, `businessDays` that is not negative, `until`
 * or `dates` it is never before the anchor; `onDay` with `at` may be. `null` = it never comes: no date is allowed within
 * ten years, or the years 0001–9999 run out.
 * @throws {ConfigurationError} when a part is not valid (see {@link validateMoment}), a calendar is not among `calendars`, or
 *   the zone is not known.
 */
export function resolveMoment(moment: Moment, context: MomentContext): Instant | null {
  const { anchorAt } = context
  const zone = zoneOf(context.zone)
  let reached: Reached | null = { at: anchorAt, wall: zone.wallAt(anchorAt) }
  if (moment.for !== undefined) reached = after(reached, parseDuration(moment.for), zone)
  if (moment.onDay !== undefined)
    reached = onWall(reached.wall + wholeNumber(moment.onDay, 'onDay', maxOnDay) * dayMs, zone)
  if (moment.businessDays !== undefined)
    reached = afterBusinessDays(reached, moment.businessDays, moment.calendar, zone, context)
  if (reached !== null && moment.at !== undefined) {
    reached = onWall(dayOf(reached.wall) * dayMs + parseTimeOfDay(moment.at, 'at'), zone)
  }
  if (reached !== null && moment.until !== undefined) reached = nextTime(reached, moment.until, zone)
  if (reached !== null && moment.dates !== undefined) reached = onAllowedDate(reached, moment.dates, zone, context)
  return reached !== null && isInstant(reached.at) ? reached.at : null
}

/**
 * The instant a duration after another one (before it, when negative): calendar parts first, at the same time of day in the
 * zone, months clamped to the last day; then the elapsed parts.
 * @throws {ConfigurationError} when the zone is not known.
 */
export function addDuration(at: Instant, duration: Duration, zone: string): Instant {
  const known = zoneOf(zone)
  return after({ at, wall: known.wallAt(at) }, duration, known).at
}

function instantOfText(text: string, zone: string): Instant | null {
  const read = readIsoText(text)
  if (read === null) return null
  if (read.time === null) return startOfDay(zone, read.day)
  const wall = read.day * dayMs + read.time
  return read.offset === null ? instantOf(zone, wall) : wall - read.offset
}

function after(reached: Reached, duration: Duration, zone: Zone): Reached {
  let { at, wall } = reached
  // Without calendar parts the instant stays as it is: it may be the second of an ambiguous time.
  if (hasCalendarPart(duration)) {
    const day = plusMonths(dayOf(wall), duration.years * 12 + duration.months) + duration.weeks * 7 + duration.days
    wall = day * dayMs + timeOf(wall)
    at = zone.instantOf(wall)
  }
  const elapsed = elapsedPartMs(duration)
  if (elapsed === 0) return { at, wall }
  at += elapsed
  return { at, wall: zone.wallAt(at) }
}

function afterBusinessDays(
  reached: Reached,
  count: number,
  calendar: string | undefined,
  zone: Zone,
  context: MomentContext,
): Reached | null {
  if (wholeNumber(count, 'businessDays', maxBusinessDays) === 0) return reached
  const day = businessDayFrom(dayOf(reached.wall), count, calendarNamed(calendar, context))
  return day === null ? null : onWall(day * dayMs + timeOf(reached.wall), zone)
}

function nextTime(reached: Reached, until: string | NextTime, zone: Zone): Reached | null {
  const { time, weekdays = undefined } = typeof until === 'string' ? { time: until } : until
  const timeOfDay = parseTimeOfDay(time, 'until')
  const today = dayOf(zone.wallAt(reached.at))
  // Yesterday's time may lie ahead where a gap moved it past midnight; a week and a day later every weekday has come.
  for (let day = today - 1; day <= today + 8; day++) {
    if (weekdays?.includes(weekdayOfDay(day)) === false) continue
    const candidate = onWall(day * dayMs + timeOfDay, zone)
    if (candidate.at >= reached.at) return candidate
  }
  return null
}

function onAllowedDate(reached: Reached, dates: AllowedDates, zone: Zone, context: MomentContext): Reached | null {
  const calendar = dates.calendar === undefined ? null : calendarNamed(dates.calendar, context)
  const allowed = (day: DayNumber): boolean =>
    dates.weekdays?.includes(weekdayOfDay(day)) !== false &&
    (calendar === null || isBusinessDayNumber(day, calendar)) &&
    (dates.notBlackedOut !== true || !isBlackedOut(dateOfDay(day), context.blackouts))
  for (let days = 0; days <= searchDays; days++) {
    const wall = reached.wall + days * dayMs
    if (dayOf(wall) > lastDay) return null
    if (!allowed(dayOf(wall))) continue
    const candidate = days === 0 ? reached : onWall(wall, zone)
    // A gap over midnight, or a date that the zone skips, may have moved it onto a date that is not allowed.
    if (allowed(dayOf(zone.wallAt(candidate.at)))) return candidate
  }
  return null
}

function calendarNamed(name: string | undefined, context: MomentContext): BusinessCalendar {
  const calendar = name !== undefined && Object.hasOwn(context.calendars, name) ? context.calendars[name] : undefined
  if (calendar !== undefined) return calendar
  const known = Object.keys(context.calendars)
  throw new ConfigurationError(
    `There is no calendar ${JSON.stringify(name)}. ${known.length === 0 ? 'This workspace has none.' : `Known are ${known.join(', ')}.`}`,
  )
}

function wholeNumber(value: number, what: string, limit: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= limit) return value
  throw new ConfigurationError(`${what} is ${JSON.stringify(value)}; give a whole number from -${limit} to ${limit}.`)
}

function onWall(wall: WallClock, zone: Zone): Reached {
  return { at: zone.instantOf(wall), wall }
}

function dayOf(wall: WallClock): DayNumber {
  return Math.floor(wall / dayMs)
}

function timeOf(wall: WallClock): number {
  return wall - dayOf(wall) * dayMs
}
