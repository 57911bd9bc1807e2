import type { Issue } from '../../errors.js'
import { minuteMs } from '../../schedule/time-of-day.js'
import type { Edge } from '../graph.js'
import { loops } from '../loops.js'
import { type Sequence, stepOf } from '../sequence.js'
import type { Step, WaitForStep } from '../step.js'
import { leastDelayMs } from './least-delay.js'
import { error, listed } from './rule.js'

/** Every loop keeps a run for at least a minute each time round. What interrupts do needs an event each time, so it is no loop. */
export function zeroDelayLoops(sequence: Sequence): readonly Issue[] {
  const atOnce = (edge: Edge): boolean => {
    const step = stepOf(sequence, edge.from)
    return step === undefined || !delays(step, edge)
  }
  return loops(sequence, atOnce).map((steps) => {
    const [first = ''] = steps
    const through = steps.length === 1 ? 'leads to itself' : `is in a loop of ${listed(steps)}`
    return error(
      'zero_delay_loop',
      ['steps', first],
      `Step "${first}" ${through} that can go round without any time passing.`,
      'Put a wait of at least a minute into the loop, such as wait({ for: "PT1M" }), or a waitFor with such a limit. ' +
        'A wait for a time of day, or from another anchor than the base, may be over at once.',
    )
  })
}

function delays(step: Step, { label, path }: Edge): boolean {
  // A wait that takes time counts from the base, so it is never past: both of its ways take that time.
  if (step.kind === 'wait') return leastDelayMs(step) >= minuteMs
  if (step.kind !== 'waitFor') return false
  return label === 'timedOut' ? leastDelayMs(step.limit) >= minuteMs : usesUpAnEvent(step, path[1])
}

/** A case that only counts what happens from now on takes a new event each time round; a condition may hold already. */
function usesUpAnEvent({ cases, since = 'stepEntry' }: WaitForStep, index: string | number | undefined): boolean {
  const taken = typeof index === 'number' ? cases[index] : undefined
  return taken !== undefined && !('condition' in taken) && since === 'stepEntry'
}
