import * as z from 'zod'
import { edges } from './graph.js'
import { guardJson } from './guard-json.js'
import { invalid, mostIssues, parseWith } from './schema/schema-issues.js'
import { exact, id, judgeBy } from './schema/schema-parts.js'
import { interruptSchema, stepSchema } from './schema/step-schema.js'
import { maxEdges, maxSteps, type Sequence } from './sequence.js'
import type { StepId } from './step.js'

/** Room for a sequence of the most steps and edges with conditions and notes of an ordinary size. */
const limits = { maxNodes: 50_000, maxBytes: 1024 * 1024 }

// Judged one by one, so that input with thousands of mistakes is given up early.
const stepsSchema = z.record(id, z.unknown()).check(({ value, issues }) => {
  for (const [stepId, step] of Object.entries(value)) {
    judgeBy(stepSchema, { value: step, issues }, [stepId])
    if (issues.length >= mostIssues) return
  }
}) as z.ZodType<unknown> as z.ZodType<{ readonly [id: StepId]: z.output<typeof stepSchema> }>

/** A sequence, with unknown keys refused. The shape alone; see {@link parseSequence} for input of unknown origin. */
export const sequenceSchema = exact({
  schema: z.literal(1),
  start: id,
  steps: stepsSchema,
  on: z.array(interruptSchema).max(100).optional(),
  maxVisits: z.int().min(1).max(100).optional(),
})

/**
 * Reads a sequence from JSON of unknown origin and returns a copy of it: of the right shape, without unknown keys, and within the
 * limits of size, depth, steps and edges. Checked in bounded time, also where it is hostile. What it means (dangling edges, endless
 * loops, tokens, …) is for `lintSequence` to judge, so that a draft with mistakes can be stored and edited.
 * @throws {SequenceInvalidError} naming every culprit by its step, its path and its fix.
 */
export function parseSequence(input: unknown): Sequence {
  refuseTooMany('steps', stepCount(input), maxSteps)
  const json = guardJson(input, limits)
  const sequence: Sequence = parseWith(sequenceSchema, json, 'The sequence')
  refuseTooMany('edges', edges(sequence).length, maxEdges)
  return sequence
}

function stepCount(input: unknown): number {
  const steps = typeof input === 'object' && input !== null && 'steps' in input ? input.steps : null
  return typeof steps === 'object' && steps !== null ? Object.keys(steps).length : 0
}

function refuseTooMany(what: 'steps' | 'edges', count: number, most: number): void {
  if (count <= most) return
  throw invalid('The sequence', [
    {
      code: `too_many_${what}`,
      path: ['steps'],
      severity: 'error',
      message: `The sequence has ${count} ${what}; at most ${most} are allowed.`,
      fix: 'Split it into several campaigns, one of which enters people into the next by an event.',
    },
  ])
}
