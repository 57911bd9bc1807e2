import type { Issue } from '../../errors.js'
import { didYouMean } from '../nearest.js'
import type { Sequence } from '../sequence.js'
import type { ActionStep } from '../step.js'
import { error, type LintContext } from './rule.js'

/** Action steps call actions that are registered, with input that these accept. */
export function actions(sequence: Sequence, { actions: known, inputProblems }: LintContext): readonly Issue[] {
  return Object.entries(sequence.steps).flatMap(([id, step]): readonly Issue[] => {
    if (step.kind !== 'action') return []
    if (known?.includes(step.action) === false) return [unknown(id, step, known)]
    return (inputProblems?.(step.action, step.input ?? {}) ?? []).map((problem) =>
      error(
        'bad_action_input',
        ['steps', id, 'input'],
        `Step "${id}" gives the action "${step.action}" an input that it does not accept: ${problem}`,
        `Correct the step's input.`,
      ),
    )
  })
}

function unknown(id: string, { action }: ActionStep, known: readonly string[]): Issue {
  return error(
    'unknown_action',
    ['steps', id, 'action'],
    `Step "${id}" calls the action "${action}", which is not registered.`,
    `Register it, or name another one.${didYouMean(action, known)}`,
  )
}
