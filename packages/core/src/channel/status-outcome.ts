import type { SendOutcome } from '../ports/channel.js'
import type { Instant } from '../schedule/instant.js'

/** What came with an HTTP answer that was no success. */
export interface StatusDetails {
  /** The provider's own code for it. Default: `http_` and the status. */
  readonly code?: string
  /** As {@link retryAfterMs} reads it. Default null. */
  readonly retryAfterMs?: number | null
}

/**
 * What an HTTP status means for a message, where the provider documents nothing closer: 401, 402 and 403 block the account, 429 asks for
 * patience, any other 4xx refuses the message. Whatever proves nothing is `unknown`: a redirect, a 408, every 5xx, a 2xx that cannot
 * be read.
 */
export function outcomeOfStatus(status: number, details: StatusDetails = {}): SendOutcome {
  const { code = `http_${status}`, retryAfterMs = null } = details
  if (status === 401 || status === 402 || status === 403) return { outcome: 'blocked', code }
  if (status === 429) return { outcome: 'not_accepted', code, retryAfterMs, reason: 'too_fast' }
  if (status >= 400 && status < 500 && status !== 408) return { outcome: 'rejected', code }
  return { outcome: 'unknown', code }
}

const longestMs = 24 * 60 * 60 * 1000

/**
 * A `Retry-After` header as a duration from `now`: seconds or an HTTP date, at most a day; null = there is none that can be read.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(header: string | null | undefined, now: Instant): number | null {
  const text = header?.trim() ?? ''
  const ms = /^\d{1,9}$/.test(text)
    ? Number(text) * 1000
    : /^[A-Z][a-z]{2}, /.test(text)
      ? Date.parse(text) - now
      : null
  return ms === null || Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), longestMs)
}
