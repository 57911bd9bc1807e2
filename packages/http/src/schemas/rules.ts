import {
  type BusinessCalendar,
  elapsedMs,
  isZone,
  type SendRules,
  validateCalendar,
  validateRules,
} from '@drumbeat/core'
import * as z from 'zod'
import { name } from './values.js'

const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
const text = z.string().min(1).max(64)

/** An IANA zone that this machine knows. */
export const zone = z.string().max(64).refine(isZone, { error: 'It must be an IANA zone such as "Europe/Berlin".' })

const blackout = z.union(
  [
    z.strictObject({ on: text, name: name.optional() }),
    z.strictObject({ from: text, to: text, name: name.optional() }),
    z.strictObject({ yearly: text, name: name.optional() }),
  ],
  { error: 'It must be { on }, { from, to } or { yearly }, each with a name if you like.' },
)

const sendRules = z
  .strictObject({
    quietHours: text.nullable().optional(),
    windows: z
      .array(z.strictObject({ weekdays: z.array(weekday).max(7).optional(), hours: text }))
      .max(100)
      .nullable()
      .optional(),
    blackouts: z.array(blackout).max(500).nullable().optional(),
    outside: z.enum(['nextOpening', 'nextDateSameTime', 'earlier', 'skip', 'exit']).optional(),
    zone: z.union([z.enum(['contact', 'campaign', 'workspace']), z.strictObject({ fixed: zone })]).optional(),
  })
  .superRefine((rules, { addIssue }) => {
    for (const problem of validateRules(rules as SendRules)) addIssue(problem)
  })

/** When messages may go out, by channel; `*` is every channel. */
export const rulesByChannel = z.record(name, sendRules).describe('By channel; "*" is every channel.')

/** How many messages a contact may get in how long. */
export const frequencyCap = z.strictObject({
  max: z.number().int().min(0).max(10_000),
  per: z
    .union([text, z.strictObject({ calendar: z.enum(['day', 'week']) })])
    .refine((per) => typeof per !== 'string' || isRolling(per), {
      error: 'It must be a duration such as "PT24H" or "P7D".',
    }),
  channel: name.optional(),
  category: z.enum(['marketing', 'transactional']).optional(),
  outside: z.enum(['defer', 'skip']),
})

/** Which days count as business days. */
export const businessCalendar = z
  .strictObject({ weekend: z.array(weekday).max(7), holidays: z.array(text).max(5000) })
  .superRefine((calendar, { addIssue }) => {
    for (const problem of validateCalendar(calendar as BusinessCalendar)) addIssue(problem)
  })

function isRolling(duration: string): boolean {
  try {
    return elapsedMs(duration, { calendarDaysAs24Hours: true }) > 0
  } catch {
    return false
  }
}
