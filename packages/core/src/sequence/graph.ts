import type { JsonPath } from './condition-nodes.js'
import { type Sequence, stepOf } from './sequence.js'
import type { Interrupt, Step, StepId } from './step.js'

/** A way from one step to another. */
export interface Edge {
  readonly from: StepId
  /** May name a step that does not exist. */
  readonly to: StepId
  /** The exit it leaves by: `next`, `otherwise`, `case 1`, an arm's or an action's exit's name, `timedOut`, `failed`, `past`. */
  readonly label: string
  /** Where its target is written, below the step: `['cases', 0, 'next']`. */
  readonly path: JsonPath
}

/** Every edge of a sequence, step by step, in the order of each step's exits. Interrupts are no edges: they start anywhere. */
export function edges(sequence: Sequence): readonly Edge[] {
  return Object.entries(sequence.steps).flatMap(([id, step]) => edgesOf(id, step))
}

/** The edges that leave one step. A step of a kind that does not exist has none. */
export function edgesOf(from: StepId, step: Step): readonly Edge[] {
  const edge = (label: string, to: StepId, path: JsonPath = [label]): Edge => ({ from, to, label, path })
  const optional = (label: 'failed' | 'past', to: StepId | undefined): readonly Edge[] =>
    to === undefined ? [] : [edge(label, to)]
  const cases = (list: readonly { readonly next: StepId }[]): readonly Edge[] =>
    list.map(({ next }, index) => edge(`case ${index + 1}`, next, ['cases', index, 'next']))
  switch (step.kind) {
    case 'send':
    case 'webhook':
      return [edge('next', step.next), ...optional('failed', step.failed)]
    case 'series':
    case 'wait':
      return [edge('next', step.next), ...optional('past', step.past)]
    case 'waitFor':
      return [...cases(step.cases), edge('timedOut', step.timedOut)]
    case 'branch':
      return [...cases(step.cases), edge('otherwise', step.otherwise)]
    case 'split':
      return Object.entries(step.arms).map(([name, { next }]) => edge(name, next, ['arms', name, 'next']))
    case 'update':
      return [edge('next', step.next)]
    case 'action':
      return [
        ...Object.entries(step.exits).map(([name, to]) => edge(name, to, ['exits', name])),
        ...optional('failed', step.failed),
      ]
    default:
      return []
  }
}

/** The steps that lead directly to each step, each once, in the order of the sequence. Steps without any have an empty list. */
export function predecessors(sequence: Sequence): ReadonlyMap<StepId, readonly StepId[]> {
  const found = new Map<StepId, StepId[]>(Object.keys(sequence.steps).map((id) => [id, []]))
  for (const { from, to } of edges(sequence)) {
    const list = found.get(to)
    if (list !== undefined && list.at(-1) !== from) list.push(from)
  }
  return found
}

/** The steps that a run can come to from some steps, these included. Targets that do not exist are passed over. */
export function reachableFrom(sequence: Sequence, starts: Iterable<StepId>): ReadonlySet<StepId> {
  const found = new Set<StepId>()
  spread(sequence, [...starts], found)
  return found
}

/** The steps that some run can come to: from the start, and by every interrupt that can strike on the way. */
export function reachable(sequence: Sequence): ReadonlySet<StepId> {
  const found = new Set<StepId>()
  let waiting = sequence.on ?? []
  let next: readonly StepId[] = [sequence.start]
  while (next.length > 0) {
    spread(sequence, [...next], found)
    const strikes = ({ within }: Interrupt) => within === undefined || within.some((id) => found.has(id))
    next = waiting.filter(strikes).map(({ goto }) => goto)
    waiting = waiting.filter((interrupt) => !strikes(interrupt))
  }
  return found
}

/** Adds to `found` what can be come to from the `open` steps, without looking at what it holds already. */
function spread(sequence: Sequence, open: StepId[], found: Set<StepId>): void {
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = found.has(id) ? undefined : stepOf(sequence, id)
    if (step === undefined) continue
    found.add(id)
    for (const { to } of edgesOf(id, step)) open.push(to)
  }
}

/** The steps from which a path leads to an `exit`; a run in any other step can only end by a limit. */
export function leadingToExit(sequence: Sequence): ReadonlySet<StepId> {
  return leadingTo(
    sequence,
    Object.keys(sequence.steps).filter((id) => sequence.steps[id]?.kind === 'exit'),
  )
}

/** The steps from which a path leads to one of the targets, these included. */
export function leadingTo(sequence: Sequence, targets: Iterable<StepId>): ReadonlySet<StepId> {
  const before = predecessors(sequence)
  const open = [...targets]
  const found = new Set<StepId>()
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    for (const from of before.get(id) ?? []) open.push(from)
  }
  return found
}

/**
 * The steps in the order in which a run meets them first: every step after those that lead to it, except where an edge goes back. Steps
 * that only interrupts lead to come next; steps that nothing leads to come last, as they are written. Each step once.
 */
export function visitOrder(sequence: Sequence): readonly StepId[] {
  const roots = [sequence.start, ...(sequence.on ?? []).map(({ goto }) => goto), ...Object.keys(sequence.steps)]
  const visited = new Set<StepId>()
  return roots.flatMap((root) => finished(sequence, root, visited).reverse())
}

/** The steps reached from a root that were not visited before, in the order in which a depth-first search leaves them. */
function finished(sequence: Sequence, root: StepId, visited: Set<StepId>): StepId[] {
  const order: StepId[] = []
  const path: { readonly id: StepId; readonly targets: StepId[] }[] = []
  const enter = (id: StepId): void => {
    const step = visited.has(id) ? undefined : stepOf(sequence, id)
    if (step === undefined) return
    visited.add(id)
    // Popped from the end, the last exit is followed first; reversed again by the caller, the first exit's steps come first.
    path.push({ id, targets: edgesOf(id, step).map(({ to }) => to) })
  }
  enter(root)
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const target = top.targets.pop()
    if (target !== undefined) enter(target)
    else order.push((path.pop() as { id: StepId }).id)
  }
  return order
}

/**
 * The messages that a run standing at a step would send next: the `send` and `series` steps that it can come to without passing another
 * one. A step that sends is its own answer.
 */
export function firstSends(sequence: Sequence, from: StepId): readonly StepId[] {
  const sends: StepId[] = []
  const seen = new Set<StepId>()
  const open = [from]
  for (const id of open) {
    const step = seen.has(id) ? undefined : stepOf(sequence, id)
    if (step === undefined) continue
    seen.add(id)
    if (step.kind === 'send' || step.kind === 'series') sends.push(id)
    else for (const { to } of edgesOf(id, step)) open.push(to)
  }
  return sends
}
