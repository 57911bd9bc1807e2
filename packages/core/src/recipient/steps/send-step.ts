import { stepOf } from '../../sequence/sequence.js'
import type { SendStep } from '../../sequence/step.js'
import { type Draft, end, go, type Move, stay } from '../draft.js'
import type { Outcome } from '../input.js'
import { drop, type Launch, launch, planMessage } from '../launch.js'
import { planMoment } from '../plan-moment.js'
import { detach, openState, recordedOutcome, settlePlan } from '../settled.js'
import { whyLater } from '../why-later.js'
import type { StepBehavior } from './behavior.js'

const item = ''

/** Sends one message. Its moment is the run's base. */
export const sendBehavior: StepBehavior<SendStep> = {
  enter(draft, step) {
    planMessage(draft, item, draft.memory.base)
    return attempt(draft, step)
  },
  due(draft, step) {
    if (draft.recipient.waiting === 'delivery') {
      const open = openState(draft, item)
      if (open === 'unknown') {
        detach(draft, item)
        return go(step.next, 'next')
      }
      const untold = recordedOutcome(draft, item)
      if (untold !== null) return hear(draft, step, untold)
      if (open !== 'retry_wait') return stay
      const plan = draft.plan(item)
      if (plan !== undefined) draft.setPlan(item, { ...plan, state: 'planned' })
      return attempt(draft, step)
    }
    return attempt(draft, step)
  },
  outcome: hear,
  changed: replan,
}

function hear(draft: Draft, step: SendStep, outcome: Outcome): Move {
  const settled = settlePlan(draft, item, outcome)
  if (settled === 'waiting') return stay
  return settled === 'failed' ? afterFailure(step) : go(step.next, 'next')
}

function attempt(draft: Draft, step: SendStep): Move {
  return moveOf(draft, step, launch(draft, item, step))
}

function moveOf(draft: Draft, step: SendStep, launched: Launch): Move {
  if (typeof launched === 'object') {
    if (draft.plan(item)?.state === 'planned' && draft.plan(item)?.deliveryId !== null) {
      drop(draft, item, step, 'canceled', 'exit')
    }
    return launched
  }
  if (launched === 'open') return stay
  if (launched === 'dropped') return go(step.next, 'next')
  const plan = draft.plan(item)
  return draft.wait('timer', plan?.dueAt ?? draft.now, whyLater(draft, item, step) ?? draft.memory.why)
}

/** Where the run goes when its message, or its call, failed for good. */
export function afterFailure(step: Pick<SendStep, 'next' | 'failed' | 'onFailure'>): Move {
  if (step.failed !== undefined) return go(step.failed, 'failed')
  return step.onFailure === 'exit' ? end('delivery_failed') : go(step.next, 'next')
}

/** A message that has not started hangs on the wait before it: when that wait's anchor moved, the run goes back to waiting. */
function replan(draft: Draft, step: SendStep): Move {
  const { hangsOn } = draft.memory
  const plan = draft.plan(item)
  const wait = hangsOn === null ? undefined : stepOf(draft.definition.sequence, hangsOn.wait)
  if (hangsOn === null || wait?.kind !== 'wait' || plan?.state !== 'planned' || plan.attempts > 0) return stay
  const { at } = planMoment(draft, wait)
  if (at === null || at === hangsOn.at) return stay
  if (plan.deliveryId !== null) drop(draft, item, step, 'canceled', 'replanned')
  draft.remember({ base: Math.max(draft.now, draft.memory.base) })
  return go(hangsOn.wait, 'replanned')
}
