import type { Instant } from '../../schedule/instant.js'
import type { SeriesItem, SeriesStep } from '../../sequence/step.js'
import { type Draft, end, go, type Move, stay } from '../draft.js'
import type { Outcome } from '../input.js'
import { drop, launch, planMessage, recordMove } from '../launch.js'
import { canMove, type PlannedMoment, planMoment } from '../plan-moment.js'
import type { Plan } from '../recipient.js'
import { movedEarlier, windowsOf } from '../send-rules.js'
import { detach, openState, recordedOutcome, settlePlan } from '../settled.js'
import { whyLater } from '../why-later.js'
import type { StepBehavior } from './behavior.js'

/** Sends several messages around one anchor, each planned on its own and at most once per run. */
export const seriesBehavior: StepBehavior<SeriesStep> = {
  enter(draft, step) {
    for (const item of step.items) {
      const move = planItem(draft, step, item, 'entering')
      if (move !== null) return move
    }
    const allPast = step.items.every(({ id }) => draft.plan(id)?.state === 'past')
    return allPast ? go(step.past ?? step.next, step.past === undefined ? 'next' : 'past') : proceed(draft, step)
  },
  due(draft, step) {
    const open = step.items.find(({ id }) => draft.plan(id)?.state === 'open')
    if (open === undefined) return proceed(draft, step)
    const untold = recordedOutcome(draft, open.id)
    if (untold !== null) return hear(draft, step, untold)
    const state = openState(draft, open.id)
    if (state === 'unknown') detach(draft, open.id)
    else if (state === 'retry_wait') draft.setPlan(open.id, { ...(draft.plan(open.id) as Plan), state: 'planned' })
    else return stay
    return proceed(draft, step)
  },
  outcome: hear,
  changed(draft, step) {
    for (const item of step.items) {
      const move = replanItem(draft, step, item)
      if (move !== null) return move
    }
    // A message under way comes first; its outcome brings the run back here.
    return draft.recipient.waiting === 'delivery' ? stay : proceed(draft, step)
  },
}

function hear(draft: Draft, step: SeriesStep, outcome: Outcome): Move {
  const open = step.items.find(({ id }) => draft.plan(id)?.state === 'open')
  if (open === undefined) return proceed(draft, step)
  const settled = settlePlan(draft, open.id, outcome)
  // Put off by a rule it is due later; everything else that is waited for comes back to this very message.
  const putOff = outcome.state === 'scheduled' && outcome.byRule
  return settled === 'waiting' && !putOff ? stay : proceed(draft, step)
}

/** Starts what is due, earliest first; waits for the next; goes on after the last. */
function proceed(draft: Draft, step: SeriesStep): Move {
  for (const item of inOrder(draft, step)) {
    const launched = launch(draft, item.id, item)
    if (launched === 'open') return stay
    if (typeof launched === 'object') return launched
  }
  const [next] = inOrder(draft, step)
  if (next === undefined) return leave(draft, step)
  const { plannedAt = draft.now, dueAt = draft.now } = draft.plan(next.id) ?? {}
  const why = whyLater(draft, next.id, next) ?? { plannedAt, ...moment(draft, step, next).why }
  return draft.wait('timer', dueAt, { item: next.id, ...why })
}

function leave(draft: Draft, step: SeriesStep): Move {
  for (const item of step.items) {
    const plan = draft.plan(item.id)
    if (plan?.state === 'past' && plan.deliveryId !== null) drop(draft, item.id, item, 'skipped', 'past')
  }
  return go(step.next, 'next')
}

function inOrder(draft: Draft, step: SeriesStep): readonly SeriesItem[] {
  const dueAt = ({ id }: SeriesItem): Instant => draft.plan(id)?.dueAt ?? 0
  return step.items
    .filter(({ id }) => draft.plan(id)?.state === 'planned')
    .sort((one, other) => dueAt(one) - dueAt(other))
}

function moment(draft: Draft, step: SeriesStep, item: SeriesItem): PlannedMoment {
  return planMoment(draft, { ...item, anchor: item.anchor ?? step.anchor, zone: item.zone ?? step.zone })
}

/** Plans one item. Null = planned, or past and left out; a move = its `ifPast` ends the run. */
function planItem(draft: Draft, step: SeriesStep, item: SeriesItem, when: 'entering' | 'changed'): Move | null {
  const asked = moment(draft, step, item).at
  const arrived = when === 'entering' ? draft.memory.base : draft.now
  if (asked === null || (asked < arrived && (item.ifPast ?? 'send') !== 'send')) {
    if (asked !== null && item.ifPast === 'exit') return end('past')
    const at = asked ?? arrived
    const deliveryId = draft.plan(item.id)?.deliveryId ?? null
    draft.setPlan(item.id, { plannedAt: at, dueAt: at, state: 'past', deliveryId, attempts: 0 })
    return null
  }
  planMessage(draft, item.id, asked, movedEarlier(windowsOf(draft, item), Math.max(asked, arrived), arrived))
  return null
}

/** Plans an item again whose anchor moved. What was sent, or is under way, is left alone; what was past is eligible again. */
function replanItem(draft: Draft, step: SeriesStep, item: SeriesItem): Move | null {
  const plan = draft.plan(item.id)
  if (plan === undefined || !canMove(item.anchor ?? step.anchor)) return null
  if (plan.state === 'done' || plan.state === 'open' || plan.attempts > 0) return null
  if (moment(draft, step, item).at === plan.plannedAt) return null
  const move = planItem(draft, step, item, 'changed')
  if (move === null && plan.deliveryId !== null) recordMove(draft, item.id, item)
  return move
}
