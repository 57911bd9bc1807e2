import type { Instant } from '../../schedule/instant.js'
import type { Moment } from '../../schedule/moment.js'
import { stepOf } from '../../sequence/sequence.js'
import type { WaitStep } from '../../sequence/step.js'
import { type Draft, end, go, type Move } from '../draft.js'
import { canMove, planMoment } from '../plan-moment.js'
import type { HangsOn } from '../recipient.js'
import { movedEarlier, windowsOf } from '../send-rules.js'
import type { StepBehavior } from './behavior.js'

/** Waits until a moment, which becomes the base of what follows. */
export const waitBehavior: StepBehavior<WaitStep> = {
  enter: plan,
  due: (draft, step) => planAgain(draft, step) ?? arrive(draft, step, dueOf(draft)),
  changed: (draft, step) => planAgain(draft, step) ?? draft.wait('timer', dueOf(draft), draft.memory.why),
}

function dueOf(draft: Draft): Instant {
  return draft.recipient.dueAt ?? draft.now
}

function plan(draft: Draft, step: WaitStep): Move {
  const { at, why } = planMoment(draft, step)
  if (at === null) return missed(draft, step, 'skip')
  if (at < draft.memory.base) return missed(draft, step, step.ifPast ?? 'send')
  const dueAt = earlierForNext(draft, step, at)
  if (dueAt <= draft.now) return arrive(draft, step, dueAt)
  // `outside: 'earlier'` of the send behind it moved it.
  return draft.wait('timer', dueAt, dueAt === at ? why : { ...why, movedEarlierFrom: at })
}

/** Plans anew from now on if the anchor has moved; null = it has not. */
function planAgain(draft: Draft, step: WaitStep): Move | null {
  if (!canMove(step.anchor)) return null
  const { at } = planMoment(draft, step)
  if (at !== null && earlierForNext(draft, step, at) === draft.recipient.dueAt) return null
  draft.countFrom(draft.now)
  return plan(draft, step)
}

function arrive(draft: Draft, step: WaitStep, at: Instant): Move {
  draft.countFrom(at)
  return go(step.next, 'next', hangsOn(draft, step))
}

function missed(draft: Draft, step: WaitStep, ifPast: NonNullable<Moment['ifPast']>): Move {
  if (ifPast === 'exit') return end('past')
  if (ifPast === 'skip' && step.past !== undefined) return go(step.past, 'past', hangsOn(draft, step))
  return go(step.next, ifPast === 'skip' ? 'past' : 'next', hangsOn(draft, step))
}

function hangsOn(draft: Draft, step: WaitStep): HangsOn | undefined {
  return canMove(step.anchor) ? { wait: draft.recipient.stepId, at: planMoment(draft, step).at } : undefined
}

/** A send right behind the wait may ask to come earlier rather than outside its windows; that is decided here, in time. */
function earlierForNext(draft: Draft, step: WaitStep, at: Instant): Instant {
  const next = stepOf(draft.definition.sequence, step.next)
  return next?.kind === 'send' ? movedEarlier(windowsOf(draft, next), at, draft.memory.base) : at
}
