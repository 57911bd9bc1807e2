import type { Issue } from '../../errors.js'
import { reachable } from '../graph.js'
import type { Sequence } from '../sequence.js'
import { warning } from './rule.js'

/** Every step can be come to, from the start or by an interrupt. */
export function unreachableSteps(sequence: Sequence): readonly Issue[] {
  const found = reachable(sequence)
  return Object.keys(sequence.steps)
    .filter((id) => !found.has(id))
    .map((id) =>
      warning(
        'unreachable_step',
        ['steps', id],
        `Nobody can come to step "${id}".`,
        'Lead another step to it, or remove it.',
      ),
    )
}
