import type { JsonObject, JsonValue } from '../../json.js'

/** Everything that tokens can stand for. Only own properties of plain JSON are ever read. */
export interface RenderContext {
  /** The contact's attributes, read as `{{firstName}}`, nested ones as `{{address.city}}`. */
  readonly attributes: JsonObject
  /** The workspace's variables, read as `{{workspace.name}}`. */
  readonly workspace: JsonObject
  /** The data of the event that began the run or the branch, read as `{{trigger.orderId}}`. */
  readonly trigger: JsonObject
  /** Replies of webhook steps by step id, read as `{{webhook.quote.price}}`. */
  readonly webhook: JsonObject
  /** What the host's resolvers computed, read as `{{computed.loyaltyLevel}}`. */
  readonly computed: JsonObject
  /** The contact's id and addresses by channel, read as `{{contact.id}}`, `{{contact.email}}`. */
  readonly contact: { readonly id: string; readonly [channel: string]: string }
  readonly unsubscribeUrl?: string | undefined
  /** BCP 47, read as `{{locale}}`. Numbers and dates are not formatted by it: the host computes what it wants formatted. */
  readonly locale?: string | undefined
}

/** The names that never mean an attribute of the contact. */
export const reservedNames: ReadonlySet<string> = new Set([
  'workspace',
  'trigger',
  'webhook',
  'computed',
  'contact',
  'unsubscribeUrl',
  'locale',
])

/** What sections have opened, innermost first. */
export interface Scope {
  readonly value: JsonValue
  readonly outer: Scope | null
}

/** Looks one name up; undefined = it has no value. */
export type LookUp = (scope: Scope | null, context: RenderContext) => JsonValue | undefined

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * How a name is looked up: its first part is looked for in the sections from the inside out, then among the reserved names, then
 * among the contact's attributes; the further parts are own properties below it. `.` is the innermost section's value. Nothing
 * inherited is ever found, and no getter or function is called: a property that is not plain data does not exist.
 */
export function lookUpOf(name: string): LookUp {
  if (name === '.') return (scope) => scope?.value
  const [first = '', ...further] = name.split('.')
  if (forbidden.has(first) || further.some((part) => forbidden.has(part))) return () => undefined
  const isReserved = reservedNames.has(first)
  const lookUpFirst: LookUp = (scope, context) => {
    for (let inner = scope; inner !== null; inner = inner.outer) {
      const found = own(inner.value, first)
      if (found !== undefined) return found
    }
    return own(isReserved ? context : context.attributes, first)
  }
  if (further.length === 0) return lookUpFirst
  return (scope, context) => further.reduce(own, lookUpFirst(scope, context))
}

function own(holder: unknown, name: string): JsonValue | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined
  const value: unknown = Object.getOwnPropertyDescriptor(holder, name)?.value
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'
    ? undefined
    : (value as JsonValue | undefined)
}
