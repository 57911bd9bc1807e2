import { type BatchItem, type MailMessage, mailboxOf, mailHeaders, messageIdOf } from '@drumbeat/core'
import type { SendGridChannelOptions } from './sendgrid-channel.js'

/** The custom argument that carries the delivery reference. The prefix keeps it apart from SendGrid's own event fields. */
export const referenceArgument = 'drumbeat_ref'

interface Address {
  email: string
  name?: string
}

/** A mail as `@sendgrid/mail` takes it: one content, and what differs from person to person in its personalizations. */
export interface SendGridMail {
  from: Address
  replyTo?: Address
  subject: string
  content: [{ type: string; value: string }, ...{ type: string; value: string }[]]
  personalizations: {
    to: Address
    subject: string
    headers: Record<string, string>
    customArgs: Record<string, string>
  }[]
  categories?: string[]
  asm?: { groupId: number; groupsToDisplay?: number[] }
  ipPoolName?: string
  mailSettings?: { sandboxMode: { enable: boolean } }
  trackingSettings?: { clickTracking?: { enable: boolean; enableText: boolean }; openTracking?: { enable: boolean } }
}

/** Mails with the same key can share a request: everything but recipient, subject and headers is equal. */
export function batchKey({ content, category }: MailMessage): string {
  const { from, replyTo, html, text } = content
  return JSON.stringify([category, from ?? null, replyTo ?? null, text ?? null, html])
}

/** One request for mails of one key. */
export function mailOf(options: SendGridChannelOptions, items: readonly BatchItem<MailMessage>[]): SendGridMail {
  const [first] = items
  if (first === undefined) throw new RangeError('A request holds at least one mail.')
  const { content, category } = first.message
  const from = content.from ?? options.from
  const replyTo = content.replyTo ?? options.replyTo
  const { categories, unsubscribeGroup, ipPoolName, sandbox = false, tracking } = options
  const html = { type: 'text/html', value: content.html }
  return {
    from: addressOf(from),
    ...(replyTo === undefined ? {} : { replyTo: addressOf(replyTo) }),
    subject: content.subject,
    // SendGrid refuses a content without a character in it.
    content:
      content.text === undefined || content.text === '' ? [html] : [{ type: 'text/plain', value: content.text }, html],
    personalizations: items.map(({ message, context }) => ({
      to: { email: message.to },
      subject: message.content.subject,
      headers: { ...mailHeaders(message, messageIdOf(context.deliveryRef, from)) },
      customArgs: { [referenceArgument]: context.deliveryRef },
    })),
    ...(categories === undefined ? {} : { categories: [...categories] }),
    ...(unsubscribeGroup === undefined || category !== 'marketing' ? {} : { asm: groupOf(unsubscribeGroup) }),
    ...(ipPoolName === undefined ? {} : { ipPoolName }),
    ...(sandbox ? { mailSettings: { sandboxMode: { enable: true } } } : {}),
    ...(tracking === undefined ? {} : { trackingSettings: trackingOf(tracking) }),
  }
}

function addressOf(mailbox: string): Address {
  const { address, name } = mailboxOf(mailbox)
  return name === null ? { email: address } : { email: address, name }
}

function groupOf({ groupId, groupsToDisplay }: NonNullable<SendGridChannelOptions['unsubscribeGroup']>) {
  return groupsToDisplay === undefined ? { groupId } : { groupId, groupsToDisplay: [...groupsToDisplay] }
}

function trackingOf({ opens, clicks }: NonNullable<SendGridChannelOptions['tracking']>) {
  return {
    ...(clicks === undefined ? {} : { clickTracking: { enable: clicks, enableText: clicks } }),
    ...(opens === undefined ? {} : { openTracking: { enable: opens } }),
  }
}
