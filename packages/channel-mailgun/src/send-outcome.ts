import { outcomeOfNetworkError, outcomeOfStatus, type SendOutcome } from '@drumbeat/core'

/** What Mailgun's answer says. Mails of one request share an id, which then names none of them. */
export function outcomeOfAnswer(
  { status, id }: { readonly status: number; readonly id?: string },
  count: number,
): SendOutcome {
  const isReadable = status === 200 && typeof id === 'string' && id !== ''
  if (!isReadable) return { outcome: 'unknown', code: 'unreadable_answer' }
  return { outcome: 'accepted', providerId: count === 1 ? id.replace(/^<|>$/g, '') : null }
}

/** The client throws network errors in the shape of a refusal with status 400, whose message is the system's code. */
const systemCode = /^(?:E[A-Z0-9_]{3,}|ERR_[A-Z_]+|UND_ERR_[A-Z_]+)$/

/**
 * What the client throws: Mailgun's refusal, or an error of the network. Of several mails Mailgun does not say which address is wrong, so
 * none is called so.
 */
export function outcomeOfError(error: unknown, now: number, count = 1): SendOutcome {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly status?: unknown
    readonly message?: unknown
    readonly details?: unknown
  }
  const status = fields.status
  const [message, details] = [textOf(fields.message), textOf(fields.details)]
  if (typeof status !== 'number') return outcomeOfNetworkError(error)
  if (systemCode.test(message)) {
    const syscall = /^(connect|getaddrinfo) /.exec(details)?.[1]
    return outcomeOfNetworkError({ code: message, syscall })
  }
  return outcomeOfRefusal(status, details, now, count)
}

function outcomeOfRefusal(status: number, details: string, now: number, count: number): SendOutcome {
  const code = `http_${status}`
  switch (status) {
    case 400:
      if (/free accounts|not allowed to send|activate/i.test(details)) return { outcome: 'blocked', code }
      if (!isAboutRecipient(details)) return { outcome: 'rejected', code, reason: 'content' }
      return count === 1 ? { outcome: 'rejected', code, reason: 'recipient' } : { outcome: 'rejected', code }
    case 404:
    case 405:
    case 406:
      // The domain, or the way to it: there is nothing of a mail in the path that could be missing.
      return { outcome: 'blocked', code }
    case 413:
      return { outcome: 'rejected', code, reason: 'content' }
    case 420:
      return { outcome: 'not_accepted', code, retryAfterMs: waitIn(details, now), reason: 'too_fast' }
    default:
      return outcomeOfStatus(status)
  }
}

function isAboutRecipient(details: string): boolean {
  return /'to' parameter|\bto parameter|\bto address|recipient address/i.test(details)
}

/** "Domain … is not allowed to send: recipient limit exceeded, try again after Mon, 25 Aug 2025 07:00:31 UTC" */
function waitIn(details: string, now: number): number | null {
  const until = Date.parse(/try again after ([A-Z][\w, :]+(?:UTC|GMT))/.exec(details)?.[1] ?? '')
  return Number.isNaN(until) ? null : Math.min(Math.max(until - now, 0), 24 * 60 * 60 * 1000)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
