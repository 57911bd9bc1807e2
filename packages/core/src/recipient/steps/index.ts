import type { Step, StepKind } from '../../sequence/step.js'
import type { StepBehavior } from './behavior.js'
import { callBehavior } from './call-step.js'
import { branchBehavior, exitBehavior, updateBehavior } from './instant-steps.js'
import { sendBehavior } from './send-step.js'
import { seriesBehavior } from './series-step.js'
import { splitBehavior } from './split-step.js'
import { waitForBehavior } from './wait-for-step.js'
import { waitBehavior } from './wait-step.js'

const behaviors: { readonly [Kind in StepKind]: StepBehavior<Extract<Step, { kind: Kind }>> } = {
  send: sendBehavior,
  series: seriesBehavior,
  wait: waitBehavior,
  waitFor: waitForBehavior,
  branch: branchBehavior,
  split: splitBehavior,
  update: updateBehavior,
  webhook: callBehavior,
  action: callBehavior,
  exit: exitBehavior,
}

/** How steps of a kind decide. */
export function behaviorOf(kind: StepKind): StepBehavior<Step> {
  return behaviors[kind] as unknown as StepBehavior<Step>
}
