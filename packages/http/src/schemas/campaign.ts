import { type Campaign, formatInstant, type SequenceVersion, toInstant } from '@drumbeat/core'
import * as z from 'zod'
import { condition, eventCondition, sequence } from './condition.js'
import { frequencyCap, rulesByChannel, zone } from './rules.js'
import { instant, instantInput, issue, jsonObject, jsonValue, name, orNull } from './values.js'

const again = z.enum(['never', 'afterExit', 'always']).optional()
const text = z.string().min(1).max(255)

/** How contacts enter. */
const entry = z.union(
  [
    z.strictObject({ on: eventCondition, key: name.optional(), again }),
    z.strictObject({ when: z.enum(['audience', 'matching', 'api']), again }),
    z.strictObject({ at: instantInput, every: text.optional(), again }),
    z.strictObject({ date: name, offset: text.optional(), time: text, yearly: z.boolean().optional(), again }),
  ],
  { error: 'It must be { on }, { when }, { at } or { date, time }, each with `again` if you like.' },
)

const exitRule = z.strictObject({
  when: z.union([
    z.strictObject({ condition }),
    z.strictObject({ leavesAudience: z.literal(true) }),
    z.strictObject({ reply: z.literal(true), keyword: z.enum(['stop', 'start', 'help', 'yes', 'no']).optional() }),
    z.strictObject({ unsubscribed: z.literal(true) }),
  ]),
  timing: z.enum(['immediately', 'beforeStep', 'beforeSend']).optional(),
  scope: z.enum(['run', 'contact']).optional(),
  reason: z.string().min(1).max(100).optional(),
})

const definition = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(10_000).optional(),
  audience: condition.optional().describe('Who may enter. Default: everybody.'),
  sequence,
  rules: rulesByChannel.optional(),
  caps: z.array(frequencyCap).max(50).optional(),
  exits: z.array(exitRule).max(50).optional(),
  zone: zone.optional(),
  whenClosed: z.enum(['skip', 'exit']).optional(),
  category: z.enum(['marketing', 'transactional']).optional(),
  metadata: jsonObject.optional(),
}

/** A campaign as its author writes it. */
export const campaignInput = z.strictObject({
  ...definition,
  entry: entry.optional().describe('Default: the audience, when the campaign is activated.'),
  quietHours: z.record(name, z.string().max(64)).optional().describe('Shorthand for rules: { "sms": "21:00-08:00" }.'),
  exitOn: z
    .union([condition, z.array(condition).max(50)])
    .optional()
    .describe('Shorthand for exits.'),
})

/** A change of it: what is named. */
export const campaignChange = campaignInput.partial()

const status = z.enum(['draft', 'scheduled', 'active', 'paused', 'stopping', 'stopped', 'completed', 'archived'])

/** A campaign, and where it stands. */
export const campaign = z.strictObject({
  ...definition,
  id: z.string(),
  entry,
  status,
  entryOpen: z.boolean(),
  version: z.number().nullable().describe('The latest published version of its sequence; null = never published.'),
  startedAt: instant.nullable(),
  startsAt: instant.nullable(),
  pausedAt: instant.nullable(),
  pausedSteps: z.record(z.string(), instant).describe('Steps that are paused one by one, each since when.'),
  createdAt: instant,
  revision: z.number().describe('Raised by every change; its ETag names it.'),
})

/** The list of campaigns may be narrowed to a status. */
export const statusQuery = z.strictObject({ status: status.optional() })

/** An immutable published form of a sequence. */
export const sequenceVersion = z.strictObject({
  version: z.number(),
  publishedAt: instant,
  contentHash: z.string(),
  sequence,
})

const fieldChange = z.strictObject({ field: z.string(), before: jsonValue.optional(), after: jsonValue.optional() })
const edge = z.strictObject({
  from: z.string(),
  to: z.string(),
  label: z.string(),
  path: z.array(z.union([z.string(), z.number()])),
})

/** In what two forms of a sequence differ. */
export const sequenceDiff = z.strictObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.strictObject({ step: z.string(), fields: z.array(fieldChange) })),
  addedEdges: z.array(edge),
  removedEdges: z.array(edge),
  fields: z.array(fieldChange),
  sentences: z.array(z.string()).describe('The same in words.'),
})

/** What publishing would do. */
export const publishPreview = z.strictObject({
  version: z.number().nullable().describe('That would be made; null = none, the latest one says the same.'),
  isAllowed: z.boolean().describe('False = an issue blocks it.'),
  diff: sequenceDiff.nullable().describe('From the latest version; null = there is none.'),
  issues: z.array(issue),
  standing: z
    .array(
      z.strictObject({
        version: z.number(),
        stepId: z.string(),
        runs: z.number(),
        isStepGone: z.boolean().describe('The new form has no such step.'),
      }),
    )
    .describe('Where live runs stand.'),
  staying: z.number().describe('Runs that go on by the version that they follow now: all that are live.'),
})

/** What has been counted, per step. */
export const counters = z.strictObject({
  items: z.array(
    z.strictObject({ stepId: z.string().describe('"" = the campaign.'), name: z.string(), value: z.number() }),
  ),
})

export function campaignView(campaign: Campaign) {
  const { id, name, description, audience, sequence, rules, caps, exits, zone, whenClosed, category, metadata } =
    campaign
  const { status, entryOpen, version, revision } = campaign
  return {
    id,
    name,
    description,
    audience,
    entry: entryView(campaign),
    exits,
    sequence,
    rules,
    caps,
    zone,
    whenClosed,
    category,
    metadata,
    status,
    entryOpen,
    version,
    startedAt: orNull(campaign.startedAt, formatInstant),
    startsAt: orNull(campaign.startsAt, formatInstant),
    pausedAt: orNull(campaign.pausedAt, formatInstant),
    pausedSteps: Object.fromEntries(
      Object.entries(campaign.pausedSteps).map(([step, at]) => [step, formatInstant(at)]),
    ),
    createdAt: formatInstant(campaign.createdAt),
    revision,
  }
}

export function versionView({ version, publishedAt, contentHash, sequence }: SequenceVersion) {
  return { version, publishedAt: formatInstant(publishedAt), contentHash, sequence }
}

/** The entry as an author writes it, so that what was read can be sent back. */
function entryView({ entry: { trigger, again } }: Campaign) {
  switch (trigger.kind) {
    case 'event':
      return { on: trigger.event, ...(trigger.key === undefined ? {} : { key: trigger.key }), again }
    case 'schedule':
      return { at: formatInstant(toInstant(trigger.at, 'at')), every: trigger.every, again }
    case 'attributeDate': {
      const { attribute: date, offset, time, yearly } = trigger
      return { date, offset, time, yearly, again }
    }
    default:
      return { when: trigger.kind, again }
  }
}
