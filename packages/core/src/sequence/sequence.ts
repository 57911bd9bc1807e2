import type { Instant } from '../schedule/instant.js'
import type { Interrupt, Step, StepId } from './step.js'

/** The graph of steps, as JSON that a person can read and a UI can edit. */
export interface Sequence {
  readonly schema: 1
  readonly start: StepId
  readonly steps: { readonly [id: StepId]: Step }
  readonly on?: readonly Interrupt[]
  /** How often one run may visit one step, for graphs with loops: 1–100. Default 100. */
  readonly maxVisits?: number
}

/** The immutable published form of a sequence. Equal content has an equal hash. */
export interface SequenceVersion {
  readonly workspaceId: string
  readonly campaignId: string
  /** 1-based, rising within the campaign. */
  readonly version: number
  readonly sequence: Sequence
  readonly contentHash: string
  readonly publishedAt: Instant
}

/** The most steps in one sequence. */
export const maxSteps = 500
/** The most edges in one sequence. */
export const maxEdges = 2000
/** How often a run may visit one step unless the sequence says otherwise. */
export const defaultMaxVisits = 100

/** The step of that id. Own properties only, so that no id can reach the prototype. */
export function stepOf(sequence: Sequence, id: StepId): Step | undefined {
  return Object.hasOwn(sequence.steps, id) ? sequence.steps[id] : undefined
}
