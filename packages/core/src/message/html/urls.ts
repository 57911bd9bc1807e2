import { isOrdinary } from '../ordinary.js'
import { decodeEntities } from './entities.js'

/** Controls, zero-width characters and those that change the direction of text: they make a link look like another one. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f/gu

const safeSchemes = new Set(['https', 'http', 'mailto', 'tel'])

/** Removes what cannot be seen: controls, zero-width and direction characters. For values that stand in a URL. */
export function stripInvisible(text: string): string {
  return isOrdinary(text) ? text : text.replace(invisible, '')
}

/** Removes what cannot be seen from the URLs within a text, and from nothing else: names keep their joiners and marks. */
export function stripInvisibleFromUrls(text: string): string {
  if (!text.includes('://')) return text
  return text.replace(/\S+/g, (word) => (word.includes('://') ? stripInvisible(word) : word))
}

/**
 * Encodes a value for its place in a URL, given what of the URL stands before it. At the start it is a URL and keeps its
 * structure; in the host it cannot leave the host; in the path it may add to the path; in the query and fragment, and in `mailto:`
 * and `tel:`, it is one piece of data. Characters outside ASCII are percent-encoded; existing percent-encoding is kept where the
 * value is structure.
 */
export function encodeUrlPart(value: string, soFar: string): string {
  const clean = stripInvisible(value)
  const before = soFar.trim()
  if (before === '') return encodeStructure(clean.trim())
  if (/[?#]/.test(before)) return encodeData(clean)
  if (/^(?:mailto|tel):/i.test(before)) return encodeData(clean).replace(/%40/g, '@').replace(/%2B/g, '+')
  if (/^(?:https?:)?\/\/[^/]*$/i.test(before) && !/^[/?#]/.test(clean)) return encodeData(clean).replace(/%3A/g, ':')
  return encodeStructure(clean)
}

/**
 * True when a URL leads nowhere but to the web, a mail or a call: its scheme is https, http, mailto or tel, or it has none.
 * `html` says that it may hold character references, as attribute values do; one that is not understood before the scheme is
 * settled makes it unsafe.
 */
export function hasSafeScheme(url: string, html: boolean): boolean {
  const decoded = stripInvisible(html ? decodeEntities(url) : url).trim()
  const head = /^[^/?#]*/.exec(decoded)?.[0] ?? ''
  if (html && head.includes('&')) return false
  const colon = head.indexOf(':')
  return colon < 0 || safeSchemes.has(head.slice(0, colon).toLowerCase())
}

/** True for an absolute http or https URL without white space, controls or invisible characters. */
export function isWebUrl(url: string): boolean {
  return /^https?:\/\/[^/?#\s]+\S*$/i.test(url) && stripInvisible(url) === url
}

/** What a URL in running text cannot contain. */
const delimiter = /[\s<>"'()]/

/** True when a URL that began before the text may still go on at its end. */
export function mayContinueUrl(text: string): boolean {
  return openUrl(text) !== '' || !delimiter.test(text)
}

/** The end of a text from its last white space or delimiter on, if a web URL begins there; else the empty text. */
export function openUrl(text: string): string {
  const run = text.slice(-2048).split(delimiter).at(-1) ?? ''
  const start = run.search(/https?:\/\//i)
  return start < 0 ? '' : run.slice(start)
}

function encodeStructure(text: string): string {
  return encodeURI(text)
    .replace(/%25([0-9a-f]{2})/gi, '%$1')
    .replace(/[']/g, '%27')
}

/** Encodes a value as one piece of data: no character of it means anything to a URL. */
export function encodeData(text: string): string {
  return encodeURIComponent(text).replace(/[']/g, '%27')
}
