import { type EventAnswer, type EventSender, retryAfterMs } from '@drumbeat/core'
import { guardedRequest, type RefusalCode, type RequestEnd, type RequestGuard, refusalOf } from './guarded-request.js'
import { keysOf, signatureHeaders } from './sign.js'

/** How endpoints are told of events. */
export interface WebhookSenderOptions {
  readonly guard?: RequestGuard
}

const problems: { readonly [Code in RefusalCode]: string } = {
  invalid_url: 'it is no absolute URL',
  not_https: 'it must begin with https://',
  credentials_in_url: 'it must not hold a user or a password',
  forbidden_port: 'its port must be 443, or one that the guard allows',
  forbidden_address: 'it leads into a private network',
  invalid_header: 'it cannot be asked for',
}

/**
 * Tells endpoints of events: posts them by https, signed after the Standard Webhooks with the event's id as `webhook-id`. Private networks
 * cannot be reached, redirects are not followed, and a request ends after 10 s.
 * @see https://www.standardwebhooks.com
 */
export function webhookSender({ guard = {} }: WebhookSenderOptions = {}): EventSender {
  return {
    problemWith(url) {
      const code = refusalOf(url, guard)
      return code === null
        ? null
        : `The url ${JSON.stringify(url.slice(0, 200))} cannot be told events: ${problems[code]}.`
    },
    async send({ url, secrets, id, body }) {
      const bytes = new TextEncoder().encode(body)
      const signature = signatureHeaders(keysOf(secrets, 'An endpoint needs a secret'), {
        id,
        now: Date.now(),
        body: bytes,
      })
      const request = {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Drumbeat', ...signature },
        body: bytes,
        signal: new AbortController().signal,
        beforeWrite() {},
      } as const
      return answerOf(await guardedRequest(request, guard), Date.now())
    },
  }
}

function answerOf(ended: RequestEnd, now: number): EventAnswer {
  if (ended.end !== 'answered') return { answer: 'failed', status: null, code: ended.code, retryAfterMs: null }
  const { status, retryAfter } = ended
  if (status >= 200 && status < 300) return { answer: 'taken', status }
  if (status === 410) return { answer: 'gone', status }
  return { answer: 'failed', status, code: `http_${status}`, retryAfterMs: retryAfterMs(retryAfter, now) }
}
