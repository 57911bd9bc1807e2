import {
  type AddressKind,
  type Channel,
  ConfigurationError,
  callProvider,
  type OutboundMessage,
  type SendContext,
  wiredOptions,
} from '@drumbeat/core'
import { guardedRequest, type RequestGuard } from './guarded-request.js'
import { parseReport } from './parse-report.js'
import { outcomeOfSend } from './send-outcome.js'
import { keysOf, signatureHeaders } from './sign.js'
import { verifySignature } from './verify-signature.js'

/** How messages go out as signed requests: to a push gateway, an in-app inbox, or any provider of the host's own. */
export interface WebhookChannelOptions {
  /** What steps call it: `push`, `in_app`, … */
  readonly name: string
  /** Where messages are sent to, by https; or a function that says it for each. */
  readonly url: string | ((message: OutboundMessage) => string)
  /** Signs requests: `whsec_` and base64, or any text of 16 bytes or more. While it is being changed: the new one, then the old one. */
  readonly secret: string | readonly string[]
  /** How the receiver's reports are verified. Without it reports are not read. */
  readonly webhook?: { readonly secret: string | readonly string[] }
  /**
   * The receiver takes a message with a `webhook-id` that it knows only once, for so many milliseconds. Unclear calls are then made
   * again with the same id. Default null: it does not.
   */
  readonly deduplicatesForMs?: number | null
  /** The kind of address it takes. Default `other`. */
  readonly addressKind?: AddressKind
  /** Default: `webhook:` and the name. */
  readonly account?: string
  readonly guard?: RequestGuard
  readonly ambiguity?: Channel['ambiguity']
  /** How fast the account may be sent through; SMS count in segments. Default: as fast as it answers. */
  readonly rate?: Channel['rate']
}

/**
 * Sends messages as JSON in requests that are signed after the Standard Webhooks. The same `webhook-id` for every attempt lets the
 * receiver de-duplicate. Any 2xx takes the message, 410 ends the address, 429 and 503 ask to come again; private networks cannot be
 * reached.
 * @throws {ConfigurationError} when an option cannot work.
 * @see https://www.standardwebhooks.com
 */
export function webhookChannel(options: WebhookChannelOptions): Channel {
  const { name, guard = {}, webhook, deduplicatesForMs = null } = options
  checkOptions(options)
  const keys = keysOf(options.secret, 'webhookChannel() needs `secret`')
  const reportKeys = webhook === undefined ? null : keysOf(webhook.secret, 'webhookChannel() needs webhook.secret')
  return {
    name,
    addressKind: options.addressKind ?? 'other',
    account: options.account ?? `webhook:${name}`,
    capabilities: {
      idempotencyKeyTtlMs: deduplicatesForMs,
      echoesReference: reportKeys !== null,
      lookup: 'none',
    },
    ...wiredOptions(options),
    send: (message, context) =>
      callProvider(context, async (beforeWrite) => {
        const body = bodyOf(message, context)
        const signature = signatureHeaders(keys, { id: context.idempotencyKey, now: Date.now(), body })
        const request = {
          url: typeof options.url === 'string' ? options.url : options.url(message),
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Drumbeat', ...signature },
          body,
          signal: context.signal,
          beforeWrite,
        } as const
        return outcomeOfSend(await guardedRequest(request, guard), Date.now(), idIn)
      }),
    ...(reportKeys === null
      ? {}
      : {
          verify: async (report) => verifySignature(report, reportKeys),
          parse: async (report) => parseReport(report),
        }),
  }
}

function bodyOf(message: OutboundMessage, { deliveryRef }: SendContext): Uint8Array {
  const { to, content, category, headers, inReplyTo, metadata } = message
  const body = { type: 'message', deliveryRef, to, category, content, headers, inReplyTo, metadata }
  return new TextEncoder().encode(JSON.stringify(body))
}

/** The receiver may name the message: `{ "id": "…" }`. */
function idIn(reply: Uint8Array): string | null {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(reply))
    const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : null
    return typeof id === 'string' && id !== '' && id.length <= 500 ? id : null
  } catch {
    return null
  }
}

function checkOptions({ name, url, guard = {}, deduplicatesForMs = null }: WebhookChannelOptions): void {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError('webhookChannel() needs a name, such as "push": it is what steps call it.')
  }
  if (deduplicatesForMs !== null && !(deduplicatesForMs > 0)) {
    throw new ConfigurationError(
      `webhookChannel() cannot use a deduplicatesForMs of ${deduplicatesForMs}: more than 0.`,
    )
  }
  if (typeof url === 'function') return
  const origin = URL.canParse(url) ? new URL(url) : null
  const isFine = origin?.protocol === 'https:' || guard.trustedOrigins?.includes(origin?.origin ?? '') === true
  if (!isFine) {
    throw new ConfigurationError(
      'webhookChannel() needs an https `url`; a plain one on a machine that you trust goes into guard.trustedOrigins.',
    )
  }
}
