import type { EmailContent } from '../message/template.js'
import type { OutboundMessage, SendContext, SendOutcome } from '../ports/channel.js'

/** A message whose content is a mail. */
export interface MailMessage extends OutboundMessage {
  readonly content: EmailContent
}

/** The `send` of a channel that takes mails: contents that are none are refused without a call. */
export function sendsMails(
  send: (message: MailMessage, context: SendContext) => Promise<SendOutcome>,
): (message: OutboundMessage, context: SendContext) => Promise<SendOutcome> {
  return async (message, context) => {
    const { content } = message
    if (content.kind !== 'email') return { outcome: 'rejected', code: 'content_kind', reason: 'content' }
    return send({ ...message, content }, context)
  }
}

/** A mailbox in its two parts. */
export interface Mailbox {
  readonly address: string
  /** Null = it has none. */
  readonly name: string | null
}

/** Reads `Name <address>` or `address`, as rendered contents and options have it. The address is not checked. */
export function mailboxOf(text: string): Mailbox {
  const [, name = '', address = text] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? []
  const plain = name
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replace(/\\(.)/g, '$1')
  return { address: address.trim(), name: plain === '' ? null : plain }
}

/**
 * The Message-ID of a delivery's mail, without its angle brackets: the delivery reference at the sender's domain. The same for every
 * attempt, so that mail servers which compare it see one mail, and answers name the delivery.
 */
export function messageIdOf(deliveryRef: string, from: string): string {
  const domain = mailboxOf(from).address.split('@').at(-1) ?? ''
  return `${deliveryRef}@${domain === '' ? 'localhost' : domain}`
}

/**
 * What a mail carries beside sender, recipient and subject: its Message-ID, the thread that it continues, the content's own headers and
 * those for unsubscribing. Later ones win.
 */
export function mailHeaders(message: MailMessage, messageId: string): Readonly<Record<string, string>> {
  const { content, headers, inReplyTo } = message
  const earlier = inReplyTo === null ? null : `<${inReplyTo.replace(/^<|>$/g, '')}>`
  return {
    'Message-ID': `<${messageId}>`,
    ...(earlier === null ? {} : { 'In-Reply-To': earlier, References: earlier }),
    ...content.headers,
    ...headers,
  }
}
