import type { ContactEvent } from '../../contact/contact.js'
import type { Step } from '../../sequence/step.js'
import type { Draft, Move } from '../draft.js'
import type { Outcome } from '../input.js'

/** How a kind of step decides. Each answer says whether the run stays, goes on or ends. */
export interface StepBehavior<Kind extends Step> {
  /** The run has just come here. */
  enter(draft: Draft, step: Kind): Move
  /** Its `dueAt` has come. */
  due(draft: Draft, step: Kind): Move
  /** Something happened to the contact. Absent = the step does not care. */
  event?(draft: Draft, step: Kind, event: ContactEvent): Move
  /** The contact changed, a provider reported, or an anchor may have moved. Absent = the step does not care. */
  changed?(draft: Draft, step: Kind): Move
  /** News of its open delivery or call. Absent = it never has one. */
  outcome?(draft: Draft, step: Kind, outcome: Outcome): Move
}
