import * as z from 'zod'
import { conditionSchema, dataFiltersSchema, keywordSchema, sinceSchema } from './condition-schema.js'
import { keyUnion } from './key-union.js'
import { messageShape } from './message-schema.js'
import { anchorSchema, momentSchema, momentShape, zoneSchema } from './moment-schema.js'
import { exact, id, jsonObject, jsonValue, name, shortText } from './schema-parts.js'

const base = { name: name.optional(), metadata: jsonObject.optional() }
const onFailure = z.enum(['advance', 'exit']).optional()
const eventShape = { event: name, where: dataFiltersSchema.optional() }

const sendSchema = exact({
  kind: z.literal('send'),
  ...base,
  ...messageShape,
  next: id,
  failed: id.optional(),
  onFailure,
})

const seriesSchema = exact({
  kind: z.literal('series'),
  ...base,
  anchor: anchorSchema,
  zone: zoneSchema.optional(),
  items: z.array(exact({ id, ...messageShape, ...momentShape })).max(200),
  next: id,
  past: id.optional(),
})

const waitSchema = exact({ kind: z.literal('wait'), ...base, ...momentShape, next: id, past: id.optional() })

const replyShape = { reply: z.literal(true), keyword: keywordSchema.optional() }

/** What an interrupt waits for. */
const triggerSchema = keyUnion('A trigger', () => ({
  event: exact(eventShape),
  reply: exact(replyShape),
}))

const waitCaseSchema = keyUnion('A case', () => ({
  event: exact({ ...eventShape, next: id }),
  condition: exact({ condition: conditionSchema, next: id }),
  reply: exact({ ...replyShape, next: id }),
}))

const waitForSchema = exact({
  kind: z.literal('waitFor'),
  ...base,
  cases: z.array(waitCaseSchema).max(200),
  limit: momentSchema,
  timedOut: id,
  since: sinceSchema.optional(),
})

const branchSchema = exact({
  kind: z.literal('branch'),
  ...base,
  cases: z.array(exact({ when: conditionSchema, next: id })).max(200),
  otherwise: id,
})

const metricSchema = keyUnion('A metric', () => ({
  event: exact(eventShape),
  fact: exact({ fact: z.enum(['delivered', 'opened', 'clicked']) }),
}))

const splitSchema = exact({
  kind: z.literal('split'),
  ...base,
  arms: z.record(id, exact({ weight: z.number().min(0).max(100), next: id, holdout: z.boolean().optional() })),
  salt: name.optional(),
  experiment: exact({
    metric: metricSchema,
    horizon: shortText,
    testShare: z.number(),
    decideAt: momentSchema,
    test: z.literal('two-proportion-z'),
    alpha: z.number(),
    sides: z.union([z.literal(1), z.literal(2)], { error: 'It is 1 or 2.' }),
    fallback: id,
  }).optional(),
})

const updateSchema = exact({
  kind: z.literal('update'),
  ...base,
  set: jsonObject.optional(),
  addTags: z.array(name).max(100).optional(),
  removeTags: z.array(name).max(100).optional(),
  consent: z
    .array(exact({ channel: name, topic: name.optional(), status: z.enum(['pending', 'granted', 'revoked']) }))
    .max(100)
    .optional(),
  suppress: z.array(name).max(100).optional(),
  emit: exact({ event: name, data: jsonObject.optional() }).optional(),
  next: id,
})

const webhookSchema = exact({
  kind: z.literal('webhook'),
  ...base,
  url: z.string().min(1).max(2048),
  method: z.enum(['POST', 'PUT']).optional(),
  body: jsonValue.optional(),
  headers: z.record(name, z.string().max(4096)).optional(),
  next: id,
  failed: id.optional(),
  onFailure,
})

const actionSchema = exact({
  kind: z.literal('action'),
  ...base,
  action: name,
  input: jsonObject.optional(),
  exits: z.object({ next: id }).catchall(id),
  failed: id.optional(),
  onFailure,
})

const exitSchema = exact({ kind: z.literal('exit'), ...base, reason: name.optional() })

const kinds = ['send', 'series', 'wait', 'waitFor', 'branch', 'split', 'update', 'webhook', 'action', 'exit']

/** A step of any kind. Its targets are names only: whether such steps exist, `lintSequence` says. */
export const stepSchema = z.discriminatedUnion(
  'kind',
  [
    sendSchema,
    seriesSchema,
    waitSchema,
    waitForSchema,
    branchSchema,
    splitSchema,
    updateSchema,
    webhookSchema,
    actionSchema,
    exitSchema,
  ],
  // The list that `schema-issues` suggests from.
  { error: (issue) => (issue.code === 'invalid_union' ? kinds.join('\n') : undefined) },
)

/** An interrupt. */
export const interruptSchema = exact({
  when: triggerSchema,
  goto: id,
  once: z.boolean().optional(),
  within: z.array(id).max(500).optional(),
})
