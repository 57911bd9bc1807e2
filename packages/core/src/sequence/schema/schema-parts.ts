import * as z from 'zod'
import type { JsonObject, JsonValue } from '../../json.js'

/**
 * An object with these keys and no others. A key that is not among them is a typo until proven otherwise; the message of its issue lists
 * the keys that exist, one per line, for `toIssues` to suggest one.
 */
export function exact<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join('\n') : undefined),
  })
}

/** The name of a step, an item, an arm or an exit. */
export const id = z.string().min(1).max(64)
/** The name of a channel, an event, an attribute, a tag: whatever the host calls something. */
export const name = z.string().min(1).max(255)
/** A text that is read elsewhere: a duration, a time of day, a date. */
export const shortText = z.string().min(1).max(255)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Any JSON object. That it is JSON has been checked by `guardJson` before. */
export const jsonObject = z.custom<JsonObject>(isObject, { error: 'It must be an object.' })
/** Any JSON. That it is JSON has been checked by `guardJson` before. */
export const jsonValue = z.custom<JsonValue>((value) => value !== undefined, { error: 'It is missing.' })

/**
 * Lets another schema judge a value and takes over its objections, for schemas that are chosen by what the value looks like. `below`
 * is where the value stands within the one that is being checked.
 */
export function judgeBy(
  schema: z.ZodType,
  { value, issues }: z.core.ParsePayload,
  below: readonly PropertyKey[] = [],
): void {
  for (const issue of schema.safeParse(value).error?.issues ?? []) {
    issues.push({ ...issue, input: value, path: [...below, ...issue.path] } as z.core.$ZodRawIssue)
  }
}
