import type { Issue } from '../../errors.js'
import { didYouMean } from '../nearest.js'
import type { Sequence } from '../sequence.js'
import { error, type LintContext } from './rule.js'

/** Action steps call actions that are registered. */
export function actions(sequence: Sequence, { actions: known }: LintContext): readonly Issue[] {
  if (known === undefined) return []
  return Object.entries(sequence.steps).flatMap(([id, step]): readonly Issue[] => {
    if (step.kind !== 'action' || known.includes(step.action)) return []
    return [
      error(
        'unknown_action',
        ['steps', id, 'action'],
        `Step "${id}" calls the action "${step.action}", which is not registered.`,
        `Register it, or name another one.${didYouMean(step.action, known)}`,
      ),
    ]
  })
}
