import { type CallOutcome, type JsonValue, outcomeOfStatus, retryAfterMs, type SendOutcome } from '@drumbeat/core'
import type { RequestEnd } from './guarded-request.js'

/**
 * How a message ended by the answer to its request: any 2xx takes it, 410 says that the address is gone, 429 and 503 ask to come again
 * later. Other 5xx, and what broke off, leave it open.
 */
export function outcomeOfSend(ended: RequestEnd, now: number, idIn: (reply: Uint8Array) => string | null): SendOutcome {
  switch (ended.end) {
    case 'refused':
      return { outcome: 'blocked', code: ended.code }
    case 'failed':
      return ended.written
        ? { outcome: 'unknown', code: ended.code }
        : { outcome: 'not_accepted', code: ended.code, retryAfterMs: null }
    case 'answered': {
      const { status } = ended
      const code = `http_${status}`
      const waitMs = retryAfterMs(ended.retryAfter, now)
      if (status >= 200 && status < 300) return { outcome: 'accepted', providerId: idIn(ended.reply) }
      // Nobody takes messages there: the channel is set up wrongly, and no message is at fault.
      if ((status >= 300 && status < 400) || status === 404 || status === 405) return { outcome: 'blocked', code }
      if (status === 410) return { outcome: 'rejected', code, reason: 'recipient' }
      if (status === 400 || status === 413 || status === 422) return { outcome: 'rejected', code, reason: 'content' }
      if (status === 503) return { outcome: 'not_accepted', code, retryAfterMs: waitMs }
      return outcomeOfStatus(status, { retryAfterMs: waitMs })
    }
  }
}

/** How a call of a webhook step ended: by the same rules, with the reply as its result. Where receivers de-duplicate, an unclear end may be tried again. */
export function outcomeOfCall(
  ended: RequestEnd,
  { deduplicates, now }: { readonly deduplicates: boolean; readonly now: number },
  replyOf: (reply: Uint8Array) => JsonValue,
): CallOutcome {
  if (ended.end === 'answered' && ended.status >= 200 && ended.status < 300) {
    if (ended.isCut) return { outcome: 'failed', code: 'reply_too_long' }
    try {
      return { outcome: 'done', reply: replyOf(ended.reply) }
    } catch {
      return { outcome: 'failed', code: 'reply_refused' }
    }
  }
  const outcome = outcomeOfSend(ended, now, () => null)
  switch (outcome.outcome) {
    case 'not_accepted':
      return { outcome: 'not_done', code: outcome.code, retryAfterMs: outcome.retryAfterMs }
    case 'unknown':
      return deduplicates
        ? { outcome: 'not_done', code: outcome.code, retryAfterMs: null }
        : { outcome: 'unknown', code: outcome.code }
    case 'accepted':
      return { outcome: 'done', reply: null }
    default:
      return { outcome: 'failed', code: outcome.code }
  }
}
