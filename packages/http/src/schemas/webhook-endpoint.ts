import { type Backlog, eventTypes, formatInstant, type WebhookAttempt, type WebhookEndpoint } from '@drumbeat/core'
import * as z from 'zod'
import { instant, orNull } from './values.js'

const eventType = z.enum(eventTypes)
const description = z.string().max(500).nullable()

/** An endpoint as it is registered. */
export const endpointInput = z.strictObject({
  url: z.string().max(2000).describe('Where events are posted to, by https.'),
  description: description.optional(),
  types: z
    .array(eventType)
    .max(eventTypes.length)
    .optional()
    .describe('What it is told of; absent or empty = everything.'),
  enabled: z.boolean().optional().describe('False = it is told nothing until it is enabled.'),
})

/** Where a system of the host is told of events. */
export const webhookEndpoint = z.strictObject({
  id: z.string(),
  url: z.string(),
  description,
  types: z.array(eventType).describe('What it is told of; empty = everything.'),
  disabled: z
    .strictObject({
      reason: z
        .enum(['host', 'gone', 'failing'])
        .describe('It was switched off, answered 410 Gone, or failed for five days.'),
      at: instant,
    })
    .nullable()
    .describe('Null = it is told.'),
  failingSince: instant.nullable().describe('Since when no attempt has succeeded; null = the latest one did.'),
  previousSecretUntil: instant.nullable().describe('Until when requests are signed with the previous secret too.'),
  waiting: z.number().describe('Events that it has not been told yet.'),
  setAside: z.number().describe('Events of which every attempt failed.'),
  createdAt: instant,
  revision: z.number().describe('Raised by every change; its ETag names it.'),
})

/** The same with the secret that signs requests, which is shown once. */
export const endpointWithSecret = webhookEndpoint.extend({
  secret: z
    .string()
    .describe('`whsec_` and base64, as verifiers of the Standard Webhooks take it. It is not shown again.'),
})

/** How an attempt to tell an endpoint ended. */
export const webhookAttempt = z.strictObject({
  eventId: z.string().describe('The `webhook-id` of the request.'),
  type: z.enum([...eventTypes, 'webhook.test']),
  attempt: z.number(),
  at: instant,
  durationMs: z.number(),
  answer: z.enum(['taken', 'gone', 'failed']),
  status: z.number().nullable().describe('Null = there was no answer.'),
  code: z.string().nullable(),
})

export function endpointView(endpoint: WebhookEndpoint, backlog: readonly Backlog[]) {
  const { id, url, description, types, disabled, failingSince, previousSecretUntil, createdAt, revision } = endpoint
  const { waiting = 0, setAside = 0 } = backlog.find(({ endpointId }) => endpointId === id) ?? {}
  return {
    id,
    url,
    description,
    types,
    disabled: orNull(disabled, ({ reason, at }) => ({ reason, at: formatInstant(at) })),
    failingSince: orNull(failingSince, formatInstant),
    previousSecretUntil: orNull(previousSecretUntil, formatInstant),
    waiting,
    setAside,
    createdAt: formatInstant(createdAt),
    revision,
  }
}

export function attemptView({ at, ...attempt }: WebhookAttempt) {
  return { ...attempt, at: formatInstant(at) }
}
