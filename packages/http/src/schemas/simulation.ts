import { formatInstant } from '@drumbeat/core'
import * as z from 'zod'
import type { SimulationResult } from '../simulate.js'
import { contactChange, contactInput, suppressionReason } from './contact.js'
import { contactId, instant, instantInput, jsonObject, name } from './values.js'

const share = z.number().min(0).max(1).optional()
const scripted = { at: instantInput, contactId }
const onChannel = { channel: name, topic: name.optional() }

/** Something that a script has happen to a contact. */
export const scriptedHappening = z.union([
  z.strictObject({ ...scripted, event: name, data: jsonObject.optional() }),
  z.strictObject({ ...scripted, changes: contactChange }),
  z.strictObject({
    ...scripted,
    inbound: z.strictObject({ channel: name, text: z.string().max(2000), automatic: z.boolean().optional() }),
  }),
  z.strictObject({
    ...scripted,
    consent: z.strictObject({ ...onChannel, status: z.enum(['unknown', 'pending', 'granted', 'revoked']) }),
  }),
  z.strictObject({ ...scripted, suppress: z.strictObject({ ...onChannel, reason: suppressionReason.optional() }) }),
  z.strictObject({ ...scripted, enroll: z.union([z.literal(true), z.strictObject({ key: name })]) }),
  z.strictObject({ ...scripted, withdraw: z.union([z.literal(true), z.strictObject({ reason: name })]) }),
])

/** What is to be played. */
export const simulationInput = z.strictObject({
  contacts: z.array(contactInput).min(1).max(100),
  from: instantInput,
  days: z.number().int().min(1).max(400),
  script: z.array(scriptedHappening).max(1000).optional(),
  behavior: z
    .strictObject({ opens: share, clicks: share, replies: share, stops: share, bounces: share })
    .optional()
    .describe('What people do about messages, as probabilities.'),
  seed: z.number().int().min(0).max(4_294_967_295).optional().describe('Decides everything that is left to chance.'),
})

/** What came of it. */
export const simulation = z.strictObject({
  timelines: z.record(
    z.string(),
    z.array(z.strictObject({ at: instant, local: z.string(), kind: z.string(), stepId: z.string(), text: z.string() })),
  ),
  messages: z.array(
    z.strictObject({
      at: instant,
      contactId,
      stepId: z.string(),
      itemId: z.string().nullable(),
      channel: z.string(),
      to: z.string(),
      content: jsonObject,
    }),
  ),
  load: z.record(z.string(), z.number()).describe('Messages per hour of UTC.'),
  segments: z.number(),
  notSent: z.array(z.strictObject({ stepId: z.string(), reason: z.string(), text: z.string(), count: z.number() })),
  counters: z.array(z.strictObject({ stepId: z.string(), name: z.string(), value: z.number() })),
  problems: z
    .array(z.strictObject({ contactId: z.string(), problem: z.string() }))
    .describe('Parts of contacts that could not be taken.'),
})

export function simulationView(result: SimulationResult) {
  const { segments, notSent, counters, problems } = result
  return {
    timelines: Object.fromEntries(
      [...result.timelines].map(([id, entries]) => [
        id,
        entries.map(({ at, local, kind, stepId, text }) => ({ at: formatInstant(at), local, kind, stepId, text })),
      ]),
    ),
    messages: result.messages.map(({ at, contactId, stepId, itemId, channel, to, content }) => ({
      at: formatInstant(at),
      contactId,
      stepId,
      itemId,
      channel,
      to,
      content: { ...content },
    })),
    load: Object.fromEntries(result.load),
    segments,
    notSent,
    counters,
    problems,
  }
}
