import type { JsonObject, JsonValue } from '@drumbeat/core'
import * as z from 'zod'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Any JSON object. That it is JSON has been checked before, where it comes from outside. */
export const jsonObject = z.custom<JsonObject>(isObject, { error: 'It must be an object.' }).meta({ type: 'object' })
/** Any JSON. */
export const jsonValue = z.custom<JsonValue>((value) => value !== undefined, { error: 'It is missing.' }).meta({})

/** A point in time, as ISO-8601 text in UTC. */
export const instant = z.string().meta({ format: 'date-time' })
/** A point in time as somebody writes it: with `Z` or an offset. */
export const instantInput = z.iso.datetime({
  offset: true,
  error: 'It must be an ISO-8601 instant with an offset, such as 2026-03-06T16:20:00-05:00.',
})

/** The host's id of a contact. */
export const contactId = z.string().min(1).max(255)
/** What the host calls a channel, a topic, an event. */
export const name = z.string().min(1).max(255)

/** One thing that is wrong with a piece of input. */
export const issue = z.strictObject({
  code: z.string(),
  path: z.array(z.union([z.string(), z.number()])).readonly(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  fix: z.string(),
})

/** What becomes of a value that is there. */
export function orNull<Value, Made>(value: Value | null, make: (value: Value) => Made): Made | null {
  return value === null ? null : make(value)
}
