import { outcomeOfNetworkError, outcomeOfStatus, retryAfterMs, type SendOutcome } from '@drumbeat/core'

/** SendGrid takes a mail with 202; in sandbox mode it answers 200. Any other success is not SendGrid's. */
export function outcomeOfAnswer(status: number, sandbox: boolean, messageId: string): SendOutcome {
  return status === 202 || (sandbox && status === 200)
    ? { outcome: 'accepted', providerId: messageId }
    : { outcome: 'unknown', code: 'unreadable_answer' }
}

/**
 * The account or the way to it, whatever the mail: no such path or method, no `Accept`, a region that the account may not use.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
 */
const elsewhere: ReadonlySet<number> = new Set([404, 405, 406, 451])

/** What the channel's options say in every mail: while it is refused, no mail is taken. */
const ofOptions = /^(?:asm|categories|ip_pool_name|mail_settings|tracking_settings)\b/

interface Refusal {
  readonly status: number
  readonly headers: { readonly [name: string]: unknown }
  /** The fields that SendGrid names, such as `personalizations.0.to`. */
  readonly fields: readonly string[]
}

/** What the client throws for a request of one mail: SendGrid's refusal, or an error of the network. */
export function outcomeOfError(error: unknown, now: number): SendOutcome {
  const refusal = refusalOf(error)
  return refusal === null ? outcomeOfNetworkError(error) : outcomeOfRefusal(refusal, refusal.fields[0] ?? null, now)
}

/**
 * What the client throws for a request of several mails. Where SendGrid names the mails that it refuses, only they are rejected: the
 * request as a whole was not accepted, so the others may be sent again.
 */
export function outcomesOfError(error: unknown, count: number, now: number): readonly SendOutcome[] {
  const refusal = refusalOf(error)
  const shared = outcomeOfError(error, now)
  if (refusal === null || refusal.status !== 400 || count === 1) return Array(count).fill(shared)
  const culprits = new Map(refusal.fields.flatMap((field) => indexOf(field).map((index) => [index, field])))
  if (culprits.size === 0 || [...culprits.keys()].some((index) => index >= count)) return Array(count).fill(shared)
  return Array.from({ length: count }, (_, index): SendOutcome => {
    const field = culprits.get(index)
    return field === undefined
      ? { outcome: 'not_accepted', code: 'batch_refused', retryAfterMs: 0 }
      : outcomeOfRefusal(refusal, field, now)
  })
}

function outcomeOfRefusal({ status, headers }: Refusal, field: string | null, now: number): SendOutcome {
  if (status === 400 || status === 413) {
    const code = field === null ? `http_${status}` : field.replace(/\.\d+/g, '')
    if (ofOptions.test(code)) return { outcome: 'blocked', code }
    return { outcome: 'rejected', code, reason: /^personalizations\.to\b/.test(code) ? 'recipient' : 'content' }
  }
  if (elsewhere.has(status)) return { outcome: 'blocked', code: `http_${status}` }
  return outcomeOfStatus(status, { retryAfterMs: patienceOf(headers, now) })
}

/** `Retry-After` where it is given, else the instant at which the limit begins anew. */
function patienceOf(headers: Refusal['headers'], now: number): number | null {
  const asked = retryAfterMs(textOf(headers['retry-after']), now)
  const resetsAt = Number(textOf(headers['x-ratelimit-reset']) ?? Number.NaN)
  if (asked !== null || !(resetsAt > 0)) return asked
  return Math.min(Math.max(resetsAt * 1000 - now, 0), 60_000)
}

function refusalOf(error: unknown): Refusal | null {
  const { code: status, response } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown
    readonly response?: { readonly headers?: Refusal['headers']; readonly body?: unknown }
  }
  if (typeof status !== 'number' || response === undefined) return null
  return { status, headers: response.headers ?? {}, fields: fieldsIn(response.body) }
}

function fieldsIn(body: unknown): readonly string[] {
  const errors = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : null
  if (!Array.isArray(errors)) return []
  return errors.flatMap((error: unknown) => {
    const field = typeof error === 'object' && error !== null && 'field' in error ? error.field : null
    // Some answers have the word where others have none.
    return typeof field === 'string' && field !== '' && field !== 'null' ? [field] : []
  })
}

function indexOf(field: string): readonly number[] {
  const index = /^personalizations\.(\d+)\b/.exec(field)?.[1]
  return index === undefined ? [] : [Number(index)]
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
