import type { JsonValue } from '../json.js'

/** A scalar that a condition compares with. */
export type Scalar = string | number | boolean

/** The operators of a comparison. `exists` and `missing` take no value; `in` and `notIn` take a list of at most 1,000. */
export type ComparisonOperator =
  | 'is'
  | 'isNot'
  | 'in'
  | 'notIn'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'before'
  | 'after'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'exists'
  | 'missing'

/**
 * A test of one value. A missing value satisfies only `missing`, `isNot` and `notIn`. `gt` and its kin compare numbers with
 * numbers and text with text; `before` and `after` read both sides as instants or dates. Values of other types never match.
 */
export interface Comparison {
  readonly op: ComparisonOperator
  readonly value?: Scalar | readonly Scalar[]
}

/** A comparison on a field of an event's data; `field` is a dotted path of own properties. */
export interface DataFilter extends Comparison {
  readonly field: string
}

/** From when on events count: the run's entry, the entry of the current step, or the beginning of records. */
export type Since = 'enrollment' | 'stepEntry' | 'ever'

/** A report on a delivery, in the words of {@link DeliveryCondition}. */
export type DeliveryTest = 'sent' | 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained' | 'failed' | 'skipped'

/** Holds when every member holds; an empty list holds. */
export interface AllCondition {
  readonly all: readonly Condition[]
}
/** Holds when a member holds; an empty list does not. */
export interface AnyCondition {
  readonly any: readonly Condition[]
}
/** Holds when its member does not. */
export interface NotCondition {
  readonly not: Condition
}
/** Compares an attribute of the contact; the path is dotted and reads own properties only. */
export interface AttributeCondition extends Comparison {
  readonly attribute: string
}
/** Holds when the contact carries the tag. */
export interface TagCondition {
  readonly tag: string
}
/** Holds when at least `atLeast` (default 1) such events happened since `since` (default `enrollment`). */
export interface EventCondition {
  readonly event: string
  readonly since?: Since
  readonly where?: readonly DataFilter[]
  readonly atLeast?: number
}
/** Holds when the latest delivery of that step in this run shows the fact. Machine opens and clicks count only if asked for. */
export interface DeliveryCondition {
  readonly delivery: DeliveryTest
  readonly step: string
  readonly machine?: boolean
}
/** Holds when the split `split` gave this run the arm. */
export interface ArmCondition {
  readonly arm: string
  readonly split: string
}
/** Compares a field of the data of the event that brought the run here: the latest interrupt's, else the entry event's. */
export interface TriggerCondition extends Comparison {
  readonly trigger: string
}
/** Compares a field of the JSON reply that an earlier webhook or action step of this run received. */
export interface WebhookCondition extends Comparison {
  readonly webhook: string
  readonly field: string
}
/** Holds when the contact's consent for the channel (and topic) has this status. */
export interface ConsentCondition {
  readonly consent: 'unknown' | 'pending' | 'granted' | 'revoked'
  readonly channel: string
  readonly topic?: string
}
/** Holds when a human reply came in since `since` (default `enrollment`), optionally with this keyword. */
export interface ReplyCondition {
  readonly reply: true
  readonly keyword?: 'stop' | 'start' | 'help' | 'yes' | 'no'
  readonly since?: Since
}

/**
 * What audiences, branches, exits and waits ask for: one JSON algebra with one evaluator in core and one compiler to SQL.
 * Depth is at most 8, nodes at most 200.
 */
export type Condition =
  | AllCondition
  | AnyCondition
  | NotCondition
  | AttributeCondition
  | TagCondition
  | EventCondition
  | DeliveryCondition
  | ArmCondition
  | TriggerCondition
  | WebhookCondition
  | ConsentCondition
  | ReplyCondition

/** The largest nesting of a condition. */
export const maxConditionDepth = 8
/** The most nodes in one condition. */
export const maxConditionNodes = 200
/** The most values in one `in` or `notIn`. */
export const maxListedValues = 1000

/** Every one of the conditions. */
export const all = (...conditions: readonly Condition[]): AllCondition => ({ all: conditions })
/** At least one of the conditions. */
export const any = (...conditions: readonly Condition[]): AnyCondition => ({ any: conditions })
/** Not the condition. */
export const not = (condition: Condition): NotCondition => ({ not: condition })
/** The contact carries the tag. */
export const tag = (name: string): TagCondition => ({ tag: name })
/** The event happened; see {@link EventCondition} for the options. */
export const event = (name: string, options: Omit<EventCondition, 'event'> = {}): EventCondition => ({
  event: name,
  ...options,
})
/** The step's latest delivery in this run shows the fact. */
export const delivery = (
  step: string,
  shows: DeliveryTest,
  options: { readonly machine?: boolean } = {},
): DeliveryCondition => ({ delivery: shows, step, ...options })
/** The split gave this run the arm. */
export const arm = (split: string, name: string): ArmCondition => ({ arm: name, split })
/** A human reply came in. */
export const reply = (options: Omit<ReplyCondition, 'reply'> = {}): ReplyCondition => ({ reply: true, ...options })
/** The contact's consent for a channel (and topic) has this status. */
export const consent = (
  channel: string,
  status: ConsentCondition['consent'],
  options: { readonly topic?: string } = {},
): ConsentCondition => ({ consent: status, channel, ...options })

/** The comparisons that read as English after `attribute('plan')`, `trigger('rating')` and `data('size')`. */
export interface Comparisons<Result> {
  is(value: Scalar): Result
  isNot(value: Scalar): Result
  in(values: readonly Scalar[]): Result
  notIn(values: readonly Scalar[]): Result
  gt(value: number | string): Result
  gte(value: number | string): Result
  lt(value: number | string): Result
  lte(value: number | string): Result
  before(value: string): Result
  after(value: string): Result
  contains(value: Scalar): Result
  startsWith(value: string): Result
  endsWith(value: string): Result
  exists(): Result
  missing(): Result
}

function comparisons<Result>(make: (comparison: Comparison) => Result): Comparisons<Result> {
  const withValue =
    (op: ComparisonOperator) =>
    (value: Scalar | readonly Scalar[]): Result =>
      make({ op, value })
  const alone = (op: ComparisonOperator) => (): Result => make({ op })
  return {
    is: withValue('is'),
    isNot: withValue('isNot'),
    in: withValue('in'),
    notIn: withValue('notIn'),
    gt: withValue('gt'),
    gte: withValue('gte'),
    lt: withValue('lt'),
    lte: withValue('lte'),
    before: withValue('before'),
    after: withValue('after'),
    contains: withValue('contains'),
    startsWith: withValue('startsWith'),
    endsWith: withValue('endsWith'),
    exists: alone('exists'),
    missing: alone('missing'),
  }
}

/** A comparison on a contact's attribute: `attribute('plan').is('trial')`. */
export const attribute = (path: string): Comparisons<AttributeCondition> =>
  comparisons((comparison) => ({ attribute: path, ...comparison }))
/** A comparison on the data of the event that brought the run here: `trigger('rating').gte(4)`. */
export const trigger = (path: string): Comparisons<TriggerCondition> =>
  comparisons((comparison) => ({ trigger: path, ...comparison }))
/** A comparison on the reply of an earlier webhook or action step: `webhook('score', 'risk').gt(0.5)`. */
export const webhookReply = (step: string, field: string): Comparisons<WebhookCondition> =>
  comparisons((comparison) => ({ webhook: step, field, ...comparison }))
/** A filter on an event's data: `event('order.placed', { where: [data('total').gt(100)] })`. */
export const data = (field: string): Comparisons<DataFilter> => comparisons((comparison) => ({ field, ...comparison }))

/** The value at a dotted path of own properties; `undefined` when a part is absent or not an object. */
export function valueAt(root: unknown, path: string): JsonValue | undefined {
  let value: unknown = root
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value as JsonValue | undefined
}
