import { type Duration, elapsedPartMs, parseDuration } from '../../schedule/duration.js'
import { dayMs } from '../../schedule/local-date.js'
import type { Moment } from '../../schedule/moment.js'
import { minuteMs, parseTimeOfDay } from '../../schedule/time-of-day.js'

/**
 * How long a moment keeps a run at the least, in milliseconds, whenever it arrives. 0 for anchors other than the base, which may be past
 * on arrival, and for `until` alone, which may be now. A day counts 24 h. A part that is not valid counts as a minute: that is
 * for another rule to say. With `byDate` a date is as long as a day.
 */
export function leastDelayMs(moment: Moment, byDate = false): number {
  if (moment.anchor !== undefined && moment.anchor !== 'base') return 0
  return Math.max(0, offsetOf(moment, byDate).least)
}

/** How far a moment lies from its anchor, in milliseconds. */
export interface Offset {
  readonly least: number
  readonly most: number
  /** The same from the midnight that begins the anchor's date, when the rule counts dates; null when it does not. */
  readonly fromMidnight: number | null
}

/** How far a moment lies from its anchor, whatever that turns out to be. With `byDate` what counts is how many dates lie between. */
export function offsetOf({ for: duration, onDay, at, until, businessDays }: Moment, byDate = false): Offset {
  if (onDay !== undefined && byDate) return { least: onDay * dayMs, most: onDay * dayMs, fromMidnight: onDay * dayMs }
  if (onDay !== undefined) {
    const fromMidnight = onDay * dayMs + timeOf(at)
    // The anchor may be the last minute of its date.
    return { least: fromMidnight - dayMs + minuteMs, most: fromMidnight, fromMidnight }
  }
  const days = businessDays ?? 0
  const ms = duration === undefined ? days * dayMs : lengthOf(duration)
  const most = until === undefined ? ms : ms + (typeof until === 'string' ? 1 : 7) * dayMs
  return { least: ms, most, fromMidnight: null }
}

/** The least time between two moments with one anchor, in milliseconds; never negative. */
export function leastBetween(earlier: Offset, later: Offset): number {
  const both = earlier.fromMidnight !== null && later.fromMidnight !== null
  const gap = both ? (later.fromMidnight ?? 0) - (earlier.fromMidnight ?? 0) : later.least - earlier.most
  return Math.max(0, gap)
}

function lengthOf(text: string): number {
  const duration = orNull(() => parseDuration(text))
  return duration === null ? minuteMs : daysIn(duration) * dayMs + elapsedPartMs(duration)
}

/** Years and months at their shortest. */
function daysIn({ years, months, weeks, days }: Duration): number {
  return years * 365 + months * 28 + weeks * 7 + days
}

function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : (orNull(() => parseTimeOfDay(text, 'at')) ?? 0)
}

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch {
    return null
  }
}
