/** How a channel's addresses are written: mail addresses, phone numbers, or whatever the channel's provider uses. */
export type AddressKind = 'email' | 'phone' | 'other'

/** An address in the one form that is stored and compared, or what is wrong with it as one sentence without the address. */
export type NormalizedAddress =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly problem: string }

/**
 * Brings an address into one form, so that the same address is always the same text. Spaces around it are dropped; controls and
 * line breaks (also at its ends), lists and display names are refused, so that one address can never become two recipients.
 *
 * - `email`: a dot-atom and a domain name (RFC 5321 lengths; no quoted local parts, no IP literals). The domain is lower case, in
 *   its ASCII form. The local part keeps its case, which the receiving host may tell apart.
 * - `phone`: E.164, `+` and 7 to 15 digits. Spaces, dashes, dots, slashes, parentheses, the invisible marks that address books put
 *   around numbers, a leading `00` for `+` and a trunk `(0)` are accepted; numbers without a country code are not, nor extensions.
 * - `other`: 1 to 4,096 characters, as they are.
 */
export function normalizeAddress(channelKind: AddressKind, raw: string): NormalizedAddress {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(raw)) return refused('the address has a control character or a line break')
  const text = raw.trim()
  if (text === '') return refused('the address is empty')
  switch (channelKind) {
    case 'email':
      return normalizeEmail(text)
    case 'phone':
      return normalizePhone(text)
    case 'other':
      return text.length > 4096 ? refused('the address is longer than 4,096 characters') : accepted(text)
  }
}

/**
 * The key under which an address is suppressed and looked up: lower case throughout, because practically every host ignores case in
 * local parts, and someone who unsubscribes as `Ana@` must not be written to as `ana@`. Takes a normalized address.
 */
export function addressKey(address: string): string {
  return address.toLowerCase()
}

function normalizeEmail(raw: string): NormalizedAddress {
  const text = raw.normalize('NFC')
  if (text.length > 254) return refused('the mail address is longer than 254 characters')
  if (/[,;]/.test(text)) return refused('the mail address is a list; give exactly one')
  if (/[<>"()]/.test(text))
    return refused('the mail address has a name, quotes or brackets around it; give the address alone')
  if (/[\s\p{Z}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/u.test(text))
    return refused('the mail address has a space or an invisible character in it')
  const parts = text.split('@')
  const [local = '', domain = ''] = parts
  if (parts.length !== 2 || local === '' || domain === '')
    return refused('the mail address is not of the form name@example.com')
  if (new TextEncoder().encode(local).length > 64) return refused('the part before @ is longer than 64 bytes')
  // RFC 5322 atext, and with RFC 6531 letters of every script.
  if (!/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local)) {
    return refused('the part before @ has a character that is not allowed there, or a dot at an end or twice in a row')
  }
  const host = asciiDomain(domain)
  return host === null
    ? refused('the part after @ is not a domain name such as example.com')
    : accepted(`${local}@${host}`)
}

/** A domain name of at least two labels, lower case, in punycode where needed; null when it is not one. */
function asciiDomain(domain: string): string | null {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return null
  const ascii = /^[\x21-\x7e]+$/.test(domain) ? domain.toLowerCase() : punycode(domain)
  if (ascii === null || ascii.length > 253) return null
  const labels = ascii.split('.')
  const sound = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  return sound && labels.length >= 2 && /[a-z]/.test(labels.at(-1) ?? '') ? ascii : null
}

function punycode(domain: string): string | null {
  return URL.canParse(`http://${domain}/`) ? new URL(`http://${domain}/`).hostname : null
}

function normalizePhone(raw: string): NormalizedAddress {
  const text = raw.normalize('NFKC')
  if (text.length > 64) return refused('the phone number is longer than 64 characters')
  if (/[,;]/.test(text)) return refused('the phone number is a list; give exactly one')
  if (/\p{L}/u.test(text)) return refused('the phone number has letters in it; leave extensions and labels out')
  const international = text.replace(/^00/, '+')
  const digits = international.replace(/\(0\)/, '').replace(/[\s\p{Cf}().\-/\u2010-\u2015\u2212]/gu, '')
  if (!/^\+?\d+$/.test(digits)) return refused('the phone number has a character that is not allowed in one')
  if (!digits.startsWith('+')) return refused('the phone number has no country code; write it as +15005550006')
  if (!/^\+[1-9]\d{6,14}$/.test(digits))
    return refused('the phone number does not have 7 to 15 digits after +, the first not 0')
  if (digits.startsWith('+1') && digits.length !== 12)
    return refused('a number of country code 1 has ten digits after it')
  return accepted(digits)
}

function accepted(address: string): NormalizedAddress {
  return { ok: true, address }
}

function refused(problem: string): NormalizedAddress {
  return { ok: false, problem }
}
