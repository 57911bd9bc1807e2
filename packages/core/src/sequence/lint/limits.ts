import type { Issue } from '../../errors.js'
import { edges } from '../graph.js'
import { maxEdges, maxSteps, type Sequence } from '../sequence.js'
import { error } from './rule.js'

/** A sequence has a bounded number of steps and edges, and a visit limit from 1 to 100. */
export function limits(sequence: Sequence): readonly Issue[] {
  const issues: Issue[] = []
  const fix = 'Split it into several campaigns, one of which enters people into the next by an event.'
  const steps = Object.keys(sequence.steps).length
  if (steps > maxSteps) {
    issues.push(
      error('too_many_steps', ['steps'], `The sequence has ${steps} steps; at most ${maxSteps} are allowed.`, fix),
    )
  } else {
    const count = edges(sequence).length
    if (count > maxEdges) {
      issues.push(
        error('too_many_edges', ['steps'], `The sequence has ${count} edges; at most ${maxEdges} are allowed.`, fix),
      )
    }
  }
  const { maxVisits } = sequence
  if (maxVisits !== undefined && !(Number.isInteger(maxVisits) && maxVisits >= 1 && maxVisits <= 100)) {
    const message = `The sequence lets a run visit a step ${maxVisits} times, which is not a whole number from 1 to 100.`
    issues.push(error('visit_limit', ['maxVisits'], message, 'Give maxVisits from 1 to 100, or leave it out for 100.'))
  }
  return issues
}
