import { ConfigurationError } from '@drumbeat/core'

/** What this store has made itself: deeply frozen, and safe to share. */
const ours = new WeakSet<object>()

/** A run has half a dozen of these, so everybody shares two. */
const emptyList = Object.freeze([])
const emptyRecord = Object.freeze({})

/**
 * A deeply frozen copy of plain data, as JSON would carry it: members that are `undefined` are left out. Parts that are copies
 * already are shared, so that writing a row with one new member costs that member; and so are empty lists and records.
 * @throws {ConfigurationError} when a text has a NUL, which databases cannot keep.
 */
export function kept<Value>(value: Value): Value {
  if (typeof value === 'string') refuseNul(value)
  if (typeof value !== 'object' || value === null || ours.has(value)) return value
  if (Object.keys(value).length === 0) return (Array.isArray(value) ? emptyList : emptyRecord) as Value
  const copy = Array.isArray(value) ? value.map(kept) : keptMembers(value)
  ours.add(Object.freeze(copy))
  return copy as Value
}

function keptMembers(value: object): object {
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    refuseNul(name)
    if (name === '__proto__') Object.defineProperty(copy, name, { value: kept(member), enumerable: true })
    else copy[name] = kept(member)
  }
  return copy
}

function refuseNul(text: string): void {
  if (text.includes('\u0000')) {
    throw new ConfigurationError('A text with a NUL character cannot be stored. Remove the character.')
  }
}
