import { armOf, isInTest } from '../../experiment/assign.js'
import type { SplitStep } from '../../sequence/step.js'
import { type Draft, go, type Move, stay } from '../draft.js'
import { planMoment } from '../plan-moment.js'
import type { StepBehavior } from './behavior.js'

/** Sends people down weighted arms; those outside an experiment's test share are held until it is decided. */
export const splitBehavior: StepBehavior<SplitStep> = {
  enter: decide,
  due: (draft, step) => take(draft, step, decided(draft) ?? step.experiment?.fallback ?? assigned(draft, step)),
  event: (draft, step) => (decided(draft) === null ? stay : decide(draft, step)),
  changed: (draft, step) => (decided(draft) === null ? stay : decide(draft, step)),
}

function decide(draft: Draft, step: SplitStep): Move {
  const sticky = draft.memory.arms[draft.recipient.stepId]
  if (sticky !== undefined) return take(draft, step, sticky)
  const winner = decided(draft)
  if (winner !== null) return take(draft, step, winner)
  if (step.experiment === undefined || isInTest(saltOf(draft, step), draft.contact.id, step.experiment.testShare)) {
    return take(draft, step, assigned(draft, step), true)
  }
  const { at, why } = planMoment(draft, { anchor: 'campaignStart', zone: 'campaign', ...step.experiment.decideAt })
  if (at === null) return take(draft, step, step.experiment.fallback)
  // Due at once when the moment has passed: the engine makes the decision before the run is looked at again.
  draft.count('held')
  return draft.wait('hold', at, { rule: 'experiment', ...why })
}

function decided(draft: Draft): string | null {
  const { decisions } = draft.known
  const { stepId } = draft.recipient
  return Object.hasOwn(decisions, stepId) ? (decisions[stepId] ?? null) : null
}

function saltOf(draft: Draft, step: SplitStep): string {
  return step.salt ?? `${draft.definition.campaign.id}/${draft.recipient.stepId}`
}

function assigned(draft: Draft, step: SplitStep): string {
  return armOf(saltOf(draft, step), draft.contact.id, step.arms)
}

function take(draft: Draft, step: SplitStep, name: string, inTest = false): Move {
  const arm = Object.hasOwn(step.arms, name) ? step.arms[name] : undefined
  if (arm === undefined) throw new Error(`Split "${draft.recipient.stepId}" has no arm "${name}"`)
  const { stepId } = draft.recipient
  const { memory, now } = draft
  const held = draft.recipient.waiting === 'hold'
  draft.remember({
    arms: { ...memory.arms, [stepId]: name },
    assignedAt: inTest ? { ...memory.assignedAt, [stepId]: now } : memory.assignedAt,
    holdout: memory.holdout || arm.holdout === true,
    base: held ? Math.max(memory.base, Math.min(draft.recipient.dueAt ?? now, now)) : memory.base,
  })
  draft.count(`arm.${name}`)
  return go(arm.next, name)
}
