import { type Explanation, formatInstant } from '@drumbeat/core'
import * as z from 'zod'
import { instant, jsonValue, orNull } from './values.js'

/** Where a run is and why, what was not sent and why not, and what comes next. */
export const explanation = z.strictObject({
  status: z.enum(['active', 'completed', 'exited', 'quarantined']),
  reason: z.string().nullable(),
  stepId: z.string(),
  waitsFor: z.enum(['timer', 'event', 'delivery', 'hold']).nullable(),
  dueAt: instant.nullable(),
  dueLocally: z.string().nullable().describe("`dueAt` in the contact's zone."),
  why: jsonValue.describe('The anchor, rule and zone that set `dueAt`, or the rule that moved it.'),
  paused: z.boolean(),
  zone: z.strictObject({ name: z.string(), from: z.string(), invalid: z.string().nullable() }),
  path: z.array(z.strictObject({ step: z.string(), at: instant, via: z.string() })),
  deliveries: z.array(
    z.strictObject({
      stepId: z.string(),
      itemId: z.string().nullable(),
      state: z.string(),
      reason: z.string().nullable(),
      shown: z.string().nullable(),
      plannedAt: instant,
      dueAt: instant,
      sentAt: instant.nullable(),
    }),
  ),
})

export function explanationView({ status, reason, stepId, waitsFor, dueLocally, why, paused, ...rest }: Explanation) {
  return {
    status,
    reason,
    stepId,
    waitsFor,
    dueAt: orNull(rest.dueAt, formatInstant),
    dueLocally,
    why,
    paused,
    zone: rest.zone,
    path: rest.path.map(({ step, at, via }) => ({ step, at: formatInstant(at), via })),
    deliveries: rest.deliveries.map((delivery) => ({
      ...delivery,
      plannedAt: formatInstant(delivery.plannedAt),
      dueAt: formatInstant(delivery.dueAt),
      sentAt: orNull(delivery.sentAt, formatInstant),
    })),
  }
}
