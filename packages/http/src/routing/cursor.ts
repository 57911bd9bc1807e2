import * as z from 'zod'
import { fromBase64Url, toBase64Url } from '../base64url.js'
import { HttpProblem } from './problem.js'

/** The part of a list that is asked for, in the query of every list. */
export const pageQuery = z.strictObject({
  cursor: z.string().max(600).optional().describe('`next` of the page before; absent = from the start.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('At most so many items, 1 to 1,000.'),
})

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('The `cursor` of the next page; null = this is the last one.'),
  })
}

/** Hides where a page ends, so that nobody builds on what it is made of. */
export function cursorOf(after: string | null): string | null {
  return after === null ? null : toBase64Url(new TextEncoder().encode(after))
}

/**
 * Where a page begins; null = at the start.
 * @throws {HttpProblem} 400 when the cursor is not one of ours, or not of the form that this list uses.
 */
export function afterOf(cursor: string | undefined, form: RegExp = /^[^\p{Cc}]{1,300}$/u): string | null {
  if (cursor === undefined) return null
  const after = new TextDecoder().decode(fromBase64Url(cursor) ?? new Uint8Array())
  if (form.test(after) && cursorOf(after) === cursor) return after
  throw new HttpProblem(400, 'invalid_cursor', 'The cursor is not one that this list gave; leave it out to start over.')
}

/** The form of cursors in lists that are ordered by number. */
export const byNumber = /^\d{1,15}$/

/** One page of a list that is at hand as a whole. */
export function pageOfAll<Item>(
  items: readonly Item[],
  { cursor, limit }: z.output<typeof pageQuery>,
): { readonly items: Item[]; readonly next: string | null } {
  const from = Number(afterOf(cursor, byNumber) ?? 0)
  const to = from + limit
  return { items: items.slice(from, to), next: to < items.length ? cursorOf(String(to)) : null }
}
