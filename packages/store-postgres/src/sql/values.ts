import type { Instant } from '@drumbeat/core'

/** An instant as a parameter of type `timestamptz`. ISO text, because a number of seconds would lose digits. */
export function instant(at: Instant): string
export function instant(at: Instant | null): string | null
export function instant(at: Instant | null): string | null {
  if (at === null) return null
  if (at === latest.at) return latest.text
  latest = { at, text: new Date(at).toISOString() }
  return latest.text
}

/** Rows of one batch mostly name one instant, and writing it is most of the work. */
let latest: { readonly at: Instant; readonly text: string } = { at: 0, text: new Date(0).toISOString() }

/**
 * Reads a `timestamptz` as milliseconds, whatever types the host's driver parses. Instants are stored in whole milliseconds, so rounding
 * takes back what a floating epoch loses; `extract` computes in `numeric`, which takes twice as long.
 */
export function ms(expression: string): string {
  return `round(date_part('epoch', ${expression}) * 1000)`
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
