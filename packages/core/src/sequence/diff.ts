import type { JsonValue } from '../json.js'
import { type Edge, edgesOf } from './graph.js'
import { type Sequence, stepOf } from './sequence.js'
import type { Step, StepId } from './step.js'

/** One field that differs; `undefined` = that side does not have it. */
export interface FieldChange {
  /** Dotted, from the step or the sequence: `template`, `rules.quietHours`. Lists are compared as a whole. */
  readonly field: string
  readonly before: JsonValue | undefined
  readonly after: JsonValue | undefined
}

/** A step that both sequences have, and in which they differ. */
export interface StepChange {
  readonly step: StepId
  /** Never empty. */
  readonly fields: readonly FieldChange[]
}

/** In what two sequences differ. Steps are the same when their ids are. */
export interface SequenceDiff {
  readonly added: readonly StepId[]
  readonly removed: readonly StepId[]
  readonly changed: readonly StepChange[]
  /** The edges that only `b` has, also those of added steps. */
  readonly addedEdges: readonly Edge[]
  /** The edges that only `a` has, also those of removed steps. */
  readonly removedEdges: readonly Edge[]
  /** Changes of the sequence itself: `start`, `on`, `maxVisits`. */
  readonly fields: readonly FieldChange[]
}

/** In what `b` differs from `a`. The order of keys does not matter; an absent key and `undefined` are the same. */
export function diffSequences(a: Sequence, b: Sequence): SequenceDiff {
  const ids = [...new Set([...Object.keys(a.steps), ...Object.keys(b.steps)])]
  const added: StepId[] = []
  const removed: StepId[] = []
  const changed: StepChange[] = []
  const addedEdges: Edge[] = []
  const removedEdges: Edge[] = []
  for (const id of ids) {
    const before = stepOf(a, id)
    const after = stepOf(b, id)
    if (before === undefined) added.push(id)
    if (after === undefined) removed.push(id)
    const fields = before === undefined || after === undefined ? [] : fieldChanges(before, after)
    if (fields.length > 0) changed.push({ step: id, fields })
    const edgesBefore = edgesByName(id, before)
    const edgesAfter = edgesByName(id, after)
    addedEdges.push(...without(edgesAfter, edgesBefore))
    removedEdges.push(...without(edgesBefore, edgesAfter))
  }
  const { steps: _before, ...ownBefore } = a
  const { steps: _after, ...ownAfter } = b
  return { added, removed, changed, addedEdges, removedEdges, fields: fieldChanges(ownBefore, ownAfter) }
}

/** True when two sequences say the same. */
export function isSameSequence(diff: SequenceDiff): boolean {
  const { added, removed, changed, fields } = diff
  return [added, removed, changed, fields].every((list) => list.length === 0)
}

/** A difference as sentences, for logs and reviews: `Step "welcome": template was "welcome", is "hello".` */
export function describeDiff({ added, removed, changed, fields }: SequenceDiff): readonly string[] {
  const sentence = (where: string, { field, before, after }: FieldChange): string => {
    if (before === undefined) return `${where}: ${field} is now ${shown(after)}.`
    if (after === undefined) return `${where}: ${field} was ${shown(before)}, and is gone.`
    return `${where}: ${field} was ${shown(before)}, is ${shown(after)}.`
  }
  return [
    ...added.map((id) => `Step "${id}" is new.`),
    ...removed.map((id) => `Step "${id}" is gone.`),
    ...changed.flatMap((step) => step.fields.map((change) => sentence(`Step "${step.step}"`, change))),
    ...fields.map((change) => sentence('The sequence', change)),
  ]
}

function shown(value: JsonValue | undefined): string {
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

type Fields = Readonly<Record<string, unknown>>

/** Compares objects field by field, and what is an object on both sides below that. Depth is bounded by that of parsed sequences. */
function fieldChanges(before: object, after: object, prefix = ''): readonly FieldChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key): readonly FieldChange[] => {
    const one = own(before, key)
    const other = own(after, key)
    if (isSame(one, other)) return []
    if (isObject(one) && isObject(other)) return fieldChanges(one, other, `${prefix}${key}.`)
    return [{ field: `${prefix}${key}`, before: one as JsonValue | undefined, after: other as JsonValue | undefined }]
  })
}

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((member, index) => isSame(member, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) => isSame(own(one, key), own(other, key)))
}

function own(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? (holder as Fields)[key] : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function edgesByName(id: StepId, step: Step | undefined): ReadonlyMap<string, Edge> {
  return new Map(
    (step === undefined ? [] : edgesOf(id, step)).map((edge) => [JSON.stringify([edge.label, edge.to]), edge]),
  )
}

function without(edges: ReadonlyMap<string, Edge>, others: ReadonlyMap<string, Edge>): readonly Edge[] {
  return [...edges].filter(([name]) => !others.has(name)).map(([, edge]) => edge)
}
