import type { Issue } from '../errors.js'
import { actions } from './lint/actions.js'
import { channels } from './lint/channels.js'
import { danglingEdges } from './lint/dangling-edges.js'
import { experiments } from './lint/experiments.js'
import { limits } from './lint/limits.js'
import { badDurations, badMoments } from './lint/moments.js'
import { neverOpens } from './lint/never-opens.js'
import { pastDates } from './lint/past-dates.js'
import { pathsWithoutExit } from './lint/paths-without-exit.js'
import { references } from './lint/references.js'
import type { LintContext, LintRule } from './lint/rule.js'
import { seriesItems } from './lint/series-items.js'
import { splitWeights } from './lint/split-weights.js'
import { threads } from './lint/threads.js'
import { unreachableSteps } from './lint/unreachable-steps.js'
import { webhookUrls } from './lint/webhook-urls.js'
import { zeroDelayLoops } from './lint/zero-delay-loops.js'
import type { Sequence } from './sequence.js'

export type { LintContext } from './lint/rule.js'

const rules: readonly LintRule[] = [
  danglingEdges,
  unreachableSteps,
  pathsWithoutExit,
  zeroDelayLoops,
  badMoments,
  badDurations,
  pastDates,
  neverOpens,
  splitWeights,
  experiments,
  references,
  threads,
  seriesItems,
  channels,
  actions,
  webhookUrls,
]

/** Everything that is wrong with a sequence, or may be. A sequence over the limits is judged by those alone. */
export function lintSequence(sequence: Sequence, context: LintContext = {}): readonly Issue[] {
  const over = limits(sequence)
  return over.length > 0 ? over : rules.flatMap((rule) => rule(sequence, context))
}
