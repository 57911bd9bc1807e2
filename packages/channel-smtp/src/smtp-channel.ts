import {
  type Channel,
  ConfigurationError,
  callProvider,
  type Mailbox,
  type MailMessage,
  mailboxOf,
  mailHeaders,
  messageIdOf,
  type SendOutcome,
  sendsMails,
  wiredOptions,
} from '@drumbeat/core'
import { outcomeOfAnswer, outcomeOfError } from './send-outcome.js'

interface Address {
  name: string
  address: string
}

/** A mail as nodemailer takes it. */
export interface SmtpMail {
  from: Address
  to: Address
  replyTo?: Address
  subject: string
  html: string
  text?: string
  messageId: string
  headers: Record<string, string>
  disableFileAccess: true
  disableUrlAccess: true
  signal: AbortSignal
}

/** What nodemailer tells of a mail that the server took. */
export interface SmtpAnswer {
  readonly accepted?: readonly unknown[]
  /** The server's last reply; absent where the transport does not speak SMTP. */
  readonly response?: string
}

/** The part of a nodemailer transporter that is used. */
export interface SmtpClient {
  sendMail(mail: SmtpMail): Promise<SmtpAnswer>
}

/** How mails go out over SMTP. */
export interface SmtpChannelOptions {
  /** `nodemailer.createTransport({ host, port, auth })`. With `pool: true` connections are used again. */
  readonly client: SmtpClient
  /** Who sends, unless a template says otherwise: `Acme <hello@acme.test>`. */
  readonly from: string
  readonly replyTo?: string
  /** What steps call it. Default `email`. */
  readonly name?: string
  /** Default `smtp`. Give each server or login its own. */
  readonly account?: string
  readonly ambiguity?: Channel['ambiguity']
  /** How fast the account may be sent through; SMS count in segments. Default: as fast as it answers. */
  readonly rate?: Channel['rate']
}

/**
 * Sends mails over SMTP through nodemailer. The server's replies say for certain what it took and what it did not; a conversation that
 * breaks off is unknown, and SMTP has nobody to ask. Bounces come as mails to the sender: hand them to `workspace.receive`.
 * @throws {ConfigurationError} when an option cannot work.
 * @see https://www.rfc-editor.org/rfc/rfc5321
 */
export function smtpChannel(options: SmtpChannelOptions): Channel {
  checkOptions(options)
  const { client, name = 'email', account = 'smtp' } = options
  return {
    name,
    addressKind: 'email',
    account,
    capabilities: { idempotencyKeyTtlMs: null, echoesReference: false, lookup: 'none' },
    ...wiredOptions(options),
    send: sendsMails((message, context) => {
      const messageId = messageIdOf(context.deliveryRef, message.content.from ?? options.from)
      const call = async (): Promise<SendOutcome> =>
        outcomeOfAnswer(await client.sendMail(mailOf(options, message, messageId, context.signal)), messageId)
      return callProvider(context, call, outcomeOfError)
    }),
  }
}

function mailOf(
  { from, replyTo }: SmtpChannelOptions,
  message: MailMessage,
  messageId: string,
  signal: AbortSignal,
): SmtpMail {
  const { content, to } = message
  const answerTo = content.replyTo ?? replyTo
  const { 'Message-ID': id = `<${messageId}>`, ...headers } = mailHeaders(message, messageId)
  return {
    from: addressOf(mailboxOf(content.from ?? from)),
    // Not as a text, which could be read as several addresses.
    to: { name: '', address: to },
    ...(answerTo === undefined ? {} : { replyTo: addressOf(mailboxOf(answerTo)) }),
    subject: content.subject,
    html: content.html,
    ...(content.text === undefined ? {} : { text: content.text }),
    messageId: id,
    headers,
    disableFileAccess: true,
    disableUrlAccess: true,
    signal,
  }
}

function addressOf({ name, address }: Mailbox): Address {
  return { name: name ?? '', address }
}

function checkOptions({ client, from }: SmtpChannelOptions): void {
  if (typeof client?.sendMail !== 'function') {
    throw new ConfigurationError('smtpChannel() needs a client: nodemailer.createTransport({ host, port, auth }).')
  }
  if (typeof from !== 'string' || !/^[^@\s]+@[^@\s]+$/.test(mailboxOf(from).address)) {
    throw new ConfigurationError('smtpChannel() needs `from`: one mailbox, such as "Acme <hello@acme.test>".')
  }
}
