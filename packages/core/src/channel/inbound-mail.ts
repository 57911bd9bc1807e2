import { ownText, textOfHtml } from '../contact/own-text.js'
import { sha256 } from '../message/hash.js'
import type { ParsedReport } from '../ports/channel.js'
import type { Instant } from '../schedule/instant.js'

/** A mail as a provider received and took it apart. */
export interface ReceivedMail {
  /** As in its header or its envelope. */
  readonly from: string
  readonly to: string | null
  readonly subject: string
  /** The plain text; empty = it has none, and the HTML is read. */
  readonly text: string
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
  readonly receivedAt: Instant
}

/** The report on a mail from a contact: known by its Message-ID, or by what it says where it has none, and without what it quotes. */
export function inboundMail(mail: ReceivedMail): Extract<ParsedReport, { kind: 'inbound' }> {
  const { from, to, subject, text, html, headers, receivedAt } = mail
  const id = Object.entries(headers).find(([name]) => name.toLowerCase() === 'message-id')?.[1] ?? ''
  return {
    kind: 'inbound',
    dedupeKey: id === '' ? sha256(JSON.stringify([from, headers, text, html])) : id,
    message: { from, to, subject, text: ownText(text === '' ? textOfHtml(html) : text), headers, at: receivedAt },
  }
}
