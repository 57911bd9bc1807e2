import { ConfigurationError } from '@drumbeat/core'

/** The limit of a page. */
export function limitOf({ limit = 100 }: { readonly limit?: number }): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit
  throw new ConfigurationError(`A page of ${limit} rows was asked for; it may have 1 to 1,000.`)
}

/** One page of rows that are in id order. */
export function pageOf<Row extends { readonly id: number }>(
  rows: readonly Row[],
  page: { readonly after?: string | null; readonly limit?: number },
): readonly Row[] {
  const after = page.after == null ? Number.NEGATIVE_INFINITY : Number(page.after)
  return rows.filter(({ id }) => id > after).slice(0, limitOf(page))
}
