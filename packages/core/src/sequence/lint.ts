import type { Issue } from '../errors.js'
import { actions } from './lint/actions.js'
import { badDurations, badMoments } from './lint/bad-moments.js'
import { channels } from './lint/channels.js'
import { dailyLoad } from './lint/daily-load.js'
import { danglingEdges } from './lint/dangling-edges.js'
import { experiments } from './lint/experiments.js'
import { limits } from './lint/limits.js'
import { neverOpens } from './lint/never-opens.js'
import { pastDates } from './lint/past-dates.js'
import { pathsWithoutExit } from './lint/paths-without-exit.js'
import { references } from './lint/references.js'
import type { LintContext, LintRule } from './lint/rule.js'
import { seriesItems } from './lint/series-items.js'
import { smsLength } from './lint/sms-length.js'
import { splitWeights } from './lint/split-weights.js'
import { templates } from './lint/templates.js'
import { threads } from './lint/threads.js'
import { tokens } from './lint/tokens.js'
import { unreachableSteps } from './lint/unreachable-steps.js'
import { unsubscribe } from './lint/unsubscribe.js'
import { webhookUrls } from './lint/webhook-urls.js'
import { zeroDelayLoops } from './lint/zero-delay-loops.js'
import type { Sequence } from './sequence.js'

export type { LintContext } from './lint/rule.js'

/** One kind of mistake each; none depends on another's findings. */
const rules: readonly LintRule[] = [
  // The graph.
  danglingEdges,
  unreachableSteps,
  pathsWithoutExit,
  zeroDelayLoops,
  // Time.
  badMoments,
  badDurations,
  pastDates,
  neverOpens,
  dailyLoad,
  // What steps say of each other and of what is around them.
  splitWeights,
  experiments,
  references,
  threads,
  seriesItems,
  channels,
  actions,
  webhookUrls,
  // Content.
  templates,
  tokens,
  unsubscribe,
  smsLength,
]

/**
 * Everything that is wrong with a sequence (`error`, which blocks publishing) or may be (`warning`). Every issue names its step, says what
 * is wrong and what to do about it. What the context leaves out is not checked. Bounded: a sequence over the limits is judged
 * by those alone.
 */
export function lintSequence(sequence: Sequence, context: LintContext = {}): readonly Issue[] {
  const over = limits(sequence)
  return over.length > 0 ? over : rules.flatMap((rule) => rule(sequence, context))
}
