import { edgesOf } from '../graph.js'
import { type Sequence, stepOf } from '../sequence.js'
import type { StepId } from '../step.js'
import { leastBetween, leastDelayMs, type Offset, offsetOf } from './least-delay.js'

/**
 * The steps of a set that a run may come to next after leaving a step, without passing another one of the set, and the least time that
 * takes in milliseconds.
 */
export function nextAmong(
  sequence: Sequence,
  from: StepId,
  among: ReadonlySet<StepId>,
  delayOf: (wait: StepId) => number,
): ReadonlyMap<StepId, number> {
  const best = new Map<StepId, number>()
  const open: { readonly id: StepId; readonly ms: number }[] = []
  const leave = (id: StepId, ms: number): void => {
    const step = stepOf(sequence, id)
    if (step === undefined) return
    for (const { to, label } of edgesOf(id, step)) {
      const takesTime = (step.kind === 'wait' && label === 'next') || (step.kind === 'waitFor' && label === 'timedOut')
      open.push({ id: to, ms: ms + (takesTime ? delayOf(id) : 0) })
    }
  }
  leave(from, 0)
  for (const { id, ms } of open) {
    if (stepOf(sequence, id) === undefined || ms >= (best.get(id) ?? Number.POSITIVE_INFINITY)) continue
    best.set(id, ms)
    if (!among.has(id)) leave(id, ms)
  }
  return new Map([...best].filter(([id]) => among.has(id)))
}

/**
 * How long each wait, and each limit of a `waitFor`, keeps a run at the least. One that counts from another anchor than the base takes
 * time only after waits that count from the same anchor, or after the entry if it counts from that. With `byDate` a date is as long
 * as a day.
 */
export function leastDelays(
  sequence: Sequence,
  before: ReadonlyMap<StepId, readonly StepId[]>,
  byDate: boolean,
): ReadonlyMap<StepId, number> {
  const delays = new Map<StepId, number>()
  for (const [id, step] of Object.entries(sequence.steps)) {
    if (step.kind !== 'wait' && step.kind !== 'waitFor') continue
    const moment = step.kind === 'wait' ? step : step.limit
    const { anchor = 'base' } = moment
    const own = offsetOf(moment, byDate)
    const least =
      anchor === 'base' ? leastDelayMs(moment, byDate) : sinceSameAnchor(sequence, before, id, own, anchor, byDate)
    delays.set(id, least)
  }
  return delays
}

function sinceSameAnchor(
  sequence: Sequence,
  before: ReadonlyMap<StepId, readonly StepId[]>,
  from: StepId,
  offset: Offset,
  anchor: unknown,
  byDate: boolean,
): number {
  const name = JSON.stringify(anchor)
  const seen = new Set<StepId>()
  const open = [from]
  let least = Number.POSITIVE_INFINITY
  for (const id of open) {
    if (id === sequence.start) {
      const atEntry = anchor === 'enrollment' || anchor === 'entryEvent'
      least = atEntry ? Math.min(least, Math.max(0, offset.least)) : 0
    }
    for (const earlier of before.get(id) ?? []) {
      if (seen.has(earlier)) continue
      seen.add(earlier)
      const step = stepOf(sequence, earlier)
      if (step?.kind !== 'wait') {
        // A waitFor may be over at any time; what is anchored elsewhere says nothing.
        if (step?.kind === 'waitFor') return 0
        open.push(earlier)
        continue
      }
      if (JSON.stringify(step.anchor ?? 'base') !== name) return 0
      least = Math.min(least, leastBetween(offsetOf(step, byDate), offset))
    }
  }
  return Number.isFinite(least) ? least : 0
}
