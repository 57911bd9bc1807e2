import type { Issue } from '../../errors.js'
import type { JsonPath } from '../condition-nodes.js'
import { edges } from '../graph.js'
import { suggestions } from '../nearest.js'
import { type Sequence, stepOf } from '../sequence.js'
import type { StepId } from '../step.js'
import { error } from './rule.js'

/** The start, the edges and the interrupts must lead to steps that exist. */
export function danglingEdges(sequence: Sequence): readonly Issue[] {
  const suggest = suggestions(Object.keys(sequence.steps))
  const issues: Issue[] = []
  const check = (code: string, target: StepId, path: JsonPath, message: string): void => {
    if (stepOf(sequence, target) !== undefined) return
    issues.push(error(code, path, message, `Name a step that exists, or add that one.${suggest(target)}`))
  }
  const { start, on = [] } = sequence
  check('unknown_start', start, ['start'], `The sequence starts at "${start}", which is not a step.`)
  for (const { from, to, label, path } of edges(sequence)) {
    const message = `Step "${from}" leads by "${label}" to "${to}", which is not a step.`
    check('dangling_edge', to, ['steps', from, ...path], message)
  }
  for (const [index, { goto, within = [] }] of on.entries()) {
    const which = `Interrupt ${index + 1}`
    check('dangling_edge', goto, ['on', index, 'goto'], `${which} goes to "${goto}", which is not a step.`)
    for (const [place, id] of within.entries()) {
      check('dangling_edge', id, ['on', index, 'within', place], `${which} is limited to "${id}", which is not a step.`)
    }
  }
  return issues
}
