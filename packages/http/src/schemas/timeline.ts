import { type Explanation, formatInstant } from '@drumbeat/core'
import * as z from 'zod'
import { recipientStatus } from './recipient.js'
import { instant, jsonValue, orNull } from './values.js'

/** Where a run is and why, what was not sent and why not, and what comes next. */
export const explanation = z.strictObject({
  status: recipientStatus,
  reason: z.string().nullable().describe('Why it ended, or was quarantined.'),
  enrolledAt: instant,
  endedAt: instant.nullable(),
  stepId: z.string(),
  waitsFor: z.enum(['timer', 'event', 'delivery', 'hold']).nullable(),
  dueAt: instant.nullable(),
  dueLocally: z.string().nullable().describe("`dueAt` in the contact's zone."),
  why: jsonValue.describe('The anchor, rule and zone that set `dueAt`, or the rule that moved it.'),
  pausedBy: z.enum(['workspace', 'campaign', 'step']).nullable(),
  next: z.array(z.strictObject({ exit: z.string(), stepId: z.string() })).describe('The ways on from its step.'),
  planned: z
    .array(
      z.strictObject({ itemId: z.string().nullable(), plannedAt: instant, dueAt: instant, dueLocally: z.string() }),
    )
    .describe('The messages of its step that lie ahead.'),
  zone: z.strictObject({ name: z.string(), from: z.string(), invalid: z.string().nullable() }),
  path: z.array(z.strictObject({ step: z.string(), at: instant, via: z.string() })),
  deliveries: z.array(
    z.strictObject({
      kind: z.enum(['message', 'webhook', 'action']),
      channel: z.string(),
      stepId: z.string(),
      itemId: z.string().nullable(),
      state: z.string(),
      reason: z.string().nullable(),
      shown: z.string().nullable(),
      attempts: z.number(),
      plannedAt: instant,
      dueAt: instant,
      sentAt: instant.nullable(),
    }),
  ),
})

export function explanationView(explained: Explanation) {
  return {
    ...explained,
    enrolledAt: formatInstant(explained.enrolledAt),
    endedAt: orNull(explained.endedAt, formatInstant),
    dueAt: orNull(explained.dueAt, formatInstant),
    planned: explained.planned.map((plan) => ({ ...plan, ...moments(plan) })),
    path: explained.path.map((entry) => ({ ...entry, at: formatInstant(entry.at) })),
    deliveries: explained.deliveries.map((delivery) => ({
      ...delivery,
      ...moments(delivery),
      sentAt: orNull(delivery.sentAt, formatInstant),
    })),
  }
}

function moments({ plannedAt, dueAt }: { readonly plannedAt: number; readonly dueAt: number }) {
  return { plannedAt: formatInstant(plannedAt), dueAt: formatInstant(dueAt) }
}
