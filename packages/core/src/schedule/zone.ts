import { ConfigurationError } from '../errors.js'
import type { Instant } from './instant.js'
import { type Civil, civilOf, dayMs, dayNumber, daysInMonth, weekdayIndex } from './local-date.js'
import { isZone, zoneOf } from './offsets.js'

export { isZone }

/** What a clock and a calendar on the wall show. Month and day count from 1, hours are 0–23. */
export interface LocalTime extends Civil {}

/**
 * A reading of a wall clock: milliseconds since 1970-01-01T00:00 on that clock, as if a day always had 24 hours. Adding
 * a day is "the same time tomorrow". It is not an instant until a zone turns it into one.
 */
export type WallClock = number

/** ISO-8601: 1 = Monday … 7 = Sunday. */
export type IsoWeekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

/**
 * How far the clocks of a zone are ahead of UTC at an instant, in milliseconds; negative west of it. Answered from a table
 * that is kept per zone, with the zone data of the runtime.
 * @throws {ConfigurationError} when the zone is not known.
 */
export function offsetAt(zone: string, at: Instant): number {
  return zoneOf(zone).stretchAt(at).offset
}

/** What the clock on the wall reads at an instant. @throws {ConfigurationError} when the zone is not known. */
export function wallAt(zone: string, at: Instant): WallClock {
  return zoneOf(zone).wallAt(at)
}

/**
 * The instant at which the clock of a zone shows a reading. A reading that the clock skips moves forward by the length of
 * the gap (02:30 becomes 03:30); of one that it shows twice the first is meant.
 * @throws {ConfigurationError} when the zone is not known.
 * @see RFC 5545, 3.3.5, and `disambiguation: 'compatible'` of Temporal.
 */
export function instantOf(zone: string, wall: WallClock): Instant {
  return zoneOf(zone).instantOf(wall)
}

/** What clock and calendar of a zone show at an instant. @throws {ConfigurationError} when the zone is not known. */
export function toLocal(at: Instant, zone: string): LocalTime & { readonly weekday: IsoWeekday } {
  const wall = wallAt(zone, at)
  return { ...civilOf(wall), weekday: (weekdayIndex(Math.floor(wall / dayMs)) + 1) as IsoWeekday }
}

/**
 * The instant at which clock and calendar of a zone show this. A time that is skipped moves forward by the length of the
 * gap; of one that comes twice the first is meant.
 * @throws {ConfigurationError} when the zone is not known, or a part is out of its range (30 February, hour 24).
 */
export function fromLocal(local: LocalTime, zone: string): Instant {
  const { year, month, day, hour, minute, second, millisecond } = local
  const within = (value: number, low: number, high: number) => Number.isInteger(value) && value >= low && value <= high
  const real =
    within(year, 1, 9999) &&
    within(month, 1, 12) &&
    within(day, 1, daysInMonth(year, month)) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 59) &&
    within(millisecond, 0, 999)
  if (!real) {
    throw new ConfigurationError(
      `No calendar shows ${JSON.stringify(local)}. Give a date that exists, hours 0–23, minutes and seconds 0–59, milliseconds 0–999.`,
    )
  }
  const time = ((hour * 60 + minute) * 60 + second) * 1000 + millisecond
  return instantOf(zone, dayNumber(year, month, day) * dayMs + time)
}

/**
 * What the clock of a zone shows as a time of day, `HH:MM`; seconds are cut off.
 * @throws {ConfigurationError} when the zone is not known.
 */
export function timeOfDay(at: Instant, zone: string): string {
  const { hour, minute } = toLocal(at, zone)
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** The instant at which a day begins in a zone: midnight, or the first instant after it where midnight is skipped. */
export function startOfDay(zone: string, day: number): Instant {
  const midnight = day * dayMs
  const known = zoneOf(zone)
  const at = known.instantOf(midnight)
  return known.wallAt(at) === midnight ? at : known.stretchAt(at).from
}

/** Which zone applies, where it came from, and what was found unusable on the way. */
export interface ResolvedZone {
  readonly zone: string
  readonly source: 'contact' | 'campaign' | 'workspace' | 'utc'
  /** The first zone that was given but is not known to this runtime, as text; null = there was none. */
  readonly invalid: string | null
}

/**
 * The first usable zone of contact, campaign and workspace, else UTC. Never fails: what is missing (`undefined`, `null`, `''`)
 * is passed over, what is not a zone is passed over and reported.
 */
export function resolveZone(candidates: {
  readonly contact?: unknown
  readonly campaign?: unknown
  readonly workspace?: unknown
}): ResolvedZone {
  let invalid: string | null = null
  for (const source of ['contact', 'campaign', 'workspace'] as const) {
    const candidate = candidates[source]
    if (isZone(candidate)) return { zone: candidate, source, invalid }
    if (candidate === undefined || candidate === null || candidate === '') continue
    invalid ??= typeof candidate === 'string' ? candidate.slice(0, 64) : `a value of type ${typeof candidate}`
  }
  return { zone: 'UTC', source: 'utc', invalid }
}
