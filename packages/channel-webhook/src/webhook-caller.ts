import { guardJson, type JsonValue, type WebhookCaller } from '@drumbeat/core'
import { guardedRequest, type RequestGuard } from './guarded-request.js'
import { outcomeOfCall } from './send-outcome.js'
import { keysOf, signatureHeaders } from './sign.js'

/** How webhook steps call. */
export interface WebhookCallerOptions {
  /** Signs requests: `whsec_` and base64, or any text of 16 bytes or more. While it is being changed: the new one, then the old one. */
  readonly secret: string | readonly string[]
  /** The receivers take a request with a `webhook-id` that they know only once. Unclear calls are then tried again. Default false. */
  readonly deduplicates?: boolean
  readonly guard?: RequestGuard
}

/** Headers that make up the request itself, or that sign it. */
const ownHeaders =
  /^(?:host|content-length|content-type|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|proxy-.*|webhook-.*)$/i

/**
 * Performs the calls of webhook steps: by https, signed after the Standard Webhooks, with the idempotency key as `webhook-id`. Private
 * networks cannot be reached, redirects are not followed, and a reply of more than 64 KB fails the step.
 * @throws {ConfigurationError} when the secret cannot work.
 */
export function webhookCaller({ secret, deduplicates = false, guard = {} }: WebhookCallerOptions): WebhookCaller {
  const keys = keysOf(secret, 'webhookCaller() needs `secret`')
  return {
    async call({ url, method, headers, body }, { idempotencyKey, signal }) {
      const forbidden = Object.keys(headers).find((name) => ownHeaders.test(name))
      if (forbidden !== undefined) return { outcome: 'failed', code: 'forbidden_header' }
      const bytes = new TextEncoder().encode(JSON.stringify(body))
      const request = {
        url,
        method,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Drumbeat',
          ...headers,
          ...signatureHeaders(keys, { id: idempotencyKey, now: Date.now(), body: bytes }),
        },
        body: bytes,
        signal,
        beforeWrite() {},
      }
      const ended = await guardedRequest(request, guard)
      return outcomeOfCall(ended, { deduplicates, now: Date.now() }, replyOf)
    },
  }
}

/** A reply that is no JSON says nothing that a step could read. JSON that may not be stored fails the step. */
function replyOf(reply: Uint8Array): JsonValue {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(reply))
  } catch {
    return null
  }
  return guardJson(value)
}
