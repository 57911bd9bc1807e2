import { normalizeAddress } from '../contact/address.js'
import { isOrdinary } from './ordinary.js'

/** Controls and the line separators of Unicode: each could begin a new line, and so a new header. */
const breaking = /[\p{Cc}\u2028\u2029]/u

/** RFC 5322 section 2.1.1: a line has at most 998 characters. */
const maxHeaderLength = 998

/** Headers that decide where a mail goes, who sent it, what it consists of, or who vouches for it. */
const reserved = new Set([
  'to',
  'cc',
  'bcc',
  'from',
  'sender',
  'reply-to',
  'return-path',
  'subject',
  'date',
  'message-id',
  'received',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'dkim-signature',
  'arc-seal',
  'authentication-results',
])

/** True when the text holds a character that could end a header's line: any control, U+2028 or U+2029. */
export function breaksLine(text: string): boolean {
  return !isOrdinary(text) && breaking.test(text)
}

/** True when the text is too long for one header, over 998 characters. */
export function isTooLongForHeader(text: string): boolean {
  return text.length > maxHeaderLength
}

/**
 * What is wrong with the name of a further header; null = nothing. Names are printable ASCII without a colon (RFC 5322
 * section 3.6.8), at most 76 characters.
 */
export function headerNameProblem(name: string): string | null {
  if (!/^[!-9;-~]{1,76}$/.test(name)) return 'a header name is 1 to 76 printable ASCII characters without a colon'
  if (reserved.has(name.toLowerCase())) return 'this header is set by the channel and cannot be set by a template'
  return null
}

/**
 * Reads a text as one mailbox, `Name <address>` or `address`, and writes it so that no mail program can read it as two: the
 * address is checked, and a name with special characters is quoted. Null when it is not exactly one mailbox.
 * @see https://www.rfc-editor.org/rfc/rfc5322#section-3.4
 */
export function oneMailbox(text: string): string | null {
  if (breaksLine(text)) return null
  const bracketed = /^([^<>]*)<([^<>]*)>$/.exec(text.trim())
  const address = normalizeAddress('email', bracketed?.[2] ?? text)
  if (!address.ok) return null
  const name = unquote((bracketed?.[1] ?? '').trim())
  if (name === '') return address.address
  const plain = /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]*$/u.test(name)
  return `${plain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${address.address}>`
}

function unquote(name: string): string {
  const quoted = /^"(.*)"$/s.exec(name)
  return quoted?.[1] === undefined ? name : quoted[1].replace(/\\(.)/g, '$1')
}
