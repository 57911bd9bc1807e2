import { edges } from '../graph.js'
import type { Sequence } from '../sequence.js'
import type { StepId } from '../step.js'

/**
 * Tells whether a run may come from one step to another, by one edge at least. For many questions about one sequence: each step that is
 * asked about is followed once, over numbers instead of names.
 */
export function orderOf(sequence: Sequence): (earlier: StepId, later: StepId) => boolean {
  const numbers = new Map(Object.keys(sequence.steps).map((id, index) => [id, index]))
  const targets: number[][] = [...numbers].map(() => [])
  for (const { from, to } of edges(sequence)) {
    const target = numbers.get(to)
    if (target !== undefined) targets[numbers.get(from) ?? 0]?.push(target)
  }
  const known = new Map<number, Uint8Array>()
  const follow = (start: number): Uint8Array => {
    const found = new Uint8Array(targets.length)
    const open = [...(targets[start] ?? [])]
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (found[step] === 1) continue
      found[step] = 1
      for (const target of targets[step] ?? []) if (found[target] === 0) open.push(target)
    }
    return found
  }
  return (earlier, later) => {
    const from = numbers.get(earlier)
    const to = numbers.get(later)
    if (from === undefined || to === undefined) return false
    const found = known.get(from) ?? follow(from)
    known.set(from, found)
    return found[to] === 1
  }
}
