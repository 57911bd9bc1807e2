import {
  type Condition,
  isDrumbeatError,
  parseCondition,
  parseSequence,
  type Sequence,
  type SequenceInvalidError,
} from '@drumbeat/core'
import * as z from 'zod'

/** Lets a reader of the core judge a value, and takes over its objections with their paths and fixes. */
function readBy<Read>(read: (input: unknown) => Read, description: string) {
  return z
    .custom<Read>(isObject, { error: 'It must be an object.' })
    .superRefine((value, { addIssue }) => {
      try {
        read(value)
      } catch (error) {
        if (!isDrumbeatError(error) || error.code !== 'sequence_invalid') throw error
        for (const { path, message, fix } of (error as SequenceInvalidError).issues) {
          addIssue({ code: 'custom', path: [...path], message, params: { fix }, input: value })
        }
      }
    })
    .meta({ type: 'object', description })
}

/** A condition on a contact, as `all()`, `attribute()`, `event()` and so on make it. */
export const condition = readBy<Condition>(
  parseCondition,
  'A condition: { all }, { any }, { not }, { attribute, op, value }, { tag }, { event }, { delivery, step }, { consent, channel }, …',
)

/** An event, possibly with a filter on its data. */
export const eventCondition = condition
  .refine((given): given is Extract<Condition, { readonly event: string }> => 'event' in given, {
    error: 'It must name an event: { event: "order.placed" }.',
  })
  .meta({ type: 'object', required: ['event'], description: 'An event: { event, where, atLeast }.' })

/** The graph of steps of a campaign. */
export const sequence = readBy<Sequence>(
  parseSequence,
  'A sequence: { schema: 1, start, steps: { [id]: { kind, … } }, on, maxVisits }.',
)

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
