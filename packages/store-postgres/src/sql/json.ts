import { ConfigurationError } from '@drumbeat/core'

/** A value as a parameter of type `jsonb`. PostgreSQL itself refuses what it cannot keep. */
export function jsonb(value: unknown): string {
  return JSON.stringify(value ?? null)
}

/**
 * A value as a parameter of type `json`, which keeps the order of members: authors see their sequences as they wrote them.
 * @throws {ConfigurationError} when a text has a NUL, which `json` would take and could not give back as text.
 */
export function document(value: unknown): string {
  const text = JSON.stringify(value)
  if (!/(?<!\\)(?:\\\\)*\\u0000/.test(text)) return text
  throw new ConfigurationError('A text with a NUL character cannot be stored. Remove the character.')
}

/** Reads what a statement selected as JSON text. */
export function fromJson<Value>(text: string): Value {
  return JSON.parse(text)
}
