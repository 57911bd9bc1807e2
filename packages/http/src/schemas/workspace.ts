import * as z from 'zod'
import { businessCalendar, frequencyCap, rulesByChannel, zone } from './rules.js'
import { instant, jsonObject, jsonValue, name } from './values.js'

const requirement = z.enum(['granted', 'notRevoked', 'none'])

/** What applies to all campaigns of a workspace. */
export const workspaceSettings = z.strictObject({
  zone: zone.describe('Of contacts and campaigns that have none.'),
  rules: rulesByChannel,
  caps: z.array(frequencyCap).max(50),
  consent: z.record(name, z.strictObject({ marketing: requirement.optional(), transactional: requirement.optional() })),
  calendars: z.record(name, businessCalendar),
  variables: jsonObject.describe('Readable in templates as {{workspace.name}}.'),
  lateGapMs: z.number().int().min(0).describe('The least time between two late messages to one contact.'),
  keepContent: z.boolean().describe('Keeps the rendered content of every message.'),
})
/** A change of it: what is named. */
export const workspaceChange = workspaceSettings.partial()

/** A line of the audit log. */
export const auditEntry = z.strictObject({
  at: instant,
  actor: z.string().nullable().describe('Null = Drumbeat itself.'),
  action: z.string(),
  subject: z.string(),
  detail: jsonValue,
})

/** What a stop found under way. */
export const stopReport = z.strictObject({
  inFlight: z.number().describe('Calls that had begun before the stop and may still be answered.'),
  drainedMs: z.number().describe('How long it took until no call could start any more.'),
})
