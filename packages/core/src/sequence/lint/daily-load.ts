import type { FrequencyCap } from '../../contact/frequency-cap.js'
import type { Issue } from '../../errors.js'
import { elapsedMs } from '../../schedule/duration.js'
import { dayMs } from '../../schedule/local-date.js'
import { predecessors, reachable } from '../graph.js'
import type { Sequence } from '../sequence.js'
import type { MessageSpec, SeriesStep, Step, StepId } from '../step.js'
import { leastBetween, offsetOf } from './least-delay.js'
import { leastDelays, nextAmong } from './next-messages.js'
import { type LintContext, warning } from './rule.js'

/** Caps above this are not checked: no sequence of 500 steps is judged quickly by them, and none of them is about a day's peace. */
const highestCap = 100

/**
 * No path of the sequence puts more messages into the span of a cap than it lets through. What counts is the worst case: every event
 * comes at once, and every time of day is just ahead. Times between messages count without what windows do to them.
 */
export function dailyLoad(sequence: Sequence, context: LintContext): readonly Issue[] {
  const caps = (context.caps ?? []).filter(({ max }) => max <= highestCap)
  if (caps.length === 0) return []
  const before = predecessors(sequence)
  const live = reachable(sequence)
  return caps.flatMap((cap): readonly Issue[] => {
    const span = spanOf(cap)
    if (span === null) return []
    const byDate = typeof cap.per !== 'string' && cap.per.calendar === 'day'
    const delays = leastDelays(sequence, before, byDate)
    const delayOf = (id: StepId): number => delays.get(id) ?? 0
    const sizes = new Map<StepId, number>()
    for (const id of live) {
      const size = countedBy(sequence.steps[id], (message) => obeys(message, cap, context), span, byDate)
      if (size > 0) sizes.set(id, size)
    }
    const worst = worstCase(sequence, sizes, delayOf, span, cap.max)
    return worst === null ? [] : [overCap(cap, worst)]
  })
}

/** The most messages within a span, and the step that the first of them belongs to. */
interface Worst {
  readonly count: number
  readonly from: StepId
}

/** Null when no more than `allowed` messages can come together. The count is exact up to ten above that. */
function worstCase(
  sequence: Sequence,
  sizes: ReadonlyMap<StepId, number>,
  delayOf: (id: StepId) => number,
  span: number,
  allowed: number,
): Worst | null {
  const among = new Set(sizes.keys())
  const next = new Map<StepId, ReadonlyMap<StepId, number>>()
  const after = (id: StepId): ReadonlyMap<StepId, number> => {
    const known = next.get(id) ?? nextAmong(sequence, id, among, delayOf)
    next.set(id, known)
    return known
  }
  // By number of messages: the least time in which a run can have got that many, by the step of the last one.
  const layers: Map<StepId, { readonly ms: number; readonly from: StepId }>[] = []
  const reach = (count: number, id: StepId, ms: number, from: StepId): void => {
    layers[count] ??= new Map()
    const layer = layers[count]
    if (ms < (layer.get(id)?.ms ?? span)) layer.set(id, { ms, from })
  }
  for (const [id, size] of sizes) reach(size, id, 0, id)
  let worst: Worst | null = null
  for (let count = 1; count < layers.length && count <= allowed + 10; count++) {
    for (const [id, { ms, from }] of layers[count] ?? []) {
      if (count > allowed && count > (worst?.count ?? 0)) worst = { count, from }
      for (const [to, gap] of after(id)) reach(count + (sizes.get(to) ?? 1), to, ms + gap, from)
    }
  }
  return worst
}

/** How many messages of one step that count can fall into one span. */
function countedBy(
  step: Step | undefined,
  counts: (message: MessageSpec) => boolean,
  span: number,
  byDate: boolean,
): number {
  if (step?.kind === 'send') return counts(step) ? 1 : 0
  return step?.kind === 'series' ? mostTogether({ ...step, items: step.items.filter(counts) }, span, byDate) : 0
}

/** Whether a message counts for a cap, and is held by it. */
function obeys(message: MessageSpec, cap: FrequencyCap, context: LintContext): boolean {
  const category = message.category ?? context.category ?? 'marketing'
  if (message.rules?.caps === 'ignore' || category === 'transactional') return false
  return (cap.channel ?? message.channel) === message.channel && (cap.category ?? category) === category
}

/** Items with one anchor keep their distance; of the others nothing is known. */
function mostTogether({ anchor, items }: SeriesStep, span: number, byDate: boolean): number {
  const anchors = items.map((item) => JSON.stringify(item.anchor ?? anchor))
  const offsets = items.map((item) => offsetOf(item, byDate))
  const counts = offsets.map(
    (first, index) =>
      offsets.filter((other, at) => {
        if (anchors[at] !== anchors[index]) return true
        return other.least >= first.least && leastBetween(first, other) < span
      }).length,
  )
  return Math.max(0, ...counts)
}

/** The span of a cap; null = its duration is not valid, which is for whoever set it to hear. */
function spanOf({ per }: FrequencyCap): number | null {
  if (typeof per !== 'string') return per.calendar === 'week' ? 7 * dayMs : dayMs
  try {
    return elapsedMs(per, { calendarDaysAs24Hours: true })
  } catch {
    return null
  }
}

function overCap(cap: FrequencyCap, { count, from }: Worst): Issue {
  const what = [cap.category, cap.channel, count === 1 ? 'message' : 'messages'].flatMap((word) => word ?? []).join(' ')
  const per = typeof cap.per === 'string' ? cap.per : `a ${cap.per.calendar}`
  return warning(
    'over_cap',
    ['steps', from],
    `From step "${from}" on, ${count} ${what} can come within ${per}; the cap lets ${cap.max} through.`,
    cap.outside === 'skip'
      ? 'Put longer waits between them: what is over the cap is not sent.'
      : 'Put longer waits between them: what is over the cap is put off.',
  )
}
