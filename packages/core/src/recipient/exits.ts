import type { ExitRule, ExitTiming } from '../campaign/exit-rule.js'
import type { ContactEvent } from '../contact/contact.js'
import { liftedByStart } from '../contact/suppression.js'
import { evaluate } from '../sequence/evaluate-condition.js'
import { type Draft, end, type Move } from './draft.js'
import { contactExited } from './effect.js'

const defaultReason = (rule: ExitRule): string => {
  if ('condition' in rule.when) return 'goal'
  if ('leavesAudience' in rule.when) return 'audience_left'
  return 'reply' in rule.when ? 'reply' : 'unsubscribed'
}

/** The end that an exit rule demands at this point; null = none does. An earlier rule wins over a later one. */
export function exitsBefore(draft: Draft, timing: ExitTiming): Move | null {
  const wanted: readonly ExitTiming[] =
    timing === 'immediately' ? ['immediately'] : timing === 'beforeStep' ? ['immediately', 'beforeStep'] : allTimings
  const rule = draft.definition.campaign.exits.find(
    (candidate) => wanted.includes(candidate.timing ?? 'immediately') && demands(draft, candidate),
  )
  if (rule === undefined) return null
  const reason = rule.reason ?? defaultReason(rule)
  if (rule.scope === 'contact') draft.emit({ kind: 'emit', event: contactExited, data: { reason } })
  return end(reason)
}

const allTimings: readonly ExitTiming[] = ['immediately', 'beforeStep', 'beforeSend']

function demands(draft: Draft, { when }: ExitRule): boolean {
  if ('condition' in when) return draft.holds(when.condition)
  if ('leavesAudience' in when) {
    const { audience } = draft.definition.campaign
    return audience !== undefined && !evaluate(audience, draft.conditionFacts)
  }
  if ('reply' in when) return draft.holds({ reply: true, keyword: when.keyword })
  const { consents, suppressions } = draft.known.permissions
  const { enrolledAt } = draft.recipient
  return (
    consents.some(({ status, at }) => status === 'revoked' && at >= enrolledAt) ||
    suppressions.some(({ reason, at }) => liftedByStart.includes(reason) && at >= enrolledAt)
  )
}

/** The end that another run of the same contact asks of this one; null = the event is of another kind. */
export function exitByOtherRun(draft: Draft, event: ContactEvent): Move | null {
  if (event.name !== contactExited || event.at < draft.recipient.enrolledAt) return null
  const { reason } = event.data
  return end(typeof reason === 'string' ? reason : 'goal')
}
