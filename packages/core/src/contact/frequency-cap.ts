import { elapsedMs } from '../schedule/duration.js'
import type { Instant } from '../schedule/instant.js'
import { dayMs, weekdayIndex } from '../schedule/local-date.js'
import { problemsOf } from '../schedule/problems.js'
import { startOfDay, wallAt } from '../schedule/zone.js'
import type { Category } from './consent.js'

/** How many messages a contact may get in how long. */
export interface FrequencyCap {
  /** At most this many; 0 = none at all. */
  readonly max: number
  /**
   * A rolling length of time, `PT24H` or `P7D` (a day counts 24 h here), or the calendar day or ISO week (from Monday) of the zone
   * that the message counts in.
   */
  readonly per: string | { readonly calendar: 'day' | 'week' }
  /** Counts and caps messages of this channel only. Absent = of all. */
  readonly channel?: string
  /** Counts and caps messages of this category only. Absent = of all. */
  readonly category?: Category
  /** What happens to a message that finds the cap reached. */
  readonly outside: 'defer' | 'skip'
}

/** What is wrong with a cap, as sentences; empty = nothing. */
export function validateCap({ max, per, outside }: FrequencyCap): string[] {
  const problems = typeof per === 'string' ? problemsOf([() => elapsedMs(per, { calendarDaysAs24Hours: true })]) : []
  if (typeof per !== 'string' && per?.calendar !== 'day' && per?.calendar !== 'week') {
    problems.push(
      `per is ${JSON.stringify(per)}; give a length of time such as "PT24H", { calendar: "day" } or { calendar: "week" }.`,
    )
  }
  if (!Number.isInteger(max) || max < 0) problems.push(`max is ${JSON.stringify(max)}; give a whole number, 0 or more.`)
  if (outside !== 'defer' && outside !== 'skip')
    problems.push(`outside is ${JSON.stringify(outside)}; it may be "defer" or "skip".`)
  return problems
}

/** A message that was sent, or whose sending has begun. */
export interface SentRecord {
  readonly at: Instant
  readonly channel: string
  readonly category: Category
}

/** Whether the caps allow a message now. */
export type CapVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false
      /** The cap that decides. */
      readonly cap: FrequencyCap
      /** The first instant at which every cap has room, if nothing else is sent until then; null = there will be none. */
      readonly until: Instant | null
      readonly outcome: 'defer' | 'skip'
    }

/**
 * Judges a message by every cap that applies to it. A rolling window holds what was sent after `at - window`, so a message exactly
 * one window old no longer counts. Of several reached caps, one that skips decides; else the one that is reached the longest.
 * Records after `at` (another engine's clock) count. The order of the history does not matter.
 * @throws {ConfigurationError} when a cap's duration or the zone cannot be read.
 */
export function capVerdict(
  caps: readonly FrequencyCap[],
  history: readonly SentRecord[],
  message: { readonly channel: string; readonly category: Category; readonly at: Instant; readonly zone: string },
): CapVerdict {
  let decisive: { readonly cap: FrequencyCap; readonly until: number } | null = null
  for (const cap of caps) {
    if (!covers(cap, message)) continue
    const until = reachedUntil(cap, history, message)
    if (until === null) continue
    if (decisive === null || outranks({ cap, until }, decisive)) decisive = { cap, until }
  }
  if (decisive === null) return { allowed: true }
  const { cap, until } = decisive
  return { allowed: false, cap, until: Number.isFinite(until) ? until : null, outcome: cap.outside }
}

/** When the gap since the contact's last message is over; null = it is over at `at`, or there was none. Gaps are elapsed time. */
export function minimumGapUntil(history: readonly SentRecord[], gapMs: number, at: Instant): Instant | null {
  const last = history.reduce((latest, record) => Math.max(latest, record.at), Number.NEGATIVE_INFINITY)
  return last + gapMs > at ? last + gapMs : null
}

/** When a cap has room again: null = it has room now; infinite = never. */
function reachedUntil(
  cap: FrequencyCap,
  history: readonly SentRecord[],
  { at, zone }: { readonly at: Instant; readonly zone: string },
): number | null {
  if (cap.max <= 0) return Number.POSITIVE_INFINITY
  const period = typeof cap.per === 'string' ? null : calendarPeriod(cap.per.calendar, at, zone)
  const windowMs = typeof cap.per === 'string' ? elapsedMs(cap.per, { calendarDaysAs24Hours: true }) : 0
  const counted = history
    .filter(
      (record) => covers(cap, record) && (period === null ? record.at > at - windowMs : record.at >= period.start),
    )
    .map((record) => record.at)
    .sort((a, b) => a - b)
  if (counted.length < cap.max) return null
  if (period !== null) return period.end
  // There is room once all but `max - 1` of them have left the window.
  return (counted[counted.length - cap.max] ?? at) + windowMs
}

function calendarPeriod(unit: 'day' | 'week', at: Instant, zone: string): { start: Instant; end: Instant } {
  const today = Math.floor(wallAt(zone, at) / dayMs)
  const first = unit === 'day' ? today : today - weekdayIndex(today)
  const days = unit === 'day' ? 1 : 7
  return { start: startOfDay(zone, first), end: startOfDay(zone, first + days) }
}

function covers(cap: FrequencyCap, message: { readonly channel: string; readonly category: Category }): boolean {
  return (
    (cap.channel === undefined || cap.channel === message.channel) &&
    (cap.category === undefined || cap.category === message.category)
  )
}

function outranks(
  a: { readonly cap: FrequencyCap; readonly until: number },
  b: { readonly cap: FrequencyCap; readonly until: number },
): boolean {
  if (a.cap.outside !== b.cap.outside) return a.cap.outside === 'skip'
  return a.until > b.until
}
