import type { ContactEvent } from '../../contact/contact.js'
import type { Instant } from '../../schedule/instant.js'
import { isHumanReply, matchesData } from '../../sequence/evaluate-condition.js'
import type { WaitCase, WaitForStep, WaitTrigger } from '../../sequence/step.js'
import { type Draft, end, go, type Move, stay } from '../draft.js'
import { canMove, planMoment } from '../plan-moment.js'
import { eventsOfRun } from '../run-facts.js'
import type { StepBehavior } from './behavior.js'

/** Waits for the first of several cases, at most until a limit. An event at the very instant of the limit still counts. */
export const waitForBehavior: StepBehavior<WaitForStep> = {
  enter(draft, step) {
    const { at: limit, why } = planMoment(draft, step.limit)
    const known = takeKnown(draft, step, limit ?? draft.now)
    if (known !== null) return known
    if (limit === null) return timeOut(draft, step, draft.memory.base)
    if (limit < draft.memory.base) {
      return step.limit.ifPast === 'exit' ? end('past') : timeOut(draft, step, draft.memory.base)
    }
    if (limit <= draft.now) return timeOut(draft, step, limit)
    return draft.wait('event', limit, why)
  },
  due(draft, step) {
    const limit = draft.recipient.dueAt ?? draft.now
    return takeKnown(draft, step, limit) ?? timeOut(draft, step, limit)
  },
  event(draft, step, event) {
    const limit = draft.recipient.dueAt
    // The limit came first, and only the timer is late.
    if (limit !== null && event.at > limit) return limit < draft.now ? waitForBehavior.due(draft, step) : stay
    const found = step.cases.find((candidate) => counts(draft, step, candidate, event))
    if (found !== undefined) return takeEvent(draft, found, event)
    return takeCondition(draft, step) ?? stay
  },
  changed(draft, step) {
    const taken = takeCondition(draft, step)
    if (taken !== null || !canMove(step.limit.anchor)) return taken ?? stay
    const { at: limit, why } = planMoment(draft, step.limit)
    if (limit === null || limit === draft.recipient.dueAt) return stay
    if (limit < draft.now && step.limit.ifPast === 'exit') return end('past')
    return limit <= draft.now ? timeOut(draft, step, limit) : draft.wait('event', limit, why)
  },
}

/** The earliest event on record that satisfies a case, or else a condition that holds by now. */
function takeKnown(draft: Draft, step: WaitForStep, until: Instant): Move | null {
  for (const event of eventsOfRun(draft.definition, draft.recipient, draft.known.events)) {
    const found = event.at <= until && step.cases.find((candidate) => counts(draft, step, candidate, event))
    if (found) return takeEvent(draft, found, event)
  }
  return takeCondition(draft, step)
}

function counts(draft: Draft, step: WaitForStep, candidate: WaitTrigger, event: ContactEvent): boolean {
  if (!satisfies(candidate, event)) return false
  if (step.since === 'ever') return true
  if (step.since === 'enrollment') return event.at >= draft.recipient.enrolledAt
  return event.at >= draft.memory.since && event.seq > draft.memory.afterSeq
}

/** Whether the event is what a trigger waits for, whenever it happened. */
export function satisfies(candidate: WaitTrigger, event: ContactEvent): boolean {
  if ('event' in candidate) return candidate.event === event.name && matchesData(candidate.where ?? [], event.data)
  return 'reply' in candidate && isHumanReply(event, candidate.keyword)
}

function takeEvent(draft: Draft, taken: WaitCase, event: ContactEvent): Move {
  draft.countFrom(Math.min(event.at, draft.now))
  draft.remember({ afterSeq: Math.max(event.seq, draft.memory.afterSeq) })
  return go(taken.next, 'event' in taken ? taken.event : 'reply')
}

function takeCondition(draft: Draft, step: WaitForStep): Move | null {
  const found = step.cases.find((candidate) => 'condition' in candidate && draft.holds(candidate.condition))
  if (found === undefined) return null
  draft.countFrom(draft.now)
  return go(found.next, 'condition')
}

function timeOut(draft: Draft, step: WaitForStep, at: Instant): Move {
  draft.countFrom(at)
  return go(step.timedOut, 'timedOut')
}
