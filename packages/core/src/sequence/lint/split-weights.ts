import type { Issue } from '../../errors.js'
import type { Sequence } from '../sequence.js'
import { error } from './rule.js'

/** Three thirds as decimals need not be exact. */
const tolerance = 0.01

/** The arms of a split are together 100 percent. */
export function splitWeights(sequence: Sequence): readonly Issue[] {
  return Object.entries(sequence.steps).flatMap(([id, step]): readonly Issue[] => {
    if (step.kind !== 'split') return []
    const weights = Object.values(step.arms).map(({ weight }) => weight)
    const sum = weights.reduce((total, weight) => total + weight, 0)
    const valid = weights.every((weight) => weight >= 0) && Math.abs(sum - 100) <= tolerance
    if (valid) return []
    return [
      error(
        'split_not_100',
        ['steps', id, 'arms'],
        `The arms of step "${id}" are together ${Number(sum.toFixed(2))} percent.`,
        'Give every arm a weight from 0 to 100, so that together they are 100.',
      ),
    ]
  })
}
