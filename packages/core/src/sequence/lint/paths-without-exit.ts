import type { Issue } from '../../errors.js'
import { leadingToExit, reachable } from '../graph.js'
import type { Sequence } from '../sequence.js'
import { error } from './rule.js'

/** From every step that can be come to, a path leads to an `exit`. */
export function pathsWithoutExit(sequence: Sequence): readonly Issue[] {
  const ending = leadingToExit(sequence)
  return [...reachable(sequence)]
    .filter((id) => !ending.has(id))
    .map((id) =>
      error(
        'path_without_exit',
        ['steps', id],
        `From step "${id}" no path leads to an exit.`,
        'Lead one of the steps after it to an exit step.',
      ),
    )
}
