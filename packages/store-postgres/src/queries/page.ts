import { ConfigurationError, type Page } from '@drumbeat/core'

/** The page's size. */
export function limitOf({ limit = 100 }: Page): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit
  throw new ConfigurationError(`A page has 1 to 1,000 entries, not ${limit}.`)
}
