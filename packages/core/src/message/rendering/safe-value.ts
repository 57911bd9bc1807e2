import { breaksLine } from '../header-rules.js'
import type { HtmlContext } from '../html/contexts.js'
import { decodeEntities, escapeHtml } from '../html/entities.js'
import {
  encodeData,
  encodeUrlPart,
  hasSafeScheme,
  isWebUrl,
  openUrl,
  stripInvisible,
  stripInvisibleFromUrls,
} from '../html/urls.js'
import { isOrdinary } from '../ordinary.js'

/**
 * The place of a value: one of HTML's, a line of a header, text that a reader sees as it is, or a URL that is a field of its own.
 * `plainAfterUrl` and `contentAfterUrl` are text that may directly continue a URL; `data` and `urlPart` are read by programs.
 */
export type Place =
  | HtmlContext
  | 'contentAfterUrl'
  | 'plain'
  | 'plainAfterUrl'
  | 'header'
  | 'fieldUrl'
  | 'data'
  | 'urlPart'

/** A color, a size, a name, a list of them, or `rgb(…)` and `hsl(…)`: what a style may be filled with. */
const styleValue = /^(?:[-\w .,%#+]*|(?:rgb|hsl)a?\([\d\s.,%/]*\))$/i

/** A whole URL in which there is nothing to encode. */
const plainUrl = /^https?:\/\/[\w.~:/?#@!$&()*+,;=-]*$/

/** Controls that mean nothing in text. Tab and line ends stay. */
const strayControls = /[^\P{Cc}\t\n\r]/gu

/** Why a value cannot be made safe for its place. */
export interface Refusal {
  readonly refused: 'control_character' | 'not_a_style_value'
}

/** Makes a value safe, given what stands before it in the field, or in the attribute for `url`. */
export type Guard = (value: string, soFar: string) => string | Refusal

/** What makes values safe for a place. */
export function guardOf(place: Place): Guard {
  return guards[place]
}

/** The same for values that are {@link isOrdinary}, where that makes it simpler; null = it does not. */
export function ordinaryGuardOf(place: Place): ((value: string) => string) | null {
  switch (place) {
    case 'content':
    case 'contentAfterUrl':
    case 'attribute':
      return escapeHtml
    case 'plain':
    case 'header':
      return unchanged
    default:
      return null
  }
}

/** For places without rules of their own, and for names that the version trusts. */
export function unchanged(value: string): string {
  return value
}

const notAStyleValue: Refusal = { refused: 'not_a_style_value' }
const controlCharacter: Refusal = { refused: 'control_character' }

const inContent: Guard = (value) => escapeHtml(stripInvisibleFromUrls(readable(value)))

const guards: Readonly<Record<Place, Guard>> = {
  content: inContent,
  attribute: inContent,
  contentAfterUrl: (value, soFar) =>
    openUrl(soFar) === '' ? inContent(value, soFar) : escapeHtml(stripInvisible(readable(value))),
  comment: (value) => escapeHtml(readable(value)).replace(/-/g, '&#45;'),
  css: (value) => (styleValue.test(value) ? value : notAStyleValue),
  cssUrl: (value) => {
    const url = encodeUrlPart(value, '').replace(/[()]/g, (character) => (character === '(' ? '%28' : '%29'))
    return isWebUrl(url) ? escapeHtml(url) : notAStyleValue
  },
  url: (value, soFar) =>
    escapeHtml(soFar === '' && plainUrl.test(value) ? value : encodeUrlPart(value, decodeEntities(soFar))),
  fieldUrl: (value, soFar) => encodeUrlPart(value, soFar),
  data: unchanged,
  urlPart: encodeData,
  header: (value) => (breaksLine(value) ? controlCharacter : value),
  plain: (value) => stripInvisibleFromUrls(readable(value)),
  plainAfterUrl: (value, soFar) => {
    const url = openUrl(soFar)
    return url === '' ? stripInvisibleFromUrls(readable(value)) : encodeUrlPart(value, url)
  },
}

/** The whole value of a URL attribute, or `#` when it would lead anywhere but to the web, a mail or a call. */
export function safeUrlAttribute(url: string): string {
  return url.startsWith('https://') || hasSafeScheme(url, true) ? url : '#'
}

/** A text whose every character is one: lone halves of surrogate pairs become U+FFFD. */
export function wellFormed(text: string): string {
  return isOrdinary(text) || !/[\ud800-\udfff]/.test(text) ? text : text.replace(/\p{Cs}/gu, '\ufffd')
}

function readable(text: string): string {
  return text.replace(strayControls, '')
}
