import type { Issue } from '../../errors.js'
import type { Condition } from '../condition.js'
import { nodesOf } from '../condition-nodes.js'
import { didYouMean, suggestions } from '../nearest.js'
import { conditionsOf } from '../parts/step-conditions.js'
import { type Sequence, stepOf } from '../sequence.js'
import type { StepId, StepKind } from '../step.js'
import { error } from './rule.js'

/** What a condition refers to, and which kinds of step have it. */
interface Reference {
  readonly target: StepId
  readonly kinds: readonly StepKind[]
  readonly what: string
}

/** Conditions ask only for deliveries, arms and replies of steps that exist and can have them. */
export function references(sequence: Sequence): readonly Issue[] {
  const suggest = suggestions(Object.keys(sequence.steps))
  return conditionsOf(sequence).flatMap(({ stepId, condition, path }) =>
    nodesOf(condition).flatMap((node): readonly Issue[] => {
      const where = `A condition of step "${stepId}"`
      const at = [...path, ...node.path]
      const reference = referenceOf(node.condition)
      if (reference === null) return []
      const { target, kinds, what } = reference
      const step = stepOf(sequence, target)
      if (step === undefined) {
        const fix = `Name a step that exists.${suggest(target)}`
        return [error('unknown_reference', at, `${where} asks for ${what} "${target}", which is not a step.`, fix)]
      }
      if (!kinds.includes(step.kind)) {
        const message = `${where} asks for ${what} "${target}", which is of the kind ${step.kind}.`
        return [error('wrong_reference', at, message, `Name a step of the kind ${kinds.join(', ')}.`)]
      }
      if ('arm' in node.condition && step.kind === 'split' && !Object.hasOwn(step.arms, node.condition.arm)) {
        const arms = Object.keys(step.arms)
        const message = `${where} asks for the arm "${node.condition.arm}" of split "${target}", which has no such arm.`
        const fix = `Name one of ${arms.join(', ')}.${didYouMean(node.condition.arm, arms)}`
        return [error('unknown_arm', at, message, fix)]
      }
      return []
    }),
  )
}

function referenceOf(condition: Condition): Reference | null {
  if ('delivery' in condition) {
    return { target: condition.step, kinds: ['send', 'series', 'webhook', 'action'], what: 'the delivery of' }
  }
  if ('arm' in condition) return { target: condition.split, kinds: ['split'], what: 'the arm of' }
  if ('webhook' in condition) return { target: condition.webhook, kinds: ['webhook', 'action'], what: 'the reply of' }
  return null
}
