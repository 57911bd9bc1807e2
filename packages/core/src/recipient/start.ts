import { clockTrigger, isRecurring, nextOccurrence } from '../campaign/occurrence.js'
import { evaluate } from '../sequence/evaluate-condition.js'
import type { StepId } from '../sequence/step.js'
import { type Draft, end, go, type Move, stay } from './draft.js'
import { occurred } from './effect.js'

/**
 * Enters the first step. A run that begins by the clock was enrolled ahead: whether its contact is in the audience is judged now, and the
 * next time is asked for.
 */
export function start(draft: Draft, first: StepId): Move {
  const { campaign } = draft.definition
  if (clockTrigger(campaign) === null) return go(first, 'start')
  const { enrolledAt } = draft.recipient
  if (isRecurring(campaign)) {
    draft.emit({ kind: 'emit', event: occurred, data: { campaignId: campaign.id, at: enrolledAt } })
  }
  const { audience } = campaign
  if (audience !== undefined && !evaluate(audience, draft.conditionFacts)) return end('audience_left')
  return go(first, 'start')
}

/** A run that waits for a date of its contact's begins at that date, wherever it moves. */
export function followDate(draft: Draft): Move {
  const { campaign, settings } = draft.definition
  const { enrolledAt } = draft.recipient
  if (campaign.entry.trigger.kind !== 'attributeDate' || enrolledAt <= draft.now) return stay
  const next = nextOccurrence(campaign, draft.contact, { from: draft.now, workspaceZone: settings.zone })
  if (next === null) return end('date_removed')
  if (next.at === enrolledAt) return stay
  draft.set({ enrolledAt: next.at, dueAt: next.at })
  draft.remember({ base: next.at, since: next.at })
  return stay
}
