import type { Instant } from '@drumbeat/core'

/** An instant as a parameter of type `timestamptz`. ISO text, because a number of seconds would lose digits. */
export function instant(at: Instant): string
export function instant(at: Instant | null): string | null
export function instant(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** Reads a `timestamptz` as milliseconds, whatever types the host's driver parses. Instants are stored in whole milliseconds. */
export function ms(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::float8`
}

/** Reads a `bigint` as a number: drivers give text, numbers or bigints, as their host has set them up. */
export function int(expression: string): string {
  return `${expression}::float8`
}

/** What to select, by the name that the row gets it under. */
export function selection(columns: Readonly<Record<string, string>>): string {
  return Object.entries(columns)
    .map(([name, expression]) => `${expression} as "${name}"`)
    .join(', ')
}

/** A text literal of the statement itself; only ever of names that we or the host's configuration chose. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
