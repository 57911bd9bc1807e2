import { ConfigurationError } from '../errors.js'
import { type Blackout, checkBlackout, isBlackedOut, weekdayProblems } from './calendar.js'
import { type DayNumber, dateOfDay, dayMs, type Weekday, weekdayIndex, weekdays } from './local-date.js'
import { type ZoneChoice, zoneProblems } from './moment-rule.js'
import { problemsOf } from './problems.js'
import { type Hours, parseHours } from './time-of-day.js'
import type { WallClock } from './zone.js'

/** Hours in which sending is allowed. */
export interface AllowedHours {
  /** The weekdays on which the hours begin; default every day. */
  readonly weekdays?: readonly Weekday[]
  /** `09:00-17:00`; `22:00-02:00` runs into the next day, whatever its weekday; `00:00-24:00` is the whole day. */
  readonly hours: string
}

/** When messages may go out, on one layer (workspace, campaign or step). `null` and absent both mean: no such rule. */
export interface SendRules {
  /** Local hours without messages, `21:00-08:00`: the first minute is quiet, the last is not. */
  readonly quietHours?: string | null
  /** Sending is allowed in these hours and no others. */
  readonly windows?: readonly AllowedHours[] | null
  /** Local dates without messages. */
  readonly blackouts?: readonly Blackout[] | null
  /** What happens to a message outside. Default `nextOpening`. */
  readonly outside?: 'nextOpening' | 'nextDateSameTime' | 'earlier' | 'skip' | 'exit'
  /** Whose zone the hours and dates are in. Default `contact`. */
  readonly zone?: ZoneChoice
}

/** The rules that can close, by their names in {@link SendRules}. */
export type ClosingRule = 'quietHours' | 'windows' | 'blackouts'

/** Hours that begin on some weekdays. */
interface Window {
  readonly hours: Hours
  /** By weekday, Monday first: whether the hours begin on it. */
  readonly begins: readonly boolean[]
}

// What was read is kept by text or by identity: rules are immutable, and the same ones are asked for every message.
const hoursRead = new Map<string, Hours>()
const maxHoursRead = 1000
const windowsRead = new WeakMap<readonly AllowedHours[], readonly Window[]>()
const blackoutsChecked = new WeakSet<readonly Blackout[]>()
const nothing: readonly ClosingRule[] = []

/**
 * The rules that close at a reading of the wall clock, in the order quietHours, windows, blackouts.
 * @throws {ConfigurationError} when a rule is not valid; see {@link validateRules}.
 */
export function closedBy(rules: SendRules, wall: WallClock): readonly ClosingRule[] {
  const byHours = closedByHours(rules, wall)
  const blackouts = blackoutsOf(rules)
  const blackedOut = blackouts.length > 0 && isBlackedOut(dateOfDay(Math.floor(wall / dayMs)), blackouts)
  return blackedOut ? [...byHours, 'blackouts'] : byHours
}

/** As {@link closedBy}, without regard to dates: the quiet hours and windows that close at a reading of the wall clock. */
export function closedByHours(rules: SendRules, wall: WallClock): readonly ClosingRule[] {
  const day = Math.floor(wall / dayMs)
  const time = wall - day * dayMs
  const quiet = rules.quietHours != null && partOf(quietHoursOf(rules.quietHours), time) !== null
  const outside = rules.windows != null && !windowsOf(rules.windows).some((window) => isWithin(window, day, time))
  if (quiet) return outside ? ['quietHours', 'windows'] : ['quietHours']
  return outside ? ['windows'] : nothing
}

/** The times of day at which {@link closedBy} can change its answer, in no order; midnight (0) is always among them. */
export function turningTimes(rules: SendRules): number[] {
  const times = [0]
  if (rules.quietHours != null) times.push(...endsOf(quietHoursOf(rules.quietHours)))
  for (const window of windowsOf(rules.windows ?? [])) times.push(...endsOf(window.hours))
  return times
}

function endsOf({ from, to }: Hours): [number, number] {
  return [from, to % dayMs]
}

function quietHoursOf(text: string): Hours {
  let hours = hoursRead.get(text)
  if (hours === undefined) {
    hours = parseHours(text, 'quietHours')
    if (hoursRead.size >= maxHoursRead) hoursRead.clear()
    hoursRead.set(text, hours)
  }
  return hours
}

function windowsOf(allowed: readonly AllowedHours[]): readonly Window[] {
  let windows = windowsRead.get(allowed)
  if (windows === undefined) {
    windows = allowed.map(readWindow)
    windowsRead.set(allowed, windows)
  }
  return windows
}

function blackoutsOf({ blackouts }: SendRules): readonly Blackout[] {
  if (blackouts == null) return []
  if (!blackoutsChecked.has(blackouts)) {
    blackouts.forEach(checkBlackout)
    blackoutsChecked.add(blackouts)
  }
  return blackouts
}

function readWindow(allowed: AllowedHours): Window {
  const [problem] = weekdayProblems(allowed.weekdays ?? [], 'windows')
  if (problem !== undefined) throw new ConfigurationError(problem)
  return {
    hours: parseHours(allowed.hours, 'The hours of windows'),
    begins: weekdays.map((weekday) => allowed.weekdays?.includes(weekday) ?? true),
  }
}

/** Whether a time of day lies in hours that began on its own day or, wrapped around midnight, on the day before; null = neither. */
function partOf({ from, to }: Hours, time: number): 'today' | 'yesterday' | null {
  if (from < to) return time >= from && time < to ? 'today' : null
  return time >= from ? 'today' : time < to ? 'yesterday' : null
}

function isWithin({ hours, begins }: Window, day: DayNumber, time: number): boolean {
  const part = partOf(hours, time)
  return part !== null && begins[weekdayIndex(part === 'today' ? day : day - 1)] === true
}

/**
 * What is wrong with rules, as sentences that name the part and what is legal; empty = nothing. Rules that are valid may
 * still close for ever: see {@link canEverOpen}.
 */
export function validateRules(rules: SendRules): string[] {
  const { quietHours, windows, blackouts, outside, zone } = rules
  const problems = problemsOf([
    () => quietHours != null && parseHours(quietHours, 'quietHours'),
    ...(windows ?? []).map((window) => () => readWindow(window)),
    ...(blackouts ?? []).map((blackout) => () => checkBlackout(blackout)),
  ])
  if (windows?.length === 0)
    problems.push('windows is empty, so nothing may ever be sent; give hours, or leave it out.')
  if (windows?.some((window) => window.weekdays?.length === 0) === true) {
    problems.push('The weekdays of a window are empty, so it never opens; name one, or leave them out for every day.')
  }
  if (outside !== undefined && !outsideChoices.includes(outside)) {
    problems.push(
      `outside is ${JSON.stringify(outside)}; it may be ${outsideChoices.map((choice) => `"${choice}"`).join(', ')}.`,
    )
  }
  return zone === undefined ? problems : [...problems, ...zoneProblems(zone)]
}

const outsideChoices: readonly string[] = ['nextOpening', 'nextDateSameTime', 'earlier', 'skip', 'exit']

/**
 * True when the rules leave some minute open: some minute of the week lies within the windows and outside the quiet hours, and
 * yearly blackouts do not cover the whole year. Ranges of dates end, so they never close for ever.
 * @throws {ConfigurationError} when a rule is not valid.
 */
export function canEverOpen(rules: SendRules): boolean {
  const times = turningTimes(rules)
  const yearly = blackoutsOf(rules).filter((blackout) => 'yearly' in blackout)
  // The days of 2000, which has every day that a year can have; and of a week, which has every minute that hours can name.
  const someDate = range(10_957, 366).some((day) => !isBlackedOut(dateOfDay(day), yearly))
  return (
    someDate && range(0, 7).some((day) => times.some((time) => closedByHours(rules, day * dayMs + time).length === 0))
  )
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}
