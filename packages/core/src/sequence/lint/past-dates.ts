import type { Issue } from '../../errors.js'
import type { Instant } from '../../schedule/instant.js'
import { anchorInstant, type Moment, resolveMoment } from '../../schedule/moment.js'
import { momentsOf, type SequenceMoment } from '../parts/moments.js'
import type { Sequence } from '../sequence.js'
import { type LintContext, warning } from './rule.js'

/** A date that is past, or that lies before an anchor which a run may reach too late, says what is to happen then. */
export function pastDates(sequence: Sequence, { now }: LintContext): readonly Issue[] {
  return momentsOf(sequence).flatMap((found) => {
    const { moment } = found
    if (moment.ifPast !== undefined && found.role !== 'notAfter') return []
    if (typeof moment.anchor === 'object' && 'fixed' in moment.anchor) {
      return now !== undefined && isPast(moment, moment.anchor, now) ? [datePast(found)] : []
    }
    return isBeforeAnchor(moment) ? [dateMayBePast(found)] : []
  })
}

function datePast({ stepId, role, path }: SequenceMoment): Issue {
  return warning('date_past', path, `Step "${stepId}" names a date that is past${consequences[role]}.`, fixes[role])
}

function dateMayBePast({ stepId, role, path }: SequenceMoment): Issue {
  const message = `Step "${stepId}" counts back from a date, so for people who come late its moment may be past${consequences[role]}.`
  return warning('date_may_be_past', path, message, fixes[role])
}

const consequences: Readonly<Record<SequenceMoment['role'], string>> = {
  wait: ': the run would go on at once',
  item: ': the message would go out at once',
  limit: ': the run would take the way of timedOut at once',
  notAfter: ': the message would never go out',
  decideAt: ': the experiment would be decided at once',
}

const sayIfPast = 'Choose a later date, or say what is to happen: ifPast "send", "skip" or "exit".'

const fixes: Readonly<Record<SequenceMoment['role'], string>> = {
  wait: sayIfPast,
  item: sayIfPast,
  limit: sayIfPast,
  notAfter: 'Choose a later date, or leave notAfter out.',
  decideAt: 'Choose a date that leaves time for the test.',
}

/** True when the moment is past even where the clocks are furthest behind. */
function isPast(moment: Moment, anchor: { readonly fixed: string; readonly zone?: string }, now: Instant): boolean {
  try {
    const own = typeof moment.zone === 'object' ? moment.zone.fixed : undefined
    const zone = own ?? 'Etc/GMT+12'
    const anchorAt = anchorInstant(anchor.fixed, anchor.zone ?? zone)
    // Dates that have to be allowed, and business days, only move a moment on: they are left to the author.
    const { dates: _dates, businessDays: _days, calendar: _calendar, ...rule } = moment
    if (anchorAt === null || moment.businessDays !== undefined) return false
    const at = resolveMoment(rule, { anchorAt, zone, calendars: {}, blackouts: [] })
    return moment.dates === undefined && at !== null && at < now
  } catch {
    // A moment that is not valid is another rule's business.
    return false
  }
}

function isBeforeAnchor({ for: duration, onDay, businessDays }: Moment): boolean {
  return duration?.startsWith('-') === true || (onDay ?? 0) < 0 || (businessDays ?? 0) < 0
}
