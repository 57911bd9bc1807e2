import type { Issue } from '../../errors.js'
import { edges, leadingTo, reachable } from '../graph.js'
import { type Sequence, stepOf } from '../sequence.js'
import { error } from './rule.js'

/** From every step that can be come to, a path leads to an `exit`, or out of the graph: that is for `danglingEdges` to say. */
export function pathsWithoutExit(sequence: Sequence): readonly Issue[] {
  const exits = Object.keys(sequence.steps).filter((id) => stepOf(sequence, id)?.kind === 'exit')
  const dangling = edges(sequence).filter(({ to }) => stepOf(sequence, to) === undefined)
  const ending = leadingTo(sequence, [...exits, ...dangling.map(({ from }) => from)])
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
