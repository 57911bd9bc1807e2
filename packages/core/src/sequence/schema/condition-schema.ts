import * as z from 'zod'
import {
  type Comparison,
  type Condition,
  type DataFilter,
  maxConditionDepth,
  maxConditionNodes,
  maxListedValues,
} from '../condition.js'
import { nodesOf } from '../condition-nodes.js'
import { guardJson } from '../guard-json.js'
import { keyUnion } from './key-union.js'
import { parseWith } from './schema-issues.js'
import { exact, id, name } from './schema-parts.js'

/** The text, number or truth value that a condition compares with. */
export const scalarSchema = z.union([z.string().max(1000), z.number(), z.boolean()], {
  error: 'It must be text (at most 1,000 characters), a number, true or false.',
})

/** From when on events count. */
export const sinceSchema = z.enum(['enrollment', 'stepEntry', 'ever'])
/** The words of a reply that mean something. */
export const keywordSchema = z.enum(['stop', 'start', 'help', 'yes', 'no'])

const operators = [
  'is',
  'isNot',
  'in',
  'notIn',
  'gt',
  'gte',
  'lt',
  'lte',
  'before',
  'after',
  'contains',
  'startsWith',
  'endsWith',
  'exists',
  'missing',
] as const

const comparison = {
  op: z.enum(operators),
  value: z
    .union([scalarSchema, z.array(scalarSchema).max(maxListedValues)], {
      error: `It must be text, a number, true, false, or a list of at most ${maxListedValues} of these.`,
    })
    .optional(),
}

const path = name.refine((text) => !text.split('.').includes(''), { error: 'A dotted path has no empty parts.' })

/** A comparison on a field of an event's data. */
export const dataFilterSchema = exact({ field: path, ...comparison }).check(operandFits)
/** At most 50 filters on one event. */
export const dataFiltersSchema = z.array(dataFilterSchema).max(50)

// Size and depth are checked once, at the root; members are only checked for their shape.
const member: z.ZodType<Condition> = keyUnion('A condition', () => members)

const members = {
  all: exact({ all: z.array(member).max(maxConditionNodes) }),
  any: exact({ any: z.array(member).max(maxConditionNodes) }),
  not: exact({ not: member }),
  attribute: exact({ attribute: path, ...comparison }).check(operandFits),
  tag: exact({ tag: name }),
  event: exact({
    event: name,
    since: sinceSchema.optional(),
    where: dataFiltersSchema.optional(),
    atLeast: z.int().min(1).max(10_000).optional(),
  }),
  delivery: exact({
    delivery: z.enum(['sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'failed', 'skipped']),
    step: id,
    machine: z.boolean().optional(),
  }),
  arm: exact({ arm: id, split: id }),
  trigger: exact({ trigger: path, ...comparison }).check(operandFits),
  webhook: exact({ webhook: id, field: path, ...comparison }).check(operandFits),
  consent: exact({
    consent: z.enum(['unknown', 'pending', 'granted', 'revoked']),
    channel: name,
    topic: name.optional(),
  }),
  reply: exact({ reply: z.literal(true), keyword: keywordSchema.optional(), since: sinceSchema.optional() }),
}

/** A condition of at most {@link maxConditionDepth} levels and {@link maxConditionNodes} nodes. */
export const conditionSchema: z.ZodType<Condition> = member.superRefine((condition, context) => {
  const nodes = nodesOf(condition)
  if (nodes.length > maxConditionNodes) {
    context.addIssue(`A condition has at most ${maxConditionNodes} nodes; split it over several steps.`)
  }
  if (nodes.some(({ depth }) => depth > maxConditionDepth)) {
    context.addIssue(`A condition is nested at most ${maxConditionDepth} levels deep; flatten it.`)
  }
})

/**
 * Reads a condition from JSON of unknown origin and returns a copy of it.
 * @throws {SequenceInvalidError} naming every part that is wrong.
 */
export function parseCondition(input: unknown): Condition {
  return parseWith(conditionSchema, guardJson(input), 'The condition')
}

/** Each operator's kind of operand. What never matches would be a mistake that nobody notices. */
function operandFits({ value: { op, value }, issues }: z.core.ParsePayload<Comparison | DataFilter>): void {
  const problem = operandProblem(op, value)
  if (problem !== null) issues.push({ code: 'custom', input: value, path: ['value'], message: problem })
}

function operandProblem(op: Comparison['op'], value: Comparison['value']): string | null {
  const given = Array.isArray(value) ? 'list' : typeof value
  switch (op) {
    case 'exists':
    case 'missing':
      return value === undefined ? null : `"${op}" takes no value.`
    case 'in':
    case 'notIn':
      return given === 'list' ? null : `"${op}" takes a list.`
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return given === 'number' || given === 'string' ? null : `"${op}" takes a number or text.`
    case 'before':
    case 'after':
      return given === 'number' || given === 'string' ? null : `"${op}" takes an ISO-8601 date or instant.`
    case 'startsWith':
    case 'endsWith':
      return given === 'string' ? null : `"${op}" takes text.`
    default:
      return value === undefined || given === 'list' ? `"${op}" takes one text, number, true or false.` : null
  }
}
