import type { Instant } from './instant.js'
import { dayMs } from './local-date.js'
import { zoneOf } from './offsets.js'
import { type ClosingRule, closedBy, closedByHours, type SendRules, turningTimes } from './send-rules.js'
import { minuteMs } from './time-of-day.js'
import { instantOf, type WallClock, wallAt } from './zone.js'

export { type AllowedHours, type ClosingRule, canEverOpen, type SendRules, validateRules } from './send-rules.js'

/** The rules that one place sets, with the zone that they are read in. Layers compose by intersection: all must be open. */
export interface RuleLayer {
  readonly from: 'workspace' | 'campaign' | 'step'
  readonly rules: SendRules
  /** The zone that `rules.zone` chose. */
  readonly zone: string
}

/** A rule that kept a message from going out, and where it was set. */
export interface Closure {
  readonly from: RuleLayer['from']
  readonly rule: ClosingRule
}

/** An instant at which every layer is open, and why it is not the instant that was asked for. */
export interface Opening {
  readonly at: Instant
  /** Every rule that was met closed on the way, in the order met, each once; empty = open at the instant that was asked for. */
  readonly closedBy: readonly Closure[]
}

/** How far openings are searched for: ten years. */
const searchMs = 3660 * dayMs

/**
 * True when every layer is open at the instant: the clock of its zone shows a time outside quiet hours and inside a window,
 * on a date without blackout. For as long after a gap as the gap was long, the time that the clock would have shown
 * without it must be outside quiet hours and inside a window too: quiet hours until 02:30, which the clock skips, end at 03:30.
 * @throws {ConfigurationError} when a zone is not known or a rule not valid.
 */
export function isOpen(at: Instant, layers: readonly RuleLayer[]): boolean {
  return layers.every((layer) => closedRules(at, layer).length === 0)
}

/**
 * The first instant at or after `at` at which every layer is open. Never before `at`, also when clocks go back. `null` = there
 * is none within ten years.
 * @throws {ConfigurationError} when a zone is not known or a rule not valid.
 */
export function nextOpening(at: Instant, layers: readonly RuleLayer[]): Opening | null {
  const met = new Closures()
  for (let now = at; now <= at + searchMs; ) {
    const closed = met.at(now, layers)
    if (closed.length === 0) return { at: now, closedBy: met.list }
    // A closed layer stays closed until its next change, so nothing opens before the last of them.
    now = Math.max(...closed.map((layer) => nextChange(now, layer)))
  }
  return null
}

/**
 * The first of `at` and the instants whole days later, at the same time of day in the zone of the last layer (the most
 * specific one), at which every layer is open. `null` = there is none within ten years: hours that close at this
 * time of day do so on every date.
 * @throws {ConfigurationError} when a zone is not known or a rule not valid.
 */
export function nextDateSameTime(at: Instant, layers: readonly RuleLayer[]): Opening | null {
  const met = new Closures()
  if (met.at(at, layers).length === 0) return { at, closedBy: met.list }
  const zone = layers[layers.length - 1]?.zone ?? 'UTC'
  const wall = wallAt(zone, at)
  for (let days = dayMs; days <= searchMs; days += dayMs) {
    const candidate = instantOf(zone, wall + days)
    if (met.at(candidate, layers).length === 0) return { at: candidate, closedBy: met.list }
  }
  return null
}

/**
 * `at` if every layer is open then; else the begin of the last minute before it in which every layer is open, for messages
 * that rather go out early. (A whole minute, so that the message can still leave within it.) `null` = there is none within
 * ten years.
 * @throws {ConfigurationError} when a zone is not known or a rule not valid.
 */
export function previousOpening(at: Instant, layers: readonly RuleLayer[]): Opening | null {
  const met = new Closures()
  for (let now = at; now >= at - searchMs; ) {
    const closed = met.at(now, layers)
    if (closed.length === 0) return { at: now, closedBy: met.list }
    now = Math.min(...closed.map((layer) => lastChange(now, layer))) - minuteMs
  }
  return null
}

/** Collects what was met closed. */
class Closures {
  readonly list: Closure[] = []

  /** The layers that are closed at the instant; notes their rules. */
  at(now: Instant, layers: readonly RuleLayer[]): RuleLayer[] {
    return layers.filter((layer) => {
      const rules = closedRules(now, layer)
      for (const rule of rules) {
        if (!this.list.some((met) => met.from === layer.from && met.rule === rule))
          this.list.push({ from: layer.from, rule })
      }
      return rules.length > 0
    })
  }
}

function closedRules(at: Instant, { rules, zone }: RuleLayer): readonly ClosingRule[] {
  const { from, offset, before } = zoneOf(zone).stretchAt(at)
  const closed = closedBy(rules, at + offset)
  return closed.length > 0 || at >= from + offset - before ? closed : closedByHours(rules, at + before)
}

/** An instant after `at` before which the layer does not change between open and closed. */
function nextChange(at: Instant, { rules, zone }: RuleLayer): Instant {
  const { from, until, offset, before } = zoneOf(zone).stretchAt(at)
  const times = turningTimes(rules)
  const turn = (wall: WallClock): Instant => {
    const time = timeOf(wall)
    return at - time + Math.min(dayMs, ...times.filter((turning) => turning > time))
  }
  const gapPassed = from + offset - before
  const next = Math.min(until, turn(at + offset))
  return at < gapPassed ? Math.min(next, gapPassed, turn(at + before)) : next
}

/** An instant not after `at` since which the layer has not changed between open and closed. */
function lastChange(at: Instant, { rules, zone }: RuleLayer): Instant {
  const { from, offset, before } = zoneOf(zone).stretchAt(at)
  const times = turningTimes(rules)
  const turn = (wall: WallClock): Instant => {
    const time = timeOf(wall)
    return at - time + Math.max(...times.filter((turning) => turning <= time))
  }
  const last = Math.max(from, turn(at + offset))
  return at < from + offset - before ? Math.max(last, turn(at + before)) : last
}

function timeOf(wall: WallClock): number {
  return wall - Math.floor(wall / dayMs) * dayMs
}
