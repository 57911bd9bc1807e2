import {
  type Comparison,
  type Condition,
  type ConditionFacts,
  ConfigurationError,
  type ConsentCondition,
  type EventCondition,
  evaluate,
  maxConditionDepth,
  messageReceived,
  minInstant,
  type ReplyCondition,
} from '@drumbeat/core'
import type { Param } from '../connection/connection.js'
import { comparison, isStorable, isStorableText } from './comparison.js'
import { valueAtPath } from './json-path.js'
import { Parameters } from './parameters.js'

/** A condition as part of a statement over contacts. */
export interface AudienceFilter {
  /** True or false, never null, of a row `c` of the table of contacts. */
  readonly text: string
  readonly values: readonly Param[]
  /** False = it may hold for more contacts than the condition does: who passes has to be evaluated. */
  readonly isExact: boolean
}

/**
 * Compiles a condition to SQL that holds for exactly the contacts for which `evaluate` does, with all of their events and consents and
 * without a run. What SQL cannot say (text with half of a surrogate pair) lets contacts through, and is owned up to. Everything that the
 * condition says, paths and names too, is a parameter; they are numbered from `firstParameter` on.
 * @throws {ConfigurationError} when it is nested deeper than a parsed condition can be.
 */
export function compileAudience(
  condition: Condition,
  { schema, firstParameter = 1 }: { readonly schema: string; readonly firstParameter?: number },
): AudienceFilter {
  const compiler = new Compiler(schema, new Parameters(firstParameter))
  const text = compiler.compile(condition, true, 1)
  return { text, values: compiler.parameters.values, isExact: compiler.isExact }
}

class Compiler {
  isExact = true

  constructor(
    private readonly schema: string,
    readonly parameters: Parameters,
  ) {}

  /** `lets` = what cannot be said counts as true. It turns round below a `not`, so that the whole never leaves anybody out. */
  compile(condition: Condition, lets: boolean, depth: number): string {
    if (depth > maxConditionDepth) {
      throw new ConfigurationError(
        `A condition is nested deeper than ${maxConditionDepth} levels. Read conditions with parseCondition() before they are used.`,
      )
    }
    const joined = (members: readonly Condition[], by: string): string =>
      `(${members.map((member) => this.compile(member, lets, depth + 1)).join(` ${by} `)})`
    if ('all' in condition) return condition.all.length === 0 ? 'true' : joined(condition.all, 'and')
    if ('any' in condition) return condition.any.length === 0 ? 'false' : joined(condition.any, 'or')
    if ('not' in condition) return `(not ${this.compile(condition.not, !lets, depth + 1)})`
    if (isTheSameForAll(condition)) return String(evaluate(condition, nothingKnown))
    if (isLeaf(condition) && canBeSaid(condition)) return this.leaf(condition)
    this.isExact = false
    return String(lets)
  }

  private leaf(condition: Leaf): string {
    if ('attribute' in condition) return this.compared('c.attributes', condition.attribute, condition)
    if ('tag' in condition) return `(${this.parameters.add(condition.tag)}::text = any(c.tags))`
    if ('event' in condition) return this.happened(condition)
    return 'consent' in condition ? this.consented(condition) : this.replied(condition)
  }

  private compared(root: string, path: string, compared: Comparison): string {
    return comparison(() => valueAtPath(root, path, this.parameters), compared, this.parameters)
  }

  /** Every event counts, whatever `since` says: it names instants of a run. */
  private happened({ event, where = [], atLeast = 1 }: EventCondition): string {
    const filters = where.map((filter) => this.compared('e.data', filter.field, filter))
    const found = this.events(event, filters)
    if (atLeast === 1) return `exists (${found})`
    const least = `${this.parameters.add(Math.max(0, Math.ceil(atLeast)))}::bigint`
    return `((select count(*) from (${found} limit ${least}) found) >= ${least})`
  }

  private replied({ keyword }: ReplyCondition): string {
    const human = `(e.data -> 'automatic') is distinct from 'true'::jsonb`
    if (keyword === undefined) return `exists (${this.events(messageReceived, [human])})`
    const said = `(e.data -> 'keyword') = ${this.parameters.add(JSON.stringify(keyword))}::jsonb`
    return `exists (${this.events(messageReceived, [human, said])})`
  }

  private events(name: string, filters: readonly string[]): string {
    const theirs = `e.workspace_id = c.workspace_id and e.contact_id = c.contact_id and e.name = ${this.parameters.add(name)}::text`
    return `select from ${this.schema}.events e where ${[theirs, ...filters].join(' and ')}`
  }

  /** A revoked channel closes its topics; otherwise a topic's own word counts, and the channel's where it has none. */
  private consented({ consent, channel, topic }: ConsentCondition): string {
    const name = this.parameters.add(channel)
    const said = (key: string): string => `coalesce((select k.status from ${this.schema}.contact_consents k
      where k.workspace_id = c.workspace_id and k.contact_id = c.contact_id and k.channel = ${name}::text and k.topic_key = ${key}), 'unknown')`
    const whole = said(`''`)
    const status = `${this.parameters.add(consent)}::text`
    if (topic === undefined) return `(${whole} = ${status})`
    const own = said(`'=' || ${this.parameters.add(topic)}::text`)
    return `(case ${whole} when 'revoked' then 'revoked' else coalesce(nullif(${own}, 'unknown'), ${whole}) end = ${status})`
  }
}

/** What contacts differ in. */
type Leaf = Extract<
  Condition,
  { attribute: unknown } | { tag: unknown } | { event: unknown } | { consent: unknown } | { reply: unknown }
>

/** What only a run has, an audience is judged without; and nobody has what no database can hold. */
function isTheSameForAll(leaf: Condition): boolean {
  if ('tag' in leaf) return !isStorableText(leaf.tag)
  if ('event' in leaf) return !isStorableText(leaf.event)
  if ('consent' in leaf) return !isStorableText(leaf.channel)
  return !isLeaf(leaf)
}

function isLeaf(condition: Condition): condition is Leaf {
  return ['attribute', 'tag', 'event', 'consent', 'reply'].some((key) => key in condition)
}

/** Whether a database can hold everything that a leaf compares with. */
function canBeSaid(leaf: Leaf): boolean {
  if ('attribute' in leaf) return isStorableText(leaf.attribute) && isStorable(leaf.value)
  if ('consent' in leaf) return isStorableText(leaf.topic ?? '')
  if (!('event' in leaf)) return true
  return (leaf.where ?? []).every(({ field, value }) => isStorableText(field) && isStorable(value))
}

const nothingKnown: ConditionFacts = {
  contact: { id: '', addresses: {}, zone: null, locale: null, attributes: {}, tags: [], updatedAt: null },
  consents: [],
  events: [],
  deliveries: [],
  arms: {},
  trigger: null,
  replies: {},
  enrolledAt: minInstant,
  stepEnteredAt: minInstant,
}
