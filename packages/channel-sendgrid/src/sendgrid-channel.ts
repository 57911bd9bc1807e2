import {
  type BatchRules,
  batchRules,
  type Channel,
  ConfigurationError,
  inBatches,
  type MailMessage,
  mailboxOf,
  messageIdOf,
  type SendOutcome,
  sendsMails,
  wiredOptions,
} from '@drumbeat/core'
import { batchKey, mailOf, type SendGridMail } from './mail-of.js'
import { parseReport } from './parse-report.js'
import { outcomeOfAnswer, outcomeOfError, outcomesOfError } from './send-outcome.js'
import { publicKeysOf, verifySignature } from './verify-signature.js'

export type { SendGridMail } from './mail-of.js'

/** The part of the `@sendgrid/mail` service that is used. */
export interface SendGridClient {
  send(mail: SendGridMail): Promise<readonly [{ readonly statusCode: number }, unknown]>
}

/** How mails go out through SendGrid. */
export interface SendGridChannelOptions {
  /** The service of `@sendgrid/mail`, with its API key set. */
  readonly client: SendGridClient
  /** Who sends, unless a template says otherwise: `Acme <hello@acme.test>`. */
  readonly from: string
  readonly replyTo?: string
  /** How SendGrid's webhooks are verified. Without it reports are not read. */
  readonly webhook?: {
    /**
     * The verification keys of the Signed Event Webhook and of the security policy of Inbound Parse, as SendGrid shows them (base64) or
     * as PEM. While one is being changed: both.
     */
    readonly publicKey: string | readonly string[]
  }
  /**
   * Puts mails of equal content into one request, up to `size` (1 to 1,000) of those that are sent within `waitMs`. Each keeps its own
   * subject, headers and outcome. Default: each mail goes alone. If SendGrid refuses one mail of a request, the others are tried again.
   */
  readonly batch?: BatchRules
  /** At most 10 different ones, each at most 255 characters, without anything personal. */
  readonly categories?: readonly string[]
  /** The suppression group of marketing mails, and those that its preferences page shows, at most 25. */
  readonly unsubscribeGroup?: { readonly groupId: number; readonly groupsToDisplay?: readonly number[] }
  /** Whether SendGrid rewrites links and adds a pixel. Default: as the account says. */
  readonly tracking?: { readonly opens?: boolean; readonly clicks?: boolean }
  /** 2 to 64 characters. */
  readonly ipPoolName?: string
  /** SendGrid checks mails and sends none. Default false. */
  readonly sandbox?: boolean
  /** What steps call it. Default `email`. */
  readonly name?: string
  /** Default `sendgrid`. Give each SendGrid account its own. */
  readonly account?: string
  readonly ambiguity?: Channel['ambiguity']
  /** How fast the account may be sent through; SMS count in segments. Default: as fast as it answers. */
  readonly rate?: Channel['rate']
}

/**
 * Sends mails through SendGrid's v3 API. SendGrid does not de-duplicate; every mail carries its delivery reference in `custom_args`, so
 * that its events name the delivery, and as its Message-ID, so that answers do.
 * @throws {ConfigurationError} when an option cannot work.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
 */
export function sendgridChannel(options: SendGridChannelOptions): Channel {
  checkOptions(options)
  const batch = batchRules(options.batch, 'sendgridChannel()', 1000)
  const { client, webhook, sandbox = false, name = 'email' } = options
  const keys = webhook === undefined ? null : publicKeysOf(webhook.publicKey)
  const send = inBatches<MailMessage>(
    batch,
    async (items) => {
      try {
        const [{ statusCode }] = await client.send(mailOf(options, items))
        return items.map(({ message, context }): SendOutcome => {
          const from = message.content.from ?? options.from
          return outcomeOfAnswer(statusCode, sandbox, messageIdOf(context.deliveryRef, from))
        })
      } catch (error) {
        return outcomesOfError(error, items.length, Date.now())
      }
    },
    (error) => outcomeOfError(error, Date.now()),
  )
  return {
    name,
    addressKind: 'email',
    account: options.account ?? 'sendgrid',
    capabilities: {
      idempotencyKeyTtlMs: null,
      echoesReference: keys !== null,
      lookup: 'none',
      batchSize: batch.size,
    },
    ...wiredOptions(options),
    send: sendsMails((message, context) => send({ message, context }, batchKey(message))),
    ...(keys === null
      ? {}
      : {
          verify: async (report) => verifySignature(report, keys),
          parse: async (report) => parseReport(report),
        }),
  }
}

function checkOptions({ client, from, categories = [], unsubscribeGroup, ipPoolName }: SendGridChannelOptions): void {
  if (typeof client?.send !== 'function') {
    throw new ConfigurationError(
      'sendgridChannel() needs a client: the service of @sendgrid/mail, with its API key set.',
    )
  }
  if (typeof from !== 'string' || !/^[^@\s]+@[^@\s]+$/.test(mailboxOf(from).address)) {
    throw new ConfigurationError('sendgridChannel() needs `from`: one mailbox, such as "Acme <hello@acme.test>".')
  }
  const areFine = categories.every((category) => category !== '' && category.length <= 255)
  if (categories.length > 10 || new Set(categories).size < categories.length || !areFine) {
    throw new ConfigurationError('sendgridChannel() takes at most 10 categories, each once and of 1 to 255 characters.')
  }
  if ((unsubscribeGroup?.groupsToDisplay?.length ?? 0) > 25) {
    throw new ConfigurationError('sendgridChannel() can display at most 25 unsubscribe groups.')
  }
  const groups =
    unsubscribeGroup === undefined ? [] : [unsubscribeGroup.groupId, ...(unsubscribeGroup.groupsToDisplay ?? [])]
  if (!groups.every(Number.isInteger)) {
    throw new ConfigurationError('sendgridChannel() takes unsubscribe groups by their ids, which are whole numbers.')
  }
  if (ipPoolName !== undefined && !(ipPoolName.length >= 2 && ipPoolName.length <= 64)) {
    throw new ConfigurationError('sendgridChannel() takes an ipPoolName of 2 to 64 characters.')
  }
}
