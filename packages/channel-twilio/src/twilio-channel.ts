import {
  type Channel,
  ConfigurationError,
  callProvider,
  type OutboundMessage,
  type SendOutcome,
  wiredOptions,
} from '@drumbeat/core'
import { lookUp } from './lookup.js'
import { parseReport, referenceParameter } from './parse-report.js'
import { outcomeOfAnswer, outcomeOfError } from './send-outcome.js'
import { verifySignature } from './verify-signature.js'

/** The part of Twilio's Message resource that is used. */
export interface TwilioMessage {
  readonly sid: string
  readonly status: string
  readonly errorCode: number | null
  readonly direction: string
  readonly dateCreated: Date
}

/** The part of the client of the `twilio` package that is used. */
export interface TwilioClient {
  readonly accountSid?: string
  readonly messages: {
    (sid: string): { fetch(): Promise<TwilioMessage> }
    create(params: {
      to: string
      from?: string
      messagingServiceSid?: string
      body: string
      mediaUrl?: string[]
      statusCallback?: string
      validityPeriod?: number
      smartEncoded?: boolean
    }): Promise<TwilioMessage>
    list(params: { to: string; limit: number }): Promise<readonly TwilioMessage[]>
  }
}

/** How text messages go out through Twilio. */
export interface TwilioChannelOptions {
  /** `twilio(accountSid, authToken)`. Leave its `autoRetry` off: Drumbeat retries by itself. */
  readonly client: TwilioClient
  /** A number, a short code, an alphanumeric sender, or a Messaging Service (`MG…`). */
  readonly from: string
  /**
   * Where Twilio reports what became of messages and brings those of contacts. Without it reports are neither asked for nor read, and
   * a call whose answer was lost can rarely be resolved.
   */
  readonly webhook?: {
    /** The public https URL under which the host takes Twilio's webhooks for this account. Its host name has no underscore. */
    readonly url: string
    /** The account's primary auth token. While it is being changed: the new one, then the old one. */
    readonly authToken: string | readonly string[]
  }
  /** What steps call it. Default `sms`. */
  readonly name?: string
  /** Default: `twilio:` and the client's account SID, or the sender. */
  readonly account?: string
  /** How long Twilio may keep a message in its queue: whole seconds from 1,000 to 36,000,000 ms. Default: Twilio's own, 10 hours. */
  readonly validityMs?: number
  /** Lets Twilio replace look-alike characters, so that more texts stay GSM-7. Default: as the account or service says. */
  readonly smartEncoded?: boolean
  readonly ambiguity?: Channel['ambiguity']
  /** How fast the account may be sent through; SMS count in segments. Default: as fast as it answers. */
  readonly rate?: Channel['rate']
  /** What one segment costs about, shown to authors with previews. Default: nothing is said. */
  readonly price?: Channel['price']
}

/**
 * Sends text messages through Twilio Programmable Messaging. Twilio does not de-duplicate; each message carries its delivery reference in
 * its status callback, so that a report proves the acceptance whose answer was lost.
 * @throws {ConfigurationError} when an option cannot work.
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export function twilioChannel(options: TwilioChannelOptions): Channel {
  checkOptions(options)
  const { client, from, webhook, name = 'sms' } = options
  return {
    name,
    addressKind: 'phone',
    account: options.account ?? `twilio:${client.accountSid ?? from}`,
    capabilities: { idempotencyKeyTtlMs: null, echoesReference: webhook !== undefined, lookup: 'byAddress' },
    ...wiredOptions(options),
    async send(message, context) {
      const { content } = message
      if (content.kind !== 'text') return { outcome: 'rejected', code: 'content_kind', reason: 'content' }
      const params = paramsOf(options, { ...message, content }, context.deliveryRef)
      const call = async (): Promise<SendOutcome> => outcomeOfAnswer(await client.messages.create(params))
      return callProvider(context, call, outcomeOfError)
    },
    lookup: (delivery) => lookUp(client, delivery),
    ...(webhook === undefined
      ? {}
      : {
          verify: async (report) => verifySignature(report, webhook),
          parse: async (report) => parseReport(report),
        }),
  }
}

type TextMessage = OutboundMessage & { readonly content: { readonly kind: 'text' } }

function paramsOf(
  { from, webhook, validityMs, smartEncoded }: TwilioChannelOptions,
  { to, content }: TextMessage,
  deliveryRef: string,
): Parameters<TwilioClient['messages']['create']>[0] {
  const { body, mediaUrls = [] } = content
  return {
    to,
    ...(isMessagingService(from) ? { messagingServiceSid: from } : { from }),
    body,
    ...(mediaUrls.length === 0 ? {} : { mediaUrl: [...mediaUrls] }),
    ...(webhook === undefined ? {} : { statusCallback: withReference(webhook.url, deliveryRef) }),
    ...(validityMs === undefined ? {} : { validityPeriod: validityMs / 1000 }),
    ...(smartEncoded === undefined ? {} : { smartEncoded }),
  }
}

/** The query is covered by Twilio's signature, so a report proves which delivery it is about. */
function withReference(webhookUrl: string, deliveryRef: string): string {
  const url = new URL(webhookUrl)
  url.searchParams.set(referenceParameter, deliveryRef)
  return url.href
}

function isMessagingService(from: string): boolean {
  return /^MG[0-9a-f]{32}$/i.test(from)
}

function checkOptions({ client, from, webhook, validityMs, price }: TwilioChannelOptions): void {
  if (typeof client?.messages?.create !== 'function') {
    throw new ConfigurationError('twilioChannel() needs a client: twilio(accountSid, authToken).')
  }
  if (typeof from !== 'string' || from.trim() === '') {
    throw new ConfigurationError(
      'twilioChannel() needs `from`: a number such as "+15005550006", or a Messaging Service "MG…".',
    )
  }
  if (validityMs !== undefined && !(validityMs % 1000 === 0 && validityMs >= 1000 && validityMs <= 36_000_000)) {
    throw new ConfigurationError(
      `twilioChannel() cannot use a validityMs of ${validityMs}: whole seconds, from 1000 to 36000000.`,
    )
  }
  if (
    price !== undefined &&
    !(Number.isFinite(price.amount) && price.amount >= 0 && /^[A-Z]{3}$/.test(price.currency))
  ) {
    throw new ConfigurationError(
      'twilioChannel() needs price.amount to be 0 or more, and price.currency to be a code of ISO 4217, such as "USD".',
    )
  }
  if (webhook === undefined) return
  if (!/^https?:\/\/[^/?#_]+(?:[/?]|$)/i.test(webhook.url) || !URL.canParse(webhook.url)) {
    throw new ConfigurationError(
      'twilioChannel() needs webhook.url to be an absolute URL whose host name has no underscore, such as https://acme.test/hooks/twilio.',
    )
  }
  const tokens = [webhook.authToken].flat()
  if (tokens.length === 0 || tokens.some((token) => typeof token !== 'string' || token === '')) {
    throw new ConfigurationError('twilioChannel() needs webhook.authToken, by which Twilio signs its webhooks.')
  }
}
