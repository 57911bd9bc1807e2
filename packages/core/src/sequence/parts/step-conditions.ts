import type { Condition } from '../condition.js'
import type { JsonPath } from '../condition-nodes.js'
import type { Sequence } from '../sequence.js'
import type { Step, StepId } from '../step.js'

/** A condition that a sequence asks, and where it is written. */
export interface SequenceCondition {
  readonly stepId: StepId
  readonly condition: Condition
  /** From the root of the sequence. */
  readonly path: JsonPath
}

/** Every condition of a sequence's steps, in the order in which they are written. */
export function conditionsOf(sequence: Sequence): readonly SequenceCondition[] {
  return Object.entries(sequence.steps).flatMap(([stepId, step]) =>
    conditionsOfStep(step).map(({ condition, path }) => ({ stepId, condition, path: ['steps', stepId, ...path] })),
  )
}

/** Every condition of one step; the path is below the step. */
export function conditionsOfStep(step: Step): readonly Omit<SequenceCondition, 'stepId'>[] {
  switch (step.kind) {
    case 'branch':
      return step.cases.map(({ when }, index) => ({ condition: when, path: ['cases', index, 'when'] }))
    case 'waitFor':
      return step.cases.flatMap((candidate, index) =>
        'condition' in candidate ? [{ condition: candidate.condition, path: ['cases', index, 'condition'] }] : [],
      )
    case 'send':
      return step.skipWhen === undefined ? [] : [{ condition: step.skipWhen, path: ['skipWhen'] }]
    case 'series':
      return step.items.flatMap(({ skipWhen }, index) =>
        skipWhen === undefined ? [] : [{ condition: skipWhen, path: ['items', index, 'skipWhen'] }],
      )
    default:
      return []
  }
}
