import * as z from 'zod'
import { conditionSchema } from './condition-schema.js'
import { keyUnion } from './key-union.js'
import { momentSchema, weekdaySchema, zoneSchema } from './moment-schema.js'
import { exact, id, jsonObject, name, shortText } from './schema-parts.js'

const blackoutSchema = keyUnion('A blackout', () => ({
  on: exact({ on: shortText, name: name.optional() }),
  from: exact({ from: shortText, to: shortText, name: name.optional() }),
  yearly: exact({ yearly: shortText, name: name.optional() }),
}))

const windowSchema = exact({ weekdays: z.array(weekdaySchema).max(7).optional(), hours: shortText })

const orIgnore = <Rule extends z.ZodType>(rule: Rule, what: string) =>
  z.union([z.literal('ignore'), rule, z.null()], { error: `It is "ignore", or ${what}.` })

/** The rules that a message may replace or ignore. */
export const overridesSchema = exact({
  quietHours: z.string().min(1).max(64).optional(),
  windows: orIgnore(z.array(windowSchema).max(100), 'a list of { weekdays, hours }').optional(),
  blackouts: orIgnore(z.array(blackoutSchema).max(500), 'a list of { on }, { from, to } or { yearly }').optional(),
  caps: z.literal('ignore').optional(),
  outside: z.enum(['nextOpening', 'nextDateSameTime', 'earlier', 'skip', 'exit']).optional(),
  zone: zoneSchema.optional(),
})

/** The parts of a message, without where they stand. */
export const messageShape = {
  channel: name,
  template: z.union([name, exact({ id: name, version: z.int().min(1) })], {
    error: 'It is the id of a template, or { id, version } to pin one.',
  }),
  category: z.enum(['marketing', 'transactional']).optional(),
  topic: name.optional(),
  priority: z.enum(['immediate', 'normal', 'bulk']).optional(),
  thread: exact({ sameAs: id }).optional(),
  rules: overridesSchema.optional(),
  skipWhen: conditionSchema.optional(),
  notAfter: momentSchema.optional(),
  maxLateness: shortText.optional(),
  onLate: z.enum(['send', 'defer', 'skip', 'exit']).optional(),
  metadata: jsonObject.optional(),
}
