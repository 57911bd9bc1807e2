import { formatInstant } from '@drumbeat/core'
import * as z from 'zod'
import type { SimulationResult } from '../simulate.js'
import { contactChange, contactInput } from './contact.js'
import { contactId, instant, instantInput, jsonObject, name } from './values.js'

const share = z.number().min(0).max(1).optional()
const scripted = { at: instantInput, contactId }

/** What is to be played. */
export const simulationInput = z.strictObject({
  contacts: z.array(contactInput).min(1).max(100),
  from: instantInput,
  days: z.number().int().min(1).max(400),
  script: z
    .array(
      z.union([
        z.strictObject({ ...scripted, event: name, data: jsonObject.optional() }),
        z.strictObject({ ...scripted, changes: contactChange }),
        z.strictObject({
          ...scripted,
          inbound: z.strictObject({ channel: name, text: z.string().max(2000), automatic: z.boolean().optional() }),
        }),
      ]),
    )
    .max(1000)
    .optional(),
  behavior: z
    .strictObject({ opens: share, clicks: share, replies: share, stops: share, bounces: share })
    .optional()
    .describe('What people do about messages, as probabilities.'),
  seed: z.number().int().optional().describe('Decides everything that is left to chance.'),
})

/** What came of it. */
export const simulation = z.strictObject({
  timelines: z.record(
    z.string(),
    z.array(z.strictObject({ at: instant, local: z.string(), kind: z.string(), stepId: z.string(), text: z.string() })),
  ),
  messages: z.array(z.strictObject({ at: instant, channel: z.string(), to: z.string(), content: jsonObject })),
  load: z.record(z.string(), z.number()).describe('Messages per hour of UTC.'),
  segments: z.number(),
  notSent: z.record(z.string(), z.number()).describe('What was not sent and why, with how often.'),
  counters: z.array(z.strictObject({ stepId: z.string(), name: z.string(), value: z.number() })),
})

export function simulationView({ timelines, messages, load, segments, notSent, counters }: SimulationResult) {
  return {
    timelines: Object.fromEntries(
      [...timelines].map(([id, entries]) => [
        id,
        entries.map(({ at, local, kind, stepId, text }) => ({ at: formatInstant(at), local, kind, stepId, text })),
      ]),
    ),
    messages: messages.map(({ at, channel, to, content }) => ({
      at: formatInstant(at),
      channel,
      to,
      content: { ...content },
    })),
    load: Object.fromEntries(load),
    segments,
    notSent: Object.fromEntries(notSent),
    counters,
  }
}
