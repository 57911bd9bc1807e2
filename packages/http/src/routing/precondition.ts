import { HttpProblem } from './problem.js'

/** The entity tag of a revision: strong, since equal revisions are equal documents. */
export function etagOf(revision: number): string {
  return `"r${revision}"`
}

/**
 * The revision that a change is made to, from `If-Match`; undefined = the header is absent, or `*`.
 * @throws {HttpProblem} 400 when it is none of our tags. 428 when it is absent and `required`.
 */
export function matchedRevision(request: Request, { required }: { readonly required: boolean }): number | undefined {
  const header = request.headers.get('if-match')?.trim()
  if (header === '*') return undefined
  if (header === undefined) {
    if (!required) return undefined
    throw new HttpProblem(
      428,
      'precondition_required',
      'Say in If-Match which revision you change, as its ETag names it, or * to change whichever it is.',
    )
  }
  const revision = /^"r(\d{1,15})"$/.exec(header)?.[1]
  if (revision !== undefined) return Number(revision)
  throw new HttpProblem(400, 'invalid_precondition', 'If-Match is not an ETag of ours, such as "r3", nor *.')
}

/** True when the caller has this very document already. */
export function isUnchanged(request: Request, etag: string): boolean {
  const known = request.headers.get('if-none-match')?.split(',') ?? []
  return known.some((tag) => [etag, `W/${etag}`, '*'].includes(tag.trim()))
}
