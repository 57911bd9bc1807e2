import type { Moment } from '../../schedule/moment.js'
import type { JsonPath } from '../condition-nodes.js'
import type { Sequence } from '../sequence.js'
import type { Step, StepId } from '../step.js'

/** What a moment of a sequence is for. */
export type MomentRole = 'wait' | 'item' | 'limit' | 'notAfter' | 'decideAt'

/** A moment that a sequence names, and where it is written. */
export interface SequenceMoment {
  readonly stepId: StepId
  readonly role: MomentRole
  /** An item's anchor and zone are those of its series unless it names its own. */
  readonly moment: Moment
  /** From the root of the sequence. */
  readonly path: JsonPath
}

/** Every moment of a sequence, in the order in which it is written. */
export function momentsOf(sequence: Sequence): readonly SequenceMoment[] {
  return Object.entries(sequence.steps).flatMap(([stepId, step]) =>
    momentsOfStep(step).map(({ path, ...rest }) => ({ ...rest, stepId, path: ['steps', stepId, ...path] })),
  )
}

/** Every moment of one step; the path is below the step. */
export function momentsOfStep(step: Step): readonly Omit<SequenceMoment, 'stepId'>[] {
  switch (step.kind) {
    case 'wait':
      return [{ role: 'wait', moment: momentParts(step), path: [] }]
    case 'waitFor':
      return [{ role: 'limit', moment: step.limit, path: ['limit'] }]
    case 'split':
      return step.experiment === undefined
        ? []
        : [{ role: 'decideAt', moment: step.experiment.decideAt, path: ['experiment', 'decideAt'] }]
    case 'send':
      return step.notAfter === undefined ? [] : [{ role: 'notAfter', moment: step.notAfter, path: ['notAfter'] }]
    case 'series':
      return step.items.flatMap((item, index): readonly Omit<SequenceMoment, 'stepId'>[] => {
        const path = ['items', index]
        const moment = { ...momentParts(item), anchor: item.anchor ?? step.anchor, zone: item.zone ?? step.zone }
        const { notAfter } = item
        return [
          { role: 'item', moment, path },
          ...(notAfter === undefined
            ? []
            : [{ role: 'notAfter' as const, moment: notAfter, path: [...path, 'notAfter'] }]),
        ]
      })
    default:
      return []
  }
}

/** The moment alone, of a step or an item that carries more. */
function momentParts(whole: Moment): Moment {
  const { anchor, for: duration, onDay, at, until, businessDays, calendar, dates, zone, ifPast } = whole
  return { anchor, for: duration, onDay, at, until, businessDays, calendar, dates, zone, ifPast }
}
