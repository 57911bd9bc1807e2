import type { Instant } from '../schedule/instant.js'
import { normalizeAddress } from './address.js'
import { type Keyword, keywordOf } from './keywords.js'

/** A message from a contact, read. */
export interface Inbound {
  readonly channel: string
  /** Who wrote it, as `normalizeAddress` writes it where it is an address. */
  readonly from: string
  /** The address it was sent to, in the same form; null = not said. */
  readonly to: string | null
  /** Without what cannot be read, with plain line ends, at most 16,000 characters. */
  readonly text: string
  /** Null = it says something else, or a machine wrote it and it is not a stop. */
  readonly keyword: Keyword | null
  /** True when a machine wrote it: an out-of-office note, a bounce, a mailing list. It is not a reply. */
  readonly automatic: boolean
  readonly at: Instant
  /** The provider's id of the message it answers; null = not said. */
  readonly inReplyTo: string | null
  /** The provider's own id of it; null = not said. */
  readonly providerId: string | null
}

/** A message as a channel or the host received it. */
export interface RawInbound {
  readonly channel: string
  readonly from: string
  readonly to?: string | null
  readonly text: string
  /** Of a mail. The header of that name is used where it is absent. */
  readonly subject?: string | null
  /** Of a mail, by name in any case. Of a repeated header, any one value. */
  readonly headers?: { readonly [name: string]: string }
  /** What the provider says about it; decides alone where it is given. */
  readonly automatic?: boolean
  /** What the provider took it for, such as Twilio's `OptOutType`; used where the text says nothing. */
  readonly keyword?: Keyword | null
  readonly at: Instant
  readonly inReplyTo?: string | null
  readonly providerId?: string | null
}

const maxText = 16_000

/**
 * Reads a message from a contact: who wrote it, what it says, and whether a person did. The provider's flag decides that where there
 * is one, else the marks of RFC 3834 and those that mail programs use in practice. A machine's message keeps only the keyword `stop`,
 * so that no stop is missed. A mail that is empty but for its subject says what the subject says (`mailto:` unsubscribing).
 */
export function readInbound(raw: RawInbound): Inbound {
  const headers = lowerCaseNames(raw.headers ?? {})
  const subject = raw.subject ?? headers.get('subject') ?? ''
  const text = readable(raw.text)
  const automatic = raw.automatic ?? isAutomatic(headers, subject, raw.from)
  const keyword = keywordOf(text === '' ? readable(subject) : text) ?? raw.keyword ?? null
  return {
    channel: raw.channel,
    from: addressIn(raw.from),
    to: raw.to === undefined || raw.to === null ? null : addressIn(raw.to),
    text,
    keyword: automatic && keyword !== 'stop' ? null : keyword,
    automatic,
    at: raw.at,
    inReplyTo: raw.inReplyTo ?? messageId(headers.get('in-reply-to')),
    providerId: raw.providerId ?? messageId(headers.get('message-id')),
  }
}

/** Subjects of automatic answers, where mail programs set no header. Matched at the start, after any "Re:". */
const automaticSubject =
  /^(?:(?:re|aw|sv|antw|rv|tr) ?: ?)*(?:auto(?:matic|matische|mated|matisch)?[ -]?(?:reply|response|antwort|antwoord)|auto: |out of (?:the )?office|i am out of|on vacation|vacation (?:reply|response)|abwesenheit|abwesend|r[ée]ponse automatique|absence du bureau|absent du bureau|respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori sede|resposta autom[áa]tica|afwezig|undeliver|delivery status notification|mail delivery (?:failed|failure|system)|returned mail|failure notice|unzustellbar)/i

/**
 * @see https://www.rfc-editor.org/rfc/rfc3834#section-5 for Auto-Submitted; an empty return path marks reports (RFC 5321 section
 *   4.5.5); the others are what vacation programs, Exchange and mailing lists set in practice.
 */
function isAutomatic(headers: ReadonlyMap<string, string>, subject: string, from: string): boolean {
  const has = (name: string) => headers.has(name)
  const value = (name: string) => (headers.get(name) ?? '').trim().toLowerCase()
  const autoSubmitted = value('auto-submitted')
  if (autoSubmitted !== '' && !/^no(?:$|[\s;(])/.test(autoSubmitted)) return true
  if (/^(?:auto[_-]reply|bulk|junk|list)$/.test(value('precedence'))) return true
  if (/^<?\s*>?$/.test(value('return-path')) && has('return-path')) return true
  const marks = ['x-autoreply', 'x-autorespond', 'x-autoresponse', 'x-auto-response-suppress', 'x-failed-recipients']
  if (marks.some((name) => has(name) && value(name) !== 'no' && value(name) !== 'none')) return true
  if (value('content-type').startsWith('multipart/report')) return true
  if (/^<?(?:mailer-daemon|postmaster)@/i.test(addressIn(from))) return true
  return automaticSubject.test(subject.trim())
}

/** The address in `Name <address>` or alone, normalized where it can be. */
function addressIn(raw: string): string {
  const text = raw.trim()
  const bracketed = /<([^<>]*)>$/.exec(text)?.[1] ?? text
  const normalized = normalizeAddress(bracketed.includes('@') ? 'email' : 'phone', bracketed)
  return normalized.ok ? normalized.address : text
}

function readable(text: string): string {
  return text
    .slice(0, maxText)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd')
    .normalize('NFC')
    .trim()
}

function messageId(header: string | undefined): string | null {
  const id = header?.trim() ?? ''
  return id === '' ? null : (/<([^<>\s]+)>/.exec(id)?.[1] ?? id)
}

function lowerCaseNames(headers: { readonly [name: string]: string }): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
