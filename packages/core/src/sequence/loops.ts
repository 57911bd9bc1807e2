import { type Edge, edges } from './graph.js'
import { type Sequence, stepOf } from './sequence.js'
import type { StepId } from './step.js'

/** What a depth-first search knows of a step. */
interface Mark {
  readonly index: number
  low: number
  onStack: boolean
}

/**
 * The loops of a sequence: its strongly connected components of more than one step, and steps that lead to themselves. Each is a list of
 * steps in the order in which they were met. With `follow`, only the edges it accepts count. Tarjan's algorithm without
 * recursion, so linear in steps and edges, however deep the graph.
 */
export function loops(
  sequence: Sequence,
  follow: (edge: Edge) => boolean = () => true,
): readonly (readonly StepId[])[] {
  const targets = new Map<StepId, StepId[]>(Object.keys(sequence.steps).map((id) => [id, []]))
  const toThemselves = new Set<StepId>()
  for (const edge of edges(sequence)) {
    if (stepOf(sequence, edge.to) === undefined || !follow(edge)) continue
    targets.get(edge.from)?.push(edge.to)
    if (edge.from === edge.to) toThemselves.add(edge.from)
  }
  return components(targets).filter(([first, second]) => {
    return second !== undefined || (first !== undefined && toThemselves.has(first))
  })
}

function components(targets: ReadonlyMap<StepId, readonly StepId[]>): StepId[][] {
  const marks = new Map<StepId, Mark>()
  const stack: StepId[] = []
  const path: { readonly id: StepId; readonly mark: Mark; next: number }[] = []
  const found: StepId[][] = []

  const enter = (id: StepId): void => {
    const mark = { index: marks.size, low: marks.size, onStack: true }
    marks.set(id, mark)
    stack.push(id)
    path.push({ id, mark, next: 0 })
  }

  for (const root of targets.keys()) {
    if (!marks.has(root)) enter(root)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = targets.get(top.id)?.[top.next++]
      if (target !== undefined) {
        const met = marks.get(target)
        if (met === undefined) enter(target)
        else if (met.onStack) top.mark.low = Math.min(top.mark.low, met.index)
        continue
      }
      path.pop()
      const parent = path.at(-1)
      if (parent !== undefined) parent.mark.low = Math.min(parent.mark.low, top.mark.low)
      if (top.mark.low === top.mark.index) found.push(takeComponent(stack, marks, top.id))
    }
  }
  return found
}

function takeComponent(stack: StepId[], marks: ReadonlyMap<StepId, Mark>, root: StepId): StepId[] {
  const members = stack.splice(stack.lastIndexOf(root))
  for (const id of members) {
    const mark = marks.get(id)
    if (mark !== undefined) mark.onStack = false
  }
  return members
}
