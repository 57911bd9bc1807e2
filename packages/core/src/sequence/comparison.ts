import type { JsonValue } from '../json.js'
import { isInstant } from '../schedule/instant.js'
import { readIsoText } from '../schedule/iso-text.js'
import { dayMs } from '../schedule/local-date.js'
import type { Comparison, Scalar } from './condition.js'

type Operand = Comparison['value']

/**
 * Whether a value satisfies a comparison. `null` counts as missing, like `undefined`. `isNot` and `notIn` are the exact opposites of
 * `is` and `in`, so a missing value, and one of another type, satisfies them. Text compares by code point, as PostgreSQL's
 * collation `C` does; nothing is converted: `'5'` is not `5`.
 */
export function satisfies(value: JsonValue | undefined, { op, value: operand }: Comparison): boolean {
  const missing = value === undefined || value === null
  switch (op) {
    case 'missing':
      return missing
    case 'exists':
      return !missing
    case 'isNot':
      return !isEqual(value, operand)
    case 'notIn':
      return !isAmong(value, operand)
    case 'is':
      return isEqual(value, operand)
    case 'in':
      return isAmong(value, operand)
    case 'gt':
      return ordered(value, operand, (order) => order > 0)
    case 'gte':
      return ordered(value, operand, (order) => order >= 0)
    case 'lt':
      return ordered(value, operand, (order) => order < 0)
    case 'lte':
      return ordered(value, operand, (order) => order <= 0)
    case 'before':
      return timed(value, operand, (one, other) => one < other)
    case 'after':
      return timed(value, operand, (one, other) => one > other)
    case 'contains':
      return containsValue(value, operand)
    case 'startsWith':
      return typeof value === 'string' && typeof operand === 'string' && value.startsWith(operand)
    case 'endsWith':
      return typeof value === 'string' && typeof operand === 'string' && value.endsWith(operand)
  }
}

function isEqual(value: JsonValue | undefined, operand: Operand): boolean {
  return isScalar(operand) && value === operand
}

function isAmong(value: JsonValue | undefined, operand: Operand): boolean {
  return Array.isArray(operand) && operand.some((listed) => value === listed)
}

function ordered(value: JsonValue | undefined, operand: Operand, accepts: (order: number) => boolean): boolean {
  if (typeof value === 'number' && typeof operand === 'number') return accepts(value - operand)
  return typeof value === 'string' && typeof operand === 'string' && accepts(compareText(value, operand))
}

/** A list contains an equal member; a text contains a part. */
function containsValue(value: JsonValue | undefined, operand: Operand): boolean {
  if (!isScalar(operand)) return false
  if (Array.isArray(value)) return value.some((member) => member === operand)
  return typeof value === 'string' && typeof operand === 'string' && value.includes(operand)
}

function timed(
  value: JsonValue | undefined,
  operand: Operand,
  accepts: (one: number, other: number) => boolean,
): boolean {
  const one = timeOf(value)
  const other = timeOf(operand)
  return one !== null && other !== null && accepts(one, other)
}

/**
 * The instant that a value stands for: whole milliseconds since 1970, or ISO-8601 text. Text without an offset is read as UTC, and a
 * date alone as its midnight there, for every contact alike: a comparison has no zone. `null` = it is neither.
 */
function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return isInstant(value) ? value : null
  const read = typeof value === 'string' ? readIsoText(value) : null
  return read === null ? null : read.day * dayMs + (read.time ?? 0) - (read.offset ?? 0)
}

/** Negative when `one` comes before `other` by code points. UTF-16 order differs from it above U+D7FF. */
function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const a = one.charCodeAt(index)
    const b = other.charCodeAt(index)
    if (a !== b) return aboveSurrogates(a) - aboveSurrogates(b)
  }
  return one.length - other.length
}

/** Moves halves of surrogate pairs, which stand for code points above U+FFFF, behind the units from U+E000 on. */
function aboveSurrogates(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
