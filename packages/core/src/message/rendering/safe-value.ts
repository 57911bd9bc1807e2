import { breaksLine } from '../header-rules.js'
import type { HtmlContext } from '../html/contexts.js'
import { decodeEntities, escapeHtml } from '../html/entities.js'
import {
  encodeUrlPart,
  hasSafeScheme,
  isWebUrl,
  openUrl,
  stripInvisible,
  stripInvisibleFromUrls,
} from '../html/urls.js'

/**
 * The place of a value: one of HTML's, a line of a header, text that a reader sees as it is, or a URL that is a field of its own.
 * `plainAfterUrl` and `contentAfterUrl` are text that may directly continue a URL.
 */
export type Place = HtmlContext | 'contentAfterUrl' | 'plain' | 'plainAfterUrl' | 'header' | 'fieldUrl'

/** A color, a size, a name, a list of them, or `rgb(…)` and `hsl(…)`: what a style may be filled with. */
const styleValue = /^(?:[-\w .,%#+]*|(?:rgb|hsl)a?\([\d\s.,%/]*\))$/i

/** Controls that mean nothing in text. Tab and line ends stay. */
const strayControls = /[^\P{Cc}\t\n\r]/gu

/** A value made safe for its place, or why it cannot be. */
export type Safe = { readonly text: string } | { readonly refused: 'control_character' | 'not_a_style_value' }

/** Makes a value safe for a place, given what stands before it in the field, or in the attribute for `url`. */
export function safeFor(place: Place, value: string, soFar: string): Safe {
  switch (place) {
    case 'content':
    case 'attribute':
      return { text: escapeHtml(stripInvisibleFromUrls(readable(value))) }
    case 'contentAfterUrl': {
      const text = readable(value)
      return { text: escapeHtml(openUrl(soFar) === '' ? stripInvisibleFromUrls(text) : stripInvisible(text)) }
    }
    case 'comment':
      return { text: escapeHtml(readable(value)).replace(/-/g, '&#45;') }
    case 'css':
      return styleValue.test(value) ? { text: value } : { refused: 'not_a_style_value' }
    case 'cssUrl': {
      const url = encodeUrlPart(value, '').replace(/[()]/g, (character) => (character === '(' ? '%28' : '%29'))
      return isWebUrl(url) ? { text: escapeHtml(url) } : { refused: 'not_a_style_value' }
    }
    case 'url':
      return { text: escapeHtml(encodeUrlPart(value, decodeEntities(soFar))) }
    case 'fieldUrl':
      return { text: encodeUrlPart(value, soFar) }
    case 'header':
      return breaksLine(value) ? { refused: 'control_character' } : { text: value }
    case 'plain':
      return { text: stripInvisibleFromUrls(readable(value)) }
    case 'plainAfterUrl': {
      const url = openUrl(soFar)
      return { text: url === '' ? stripInvisibleFromUrls(readable(value)) : encodeUrlPart(value, url) }
    }
  }
}

/** The whole value of a URL attribute, or `#` when it would lead anywhere but to the web, a mail or a call. */
export function safeUrlAttribute(url: string): string {
  return hasSafeScheme(url, true) ? url : '#'
}

/** A text whose every character is one: lone halves of surrogate pairs become U+FFFD. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Cs}/gu, '\ufffd') : text
}

function readable(text: string): string {
  return text.replace(strayControls, '')
}
