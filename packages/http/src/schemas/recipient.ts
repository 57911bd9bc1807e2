import { formatInstant, type Recipient } from '@drumbeat/core'
import * as z from 'zod'
import { contactId, instant, orNull } from './values.js'

/** Where a run is in its life. */
export const recipientStatus = z.enum(['active', 'completed', 'exited', 'quarantined'])

/** One contact's run through one campaign. */
export const recipient = z.strictObject({
  campaignId: z.string(),
  contactId,
  key: z.string().describe('Of a keyed run; "" = not keyed.'),
  entryNo: z.number(),
  version: z.number().describe('The version of the sequence that it follows.'),
  status: recipientStatus,
  reason: z.string().nullable(),
  enrolledAt: instant,
  endedAt: instant.nullable(),
  stepId: z.string(),
  waitsFor: z.enum(['timer', 'event', 'delivery', 'hold']).nullable().describe('Null = it has ended.'),
  dueAt: instant.nullable(),
  paused: z.boolean(),
})

/** What became of an enrollment. */
export const enrollReport = z.strictObject({
  enrolled: z.array(recipient),
  refused: z.array(
    z.strictObject({ contactId, reason: z.enum(['unknown_contact', 'not_in_audience', 'already_enrolled']) }),
  ),
})

export function recipientView(run: Recipient) {
  const { campaignId, contactId, runKey: key, entryNo, version, status, reason, stepId, waiting, parked: paused } = run
  return {
    campaignId,
    contactId,
    key,
    entryNo,
    version,
    status,
    reason,
    enrolledAt: formatInstant(run.enrolledAt),
    endedAt: orNull(run.endedAt, formatInstant),
    stepId,
    waitsFor: status === 'active' ? waiting : null,
    dueAt: orNull(run.dueAt, formatInstant),
    paused,
  }
}
