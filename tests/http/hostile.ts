import type { JsonObject, JsonValue } from '@drumbeat/core'

/** A number in [0, 1). */
export type Random = () => number

/** The same numbers for the same seed (xorshift). */
export function randomFrom(seed: number): Random {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const texts = [
  '',
  ' ',
  '\u0000',
  'a\r\nSet-Cookie: x=1',
  '\ud800',
  '\u202e\u2028',
  '💥'.repeat(200),
  'x'.repeat(70_000),
  "'; drop table contacts; --",
  '{{#each}}{{constructor.constructor}}',
  '../../etc/passwd',
  '%00%0d%0a',
  '__proto__',
  'constructor',
  '2026-02-30T25:61:00Z',
  '9999999999999999999',
  'P9999999999Y',
  '-P1D',
  'ana',
  'draft',
  '1',
]
const numbers = [0, -1, 1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, 9_999_999_999_999]

/** A value that nobody means well with, or that is merely of the wrong kind. */
export function hostileValue(random: Random): JsonValue {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item
  switch (Math.floor(random() * 8)) {
    case 0:
      return pick(numbers)
    case 1:
      return null
    case 2:
      return random() < 0.5
    case 3:
      return nested(Math.floor(random() * 60))
    case 4:
      return Array.from({ length: Math.floor(random() * 300) }, (_, index) => index)
    case 5:
      // `JSON.parse` makes `__proto__` a key like any other, as a request does.
      return JSON.parse(`{"${pick(['__proto__', 'constructor', 'prototype', 'toString'])}":{"a":1}}`) as JsonValue
    default:
      return pick(texts)
  }
}

function nested(levels: number): JsonValue {
  let value: JsonValue = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** Something like what a JSON schema describes, with a hostile value in the place of some part now and then. */
export function nearlyOf(schema: JsonObject, document: JsonObject, random: Random, hostility: number): JsonValue {
  if (random() < hostility) return hostileValue(random)
  const next = (inner: JsonValue | undefined) => nearlyOf((inner ?? {}) as JsonObject, document, random, hostility)
  const { $ref, anyOf, oneOf, type, properties, required, items, minItems, additionalProperties } = schema
  if (typeof $ref === 'string') return next(resolve(document, $ref))
  const choices = (anyOf ?? oneOf) as readonly JsonValue[] | undefined
  if (choices !== undefined) return next(choices[Math.floor(random() * choices.length)])
  if ('const' in schema) return schema.const as JsonValue
  if (Array.isArray(schema.enum)) return schema.enum[Math.floor(random() * schema.enum.length)] as JsonValue
  switch (type) {
    case 'object': {
      const known = Object.entries((properties ?? {}) as JsonObject)
      const named = known.filter(([name]) => (required as string[] | undefined)?.includes(name) || random() < 0.6)
      const open = typeof additionalProperties === 'object' ? [['email', additionalProperties] as const] : []
      return Object.fromEntries([...named, ...open].map(([name, inner]) => [name, next(inner)]))
    }
    case 'array':
      return Array.from({ length: Math.max(Number(minItems ?? 0), Math.floor(random() * 3)) }, () => next(items))
    case 'string':
      return schema.format === 'date-time' ? '2026-03-06T12:00:00Z' : 'ana'
    case 'integer':
    case 'number':
      return Math.max(1, Number(schema.minimum ?? 1))
    case 'boolean':
      return true
    default:
      return hostileValue(random)
  }
}

function resolve(document: JsonObject, reference: string): JsonObject {
  const parts = reference.slice(2).split('/')
  return parts.reduce((within, part) => within[part] as JsonObject, document)
}
