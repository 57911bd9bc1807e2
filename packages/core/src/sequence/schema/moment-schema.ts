import * as z from 'zod'
import type { Anchor } from '../../schedule/moment.js'
import { keyUnion } from './key-union.js'
import { exact, judgeBy, name, shortText } from './schema-parts.js'

/** The days of the week. */
export const weekdaySchema = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])

const anchorObject = keyUnion('An anchor', () => ({
  event: exact({ event: name, field: name.optional() }),
  attribute: exact({ attribute: name }),
  fixed: exact({ fixed: shortText, zone: name.optional() }),
}))

const anchorName = z.enum(['base', 'enrollment', 'entryEvent', 'campaignStart'])

/** What a moment counts from. */
export const anchorSchema = z.unknown().check((payload) => {
  judgeBy(typeof payload.value === 'string' ? anchorName : anchorObject, payload)
}) as z.ZodType<unknown> as z.ZodType<Anchor>

/** Whose zone governs a rule. */
export const zoneSchema = z.union([z.enum(['contact', 'campaign', 'workspace']), exact({ fixed: name })], {
  error: 'A zone is contact, campaign, workspace, or { fixed: "Europe/Berlin" }.',
})

/** The parts of a moment. Only their shape: whether they make sense together, `lintSequence` says. */
export const momentShape = {
  anchor: anchorSchema.optional(),
  for: shortText.optional(),
  onDay: z.number().optional(),
  at: shortText.optional(),
  until: z
    .union([shortText, exact({ time: shortText, weekdays: z.array(weekdaySchema).max(7).optional() })], {
      error: 'It is a time of day such as "08:00", or { time, weekdays }.',
    })
    .optional(),
  businessDays: z.number().optional(),
  calendar: name.optional(),
  dates: exact({
    weekdays: z.array(weekdaySchema).max(7).optional(),
    calendar: name.optional(),
    notBlackedOut: z.boolean().optional(),
    otherwise: z.literal('nextDateSameTime'),
  }).optional(),
  zone: zoneSchema.optional(),
  ifPast: z.enum(['send', 'skip', 'exit']).optional(),
}

/** A moment that stands alone. */
export const momentSchema = exact(momentShape)
