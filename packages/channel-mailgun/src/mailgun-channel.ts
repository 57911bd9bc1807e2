import {
  type BatchRules,
  batchRules,
  type Channel,
  ConfigurationError,
  inBatches,
  type MailMessage,
  mailboxOf,
  sendsMails,
  wiredOptions,
} from '@drumbeat/core'
import { lookUp } from './lookup.js'
import { batchKey, type MailgunMail, mailOf } from './mail-of.js'
import { parseReport } from './parse-report.js'
import { outcomeOfAnswer, outcomeOfError } from './send-outcome.js'
import { usedTokens } from './used-tokens.js'
import { verifySignature } from './verify-signature.js'

export type { MailgunMail } from './mail-of.js'

/** The part of the client of `mailgun.js` that is used. */
export interface MailgunClient {
  readonly messages: {
    create(domain: string, mail: MailgunMail): Promise<{ readonly status: number; readonly id?: string }>
  }
  readonly request: {
    get(path: string, query: { 'message-id': string; limit: number }): Promise<{ readonly body?: unknown }>
  }
}

/** How mails go out through Mailgun. */
export interface MailgunChannelOptions {
  /** `new Mailgun(FormData).client({ username: 'api', key, url })`; in the EU with its own `url`. */
  readonly client: MailgunClient
  /** The sending domain at Mailgun. */
  readonly domain: string
  /** Who sends, unless a template says otherwise: `Acme <hello@acme.test>`. */
  readonly from: string
  readonly replyTo?: string
  /** How Mailgun's webhooks and routes are verified. Without it reports are not read. */
  readonly webhook?: {
    /** The HTTP webhook signing key, which is not the API key. While it is being changed: the new one, then the old one. */
    readonly signingKey: string | readonly string[]
  }
  /**
   * Puts mails of equal content into one request with recipient variables, up to `size` (1 to 1,000) of those that are sent within
   * `waitMs`. Each keeps its own subject, headers and reports; Mailgun gives them one Message-ID, so that they can neither be looked up
   * nor continued as a thread. Default: each mail goes alone.
   */
  readonly batch?: BatchRules
  /** At most 3 per mail, each at most 128 ASCII characters. */
  readonly tags?: readonly string[]
  /** Whether Mailgun rewrites links and adds a pixel. Default: as the domain says. */
  readonly tracking?: { readonly opens?: boolean; readonly clicks?: boolean }
  /** Never hand a mail to a server without TLS. Default: as the domain says. */
  readonly requireTls?: boolean
  /** Mailgun takes mails and sends none. Default false. */
  readonly testMode?: boolean
  /** What steps call it. Default `email`. */
  readonly name?: string
  /** Default: `mailgun:` and the domain. */
  readonly account?: string
  readonly ambiguity?: Channel['ambiguity']
  /** How fast the account may be sent through; SMS count in segments. Default: as fast as it answers. */
  readonly rate?: Channel['rate']
}

/**
 * Sends mails through Mailgun's v3 API. Mailgun does not de-duplicate; every mail carries its delivery reference as a user variable, so
 * that events name the delivery, and as its Message-ID, so that answers do and Mailgun can be asked for it.
 * @throws {ConfigurationError} when an option cannot work.
 * @see https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
 */
export function mailgunChannel(options: MailgunChannelOptions): Channel {
  checkOptions(options)
  const batch = batchRules(options.batch, 'mailgunChannel()', 1000)
  const { client, domain, webhook, name = 'email' } = options
  const looksUp = batch.size === 1
  const isFirstUseOrCopy = usedTokens()
  const send = inBatches<MailMessage>(
    batch,
    async (items) => {
      try {
        const answer = await client.messages.create(domain, mailOf(options, items))
        return items.map(() => outcomeOfAnswer(answer, items.length))
      } catch (error) {
        return items.map(() => outcomeOfError(error, Date.now(), items.length))
      }
    },
    (error) => outcomeOfError(error, Date.now()),
  )
  return {
    name,
    addressKind: 'email',
    account: options.account ?? `mailgun:${domain}`,
    capabilities: {
      idempotencyKeyTtlMs: null,
      echoesReference: webhook !== undefined,
      lookup: looksUp ? 'byReference' : 'none',
      batchSize: batch.size,
    },
    ...wiredOptions(options),
    send: sendsMails((message, context) => send({ message, context }, batchKey(message, context))),
    ...(looksUp ? { lookup: (delivery) => lookUp(client, domain, delivery, Date.now()) } : {}),
    ...(webhook === undefined
      ? {}
      : {
          verify: async (report) => verifySignature(report, webhook.signingKey) && isFirstUseOrCopy(report),
          parse: async (report) => parseReport(report),
        }),
  }
}

function checkOptions({ client, domain, from, webhook, tags = [] }: MailgunChannelOptions): void {
  if (typeof client?.messages?.create !== 'function') {
    throw new ConfigurationError('mailgunChannel() needs a client: new Mailgun(FormData).client({ username, key }).')
  }
  if (typeof domain !== 'string' || !/^[^@\s/]+\.[^@\s/]+$/.test(domain)) {
    throw new ConfigurationError('mailgunChannel() needs `domain`: the sending domain, such as "mg.acme.test".')
  }
  if (typeof from !== 'string' || !/^[^@\s]+@[^@\s]+$/.test(mailboxOf(from).address)) {
    throw new ConfigurationError('mailgunChannel() needs `from`: one mailbox, such as "Acme <hello@acme.test>".')
  }
  const keys = webhook === undefined ? null : [webhook.signingKey].flat()
  if (keys !== null && (keys.length === 0 || keys.some((key) => typeof key !== 'string' || key === ''))) {
    throw new ConfigurationError('mailgunChannel() needs webhook.signingKey: the HTTP webhook signing key.')
  }
  if (tags.length > 3 || tags.some((tag) => !/^[\x20-\x7e]{1,128}$/.test(tag))) {
    throw new ConfigurationError('mailgunChannel() takes at most 3 tags, each of 1 to 128 ASCII characters.')
  }
}
