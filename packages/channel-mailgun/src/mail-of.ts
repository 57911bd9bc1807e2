import { type BatchItem, type MailMessage, mailHeaders, messageIdOf, type SendContext } from '@drumbeat/core'
import type { MailgunChannelOptions } from './mailgun-channel.js'

/** The user variable that carries the delivery reference. */
export const referenceVariable = 'drumbeat_ref'

/** A mail as Mailgun's messages API takes it: its fields, and headers, variables and options by prefix. */
export type MailgunMail = {
  from: string
  to: string[]
  subject: string
  html: string
  text?: string
  'recipient-variables'?: string
  [prefixed: `${'h' | 'v'}:${string}`]: string
  'o:tag'?: string[]
  'o:tracking-opens'?: 'yes' | 'no'
  'o:tracking-clicks'?: 'yes' | 'no'
  'o:require-tls'?: 'yes' | 'no'
  'o:testmode'?: 'yes'
}

/**
 * Mails with the same key can share a request: everything but recipient, subject and the values of headers is equal. A mail that itself
 * holds what Mailgun would take for a recipient variable goes alone.
 */
export function batchKey(message: MailMessage, { deliveryRef }: Pick<SendContext, 'deliveryRef'>): string {
  const { content } = message
  const { from, replyTo, html, text } = content
  const values = Object.values(personalHeaders(message))
  const isPlain = ![html, text ?? '', content.subject, ...values].some((part) => part.includes('%recipient'))
  const names = Object.keys(personalHeaders(message)).sort()
  return JSON.stringify([isPlain ? null : deliveryRef, from ?? null, replyTo ?? null, text ?? null, html, names])
}

/** One request for mails of one key. */
export function mailOf(options: MailgunChannelOptions, items: readonly BatchItem<MailMessage>[]): MailgunMail {
  const [first, ...others] = items
  if (first === undefined) throw new RangeError('A request holds at least one mail.')
  const { content } = first.message
  const { tags, tracking, requireTls, testMode = false } = options
  const replyTo = content.replyTo ?? options.replyTo
  return {
    from: content.from ?? options.from,
    to: items.map(({ message }) => message.to),
    html: content.html,
    ...(content.text === undefined ? {} : { text: content.text }),
    ...(replyTo === undefined ? {} : { 'h:Reply-To': replyTo }),
    ...(others.length === 0 ? alone(options, first) : shared(items)),
    ...(tags === undefined ? {} : { 'o:tag': [...tags] }),
    ...(tracking?.opens === undefined ? {} : { 'o:tracking-opens': yesOrNo(tracking.opens) }),
    ...(tracking?.clicks === undefined ? {} : { 'o:tracking-clicks': yesOrNo(tracking.clicks) }),
    ...(requireTls === undefined ? {} : { 'o:require-tls': yesOrNo(requireTls) }),
    ...(testMode ? { 'o:testmode': 'yes' as const } : {}),
  }
}

type Personal = Pick<MailgunMail, 'subject' | 'recipient-variables' | `${'h' | 'v'}:${string}`>

function alone({ domain }: MailgunChannelOptions, { message, context }: BatchItem<MailMessage>): Personal {
  const headers = mailHeaders(message, messageIdOf(context.deliveryRef, domain))
  return {
    subject: message.content.subject,
    ...prefixed('h', headers),
    [`v:${referenceVariable}`]: context.deliveryRef,
  }
}

/** What differs from person to person stands in the recipient variables; without them everybody would see all addresses. */
function shared(items: readonly BatchItem<MailMessage>[]): Personal {
  const names = Object.keys(items[0] === undefined ? {} : personalHeaders(items[0].message))
  const variables = items.map(({ message, context }) => {
    const headers = personalHeaders(message)
    const values = names.map((name, index) => [`h${index}`, headers[name] ?? ''])
    return [message.to, { ref: context.deliveryRef, subject: message.content.subject, ...Object.fromEntries(values) }]
  })
  return {
    subject: '%recipient.subject%',
    ...prefixed('h', Object.fromEntries(names.map((name, index) => [name, `%recipient.h${index}%`]))),
    [`v:${referenceVariable}`]: '%recipient.ref%',
    'recipient-variables': JSON.stringify(Object.fromEntries(variables)),
  }
}

/** Without the Message-ID, of which a request has one. */
function personalHeaders(message: MailMessage): Readonly<Record<string, string>> {
  const { 'Message-ID': _, ...headers } = mailHeaders(message, '')
  return headers
}

function prefixed(prefix: 'h' | 'v', values: Readonly<Record<string, string>>): { [name: `h:${string}`]: string } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value]))
}

function yesOrNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no'
}
