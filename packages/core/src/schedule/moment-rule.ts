import { weekdayProblems } from './calendar.js'
import { parseDuration } from './duration.js'
import { readIsoText } from './iso-text.js'
import type { Weekday } from './local-date.js'
import { isZone } from './offsets.js'
import { problemsOf } from './problems.js'
import { parseTimeOfDay } from './time-of-day.js'

/**
 * What a moment counts from: the run's base, its nominal entry, the time of the event that entered it, the activation of the
 * campaign, the latest event of a name in this run, a date or date-time among the contact's attributes, or a fixed one.
 */
export type Anchor =
  | 'base'
  | 'enrollment'
  | 'entryEvent'
  | 'campaignStart'
  /** The event's own time; with `field` (a dotted path) the date or date-time at that place of its data. */
  | { readonly event: string; readonly field?: string }
  | { readonly attribute: string }
  /** ISO-8601: an instant with its offset, or a local date or date-time in `zone` (default: the zone of the moment). */
  | { readonly fixed: string; readonly zone?: string }

/** Whose zone governs the dates, times and weekdays of a rule. */
export type ZoneChoice = 'contact' | 'campaign' | 'workspace' | { readonly fixed: string }

/** The next such time of day, on one of the weekdays if they are named. */
export interface NextTime {
  readonly time: string
  readonly weekdays?: readonly Weekday[]
}

/** Dates on which a moment may fall. A date that is not allowed moves by whole days and keeps its time of day. */
export interface AllowedDates {
  readonly weekdays?: readonly Weekday[]
  /** The name of a business calendar: only days that count in it. */
  readonly calendar?: string
  /** Not on the blackout dates that apply to the message. */
  readonly notBlackedOut?: boolean
  readonly otherwise: 'nextDateSameTime'
}

/**
 * An anchor and a rule that together name an instant. The parts apply in this order: one of `for`, `onDay` and
 * `businessDays`; then `at`, or `until`; then `dates`. With none of them the moment is its anchor.
 */
export interface Moment {
  /** Default `base`. */
  readonly anchor?: Anchor
  /** ISO-8601. Days and larger keep the time of day, hours and smaller are elapsed. Negative = before the anchor. */
  readonly for?: string
  /** The anchor's local date plus this many days (0 and negative allowed); needs `at`. */
  readonly onDay?: number
  /** The time of day (`HH:MM`) on the date that `onDay` or `businessDays` names. */
  readonly at?: string
  /** Then the next such time of day (`HH:MM`), at or after what came before. */
  readonly until?: string | NextTime
  /** This many days that count in `calendar`, at the same time of day. The anchor's day is 0; negative counts back. */
  readonly businessDays?: number
  /** The name of the calendar for `businessDays`. */
  readonly calendar?: string
  readonly dates?: AllowedDates
  /** Default `contact`. */
  readonly zone?: ZoneChoice
  /** What to do when the moment was past already when the run came to it. Default `send`. */
  readonly ifPast?: 'send' | 'skip' | 'exit'
}

/** The largest `onDay`, in either direction: a hundred years. */
export const maxOnDay = 36_525
/** The largest `businessDays`, in either direction. */
export const maxBusinessDays = 1000

/**
 * What is wrong with a moment, as sentences that name the part and what is legal; empty = nothing. It reads the moment
 * alone: whether a named calendar, event or attribute exists is for its caller to know.
 */
export function validateMoment(moment: Moment): string[] {
  const problems = [...anchorProblems(moment.anchor), ...offsetProblems(moment), ...untilProblems(moment.until)]
  if (moment.dates !== undefined) problems.push(...datesProblems(moment.dates))
  if (moment.zone !== undefined) problems.push(...zoneProblems(moment.zone))
  if (moment.ifPast !== undefined && !['send', 'skip', 'exit'].includes(moment.ifPast)) {
    problems.push(`ifPast is ${JSON.stringify(moment.ifPast)}; it may be "send", "skip" or "exit".`)
  }
  return problems
}

function anchorProblems(anchor: Anchor | undefined): string[] {
  if (anchor === undefined || anchor === 'base' || anchor === 'enrollment') return []
  if (anchor === 'entryEvent' || anchor === 'campaignStart') return []
  if (typeof anchor === 'object' && anchor !== null) {
    if ('event' in anchor && isName(anchor.event) && (anchor.field === undefined || isName(anchor.field))) return []
    if ('attribute' in anchor && isName(anchor.attribute)) return []
    if ('fixed' in anchor) {
      const problems: string[] = []
      if (typeof anchor.fixed !== 'string' || readIsoText(anchor.fixed) === null) {
        problems.push(
          `The fixed anchor ${JSON.stringify(anchor.fixed)} is not ISO-8601; give "2026-12-24", "2026-12-24T18:00" or "2026-12-24T18:00-05:00".`,
        )
      }
      if (anchor.zone !== undefined && !isZone(anchor.zone)) problems.push(unknownZone(anchor.zone))
      return problems
    }
  }
  return [
    `The anchor ${JSON.stringify(anchor)} is not one; give "base", "enrollment", "entryEvent", "campaignStart", { event }, { attribute } or { fixed }.`,
  ]
}

function offsetProblems(moment: Moment): string[] {
  const problems: string[] = []
  const { for: duration, onDay, businessDays, at } = moment
  const given = (['for', 'onDay', 'businessDays'] as const).filter((part) => moment[part] !== undefined)
  if (given.length > 1) problems.push(`${given.join(' and ')} contradict each other; give one of them.`)
  if (duration !== undefined) problems.push(...problemsOf([() => parseDuration(duration)]))
  if (onDay !== undefined) {
    problems.push(...wholeNumberProblems('onDay', onDay, maxOnDay))
    if (at === undefined) problems.push('onDay needs a time of day; add at, such as "14:00".')
  }
  if (at !== undefined) {
    problems.push(...problemsOf([() => parseTimeOfDay(at, 'at')]))
    if (onDay === undefined && businessDays === undefined) {
      problems.push(
        "at needs onDay or businessDays beside it; onDay 0 is the anchor's own date, until is the next such time.",
      )
    }
    if (moment.until !== undefined) {
      problems.push(
        'at and until both give a time of day; keep at for that time on the date, or until for the next such time.',
      )
    }
  }
  if (businessDays !== undefined) {
    problems.push(...wholeNumberProblems('businessDays', businessDays, maxBusinessDays))
    if (!isName(moment.calendar)) problems.push('businessDays needs the name of a calendar; add calendar.')
  } else if (moment.calendar !== undefined) {
    problems.push('calendar belongs to businessDays; to keep off its holidays put it into dates.')
  }
  return problems
}

function untilProblems(until: Moment['until']): string[] {
  if (until === undefined) return []
  const { time, weekdays = undefined } = typeof until === 'string' ? { time: until } : until
  const problems = problemsOf([() => parseTimeOfDay(time, 'until')])
  if (weekdays?.length === 0)
    problems.push('The weekdays of until are empty, so the time never comes; name one or leave them out.')
  return [...problems, ...weekdayProblems(weekdays ?? [], 'until')]
}

function datesProblems(dates: AllowedDates): string[] {
  const problems = weekdayProblems(dates.weekdays ?? [], 'dates')
  if (dates.weekdays?.length === 0) {
    problems.push('The weekdays of dates are empty, so no date is allowed; name one or leave them out.')
  }
  if (dates.calendar !== undefined && !isName(dates.calendar)) problems.push('The calendar of dates has no name.')
  if (dates.weekdays === undefined && dates.calendar === undefined && dates.notBlackedOut !== true) {
    problems.push('dates allows every date; give weekdays, calendar or notBlackedOut, or leave it out.')
  }
  if (dates.otherwise !== 'nextDateSameTime') {
    problems.push(`dates.otherwise is ${JSON.stringify(dates.otherwise)}; it may be "nextDateSameTime".`)
  }
  return problems
}

/** What is wrong with a choice of zone, as sentences; empty = nothing. */
export function zoneProblems(zone: ZoneChoice): string[] {
  if (zone === 'contact' || zone === 'campaign' || zone === 'workspace') return []
  if (typeof zone === 'object' && zone !== null && 'fixed' in zone)
    return isZone(zone.fixed) ? [] : [unknownZone(zone.fixed)]
  return [
    `The zone ${JSON.stringify(zone)} is not a choice; give "contact", "campaign", "workspace" or { fixed: "Europe/Berlin" }.`,
  ]
}

function unknownZone(zone: unknown): string {
  return `The zone ${JSON.stringify(zone)} is not known to this runtime; give an IANA name such as "Europe/Berlin".`
}

function wholeNumberProblems(part: string, value: number, limit: number): string[] {
  if (Number.isInteger(value) && Math.abs(value) <= limit) return []
  return [`${part} is ${JSON.stringify(value)}; give a whole number from -${limit} to ${limit}.`]
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== ''
}
