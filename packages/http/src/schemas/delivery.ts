import { type Delivery, formatInstant, shownFact } from '@drumbeat/core'
import * as z from 'zod'
import { contactId, instant, jsonValue, orNull } from './values.js'

/** Where a delivery may be in its life. */
export const deliveryState = z.enum([
  'scheduled',
  'sending',
  'retry_wait',
  'unknown',
  'sent',
  'failed',
  'skipped',
  'expired',
  'canceled',
  'unresolved',
])

/** The record of one message, or one outbound call. */
export const delivery = z.strictObject({
  ref: z.string().describe('Names it everywhere outside of Drumbeat.'),
  campaignId: z.string(),
  contactId,
  kind: z.enum(['message', 'webhook', 'action']),
  stepId: z.string(),
  itemId: z.string().nullable(),
  channel: z.string(),
  category: z.enum(['marketing', 'transactional']),
  topic: z.string().nullable(),
  state: deliveryState,
  reason: z.string().nullable(),
  shown: z.string().nullable().describe('The strongest report on it.'),
  facts: z.record(z.string(), instant).describe('Every report, at its earliest time.'),
  plannedAt: instant,
  dueAt: instant,
  intendedAt: instant.nullable(),
  sentAt: instant.nullable(),
  address: z.string().nullable(),
  templateId: z.string().nullable(),
  templateVersion: z.number().nullable(),
  segments: z.number().nullable(),
  attempts: z.number(),
  providerId: z.string().nullable(),
  possibleDuplicate: z.boolean(),
  reply: jsonValue,
})

/** `refOf` names a delivery outside: the workspace knows. */
export function deliveryView(delivery: Delivery, refOf: (delivery: Pick<Delivery, 'id'>) => string) {
  const { campaignId, contactId, kind, stepId, itemId, channel, category, topic, state, reason, facts } = delivery
  const { address, templateId, templateVersion, segments, attempts, providerId, possibleDuplicate, reply } = delivery
  return {
    ref: refOf(delivery),
    campaignId,
    contactId,
    kind,
    stepId,
    itemId,
    channel,
    category,
    topic,
    state,
    reason,
    shown: shownFact(facts),
    facts: Object.fromEntries(Object.entries(facts).map(([kind, at]) => [kind, formatInstant(at)])),
    plannedAt: formatInstant(delivery.plannedAt),
    dueAt: formatInstant(delivery.dueAt),
    intendedAt: orNull(delivery.intendedAt, formatInstant),
    sentAt: orNull(delivery.sentAt, formatInstant),
    address,
    templateId,
    templateVersion,
    segments,
    attempts,
    providerId,
    possibleDuplicate,
    reply,
  }
}
