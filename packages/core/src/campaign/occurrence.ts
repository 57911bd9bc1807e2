import type { Contact } from '../contact/contact.js'
import { type Duration, elapsedPartMs, parseDuration } from '../schedule/duration.js'
import { type Instant, toInstant } from '../schedule/instant.js'
import { addDuration, anchorInstant } from '../schedule/moment.js'
import { fromLocal, resolveZone, toLocal } from '../schedule/zone.js'
import { valueAt } from '../sequence/condition.js'
import type { Campaign } from './campaign.js'
import type { EntryTrigger } from './entry-rule.js'

/** A time at which a contact enters by the clock. */
export interface Occurrence {
  readonly at: Instant
  /** Tells it from the others of the same trigger; `''` = there is only one. */
  readonly runKey: string
}

type ClockTrigger = Extract<EntryTrigger, { kind: 'schedule' | 'attributeDate' }>
type Timed = Pick<Campaign, 'entry' | 'zone'>
type Asked = { readonly from: Instant; readonly workspaceZone: string | null }

/** The trigger of a campaign that people enter by the clock; null = they enter otherwise. */
export function clockTrigger({ entry: { trigger } }: Pick<Campaign, 'entry'>): ClockTrigger | null {
  return trigger.kind === 'schedule' || trigger.kind === 'attributeDate' ? trigger : null
}

/** Whether people enter again and again as time goes by. */
export function isRecurring({ entry: { trigger } }: Pick<Campaign, 'entry'>): boolean {
  if (trigger.kind === 'schedule') return trigger.every !== undefined
  return trigger.kind === 'attributeDate' && trigger.yearly === true
}

/**
 * The first time at or after `from` at which the contact enters; null = there is none, or the date it depends on is not known. Of a
 * schedule every contact has the same; a date of the contact's is taken in their own zone.
 */
export function nextOccurrence(
  campaign: Timed,
  contact: Pick<Contact, 'zone' | 'attributes'>,
  { from, workspaceZone }: Asked,
): Occurrence | null {
  const trigger = clockTrigger(campaign)
  if (trigger === null) return null
  const zones = { campaign: campaign.zone, workspace: workspaceZone }
  if (trigger.kind === 'schedule') return scheduled(trigger, from, resolveZone(zones).zone)
  return dated(trigger, contact, from, resolveZone({ contact: contact.zone, ...zones }).zone)
}

function scheduled(
  { at, every }: Extract<ClockTrigger, { kind: 'schedule' }>,
  from: Instant,
  zone: string,
): Occurrence | null {
  const first = toInstant(at, 'entry.at')
  if (every === undefined) return first < from ? null : { at: first, runKey: '' }
  const step = parseDuration(every)
  // Each is counted from the first, so that the 31st of a month stays one where the month has it.
  let n = Math.max(0, Math.floor((from - first) / longestMs(step)))
  let next = first
  for (next = addDuration(first, times(step, n), zone); next < from; next = addDuration(first, times(step, n), zone))
    n++
  return { at: next, runKey: new Date(next).toISOString() }
}

function dated(
  { attribute, offset, time, yearly }: Extract<ClockTrigger, { kind: 'attributeDate' }>,
  contact: Pick<Contact, 'attributes'>,
  from: Instant,
  zone: string,
): Occurrence | null {
  const date = anchorInstant(valueAt(contact.attributes, attribute), zone)
  if (date === null) return null
  const inYears = (years: number): Instant => {
    const shifted = addDuration(date, times(parseDuration('P1Y'), years), zone)
    const local = toLocal(offset === undefined ? shifted : addDuration(shifted, parseDuration(offset), zone), zone)
    const [hour = '0', minute = '0'] = time.split(':')
    return fromLocal({ ...local, hour: Number(hour), minute: Number(minute), second: 0, millisecond: 0 }, zone)
  }
  if (yearly !== true) return inYears(0) < from ? null : { at: inYears(0), runKey: '' }
  let years = toLocal(from, zone).year - toLocal(date, zone).year - 1
  while (inYears(years) < from) years++
  return { at: inYears(years), runKey: String(toLocal(inYears(years), zone).year) }
}

function times(step: Duration, n: number): Duration {
  const { years, months, weeks, days, hours, minutes, seconds } = step
  return {
    years: years * n,
    months: months * n,
    weeks: weeks * n,
    days: days * n,
    hours: hours * n,
    minutes: minutes * n,
    seconds: seconds * n,
  }
}

const dayMs = 24 * 60 * 60 * 1000

/** No repetition takes longer: a year has at most 366 days, a month 31, and a day 25 hours where clocks go back. */
function longestMs(step: Duration): number {
  const days = step.years * 366 + step.months * 31 + step.weeks * 7 + step.days
  return days * dayMs * (25 / 24) + elapsedPartMs(step)
}
