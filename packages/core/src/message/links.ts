import { ConfigurationError } from '../errors.js'
import { type FieldPath, type FieldSyntax, fieldsOf, replaceFields } from './fields.js'
import { decodeEntities, escapeHtml } from './html/entities.js'
import { htmlStart, scanHtml } from './html/scanner.js'
import { isWebUrl } from './html/urls.js'
import type { Content } from './template.js'

/** A web link in a rendered content. */
export interface Link {
  readonly path: FieldPath
  /** As a browser would open it: character references are resolved. */
  readonly url: string
  /** Where it stands in the field: from `start` up to, not including, `end`, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/**
 * Every http and https link of a rendered content, field by field in reading order: targets of `<a>` and `<area>` in HTML, and what
 * readers take for a link in plain text (punctuation at its end is not part of it). A link that stands twice is listed twice.
 */
export function extractLinks(content: Content): readonly Link[] {
  return fieldsOf(content).flatMap(({ path, syntax, source }) =>
    linksIn(syntax, source).map((link) => ({ path, ...link })),
  )
}

/** The content with the target of every link of {@link extractLinks} replaced by what `targetOf` says; the rest stays as it is. */
export function replaceLinks(content: Content, targetOf: (link: Link) => string): Content {
  const syntaxes = new Map(fieldsOf(content).map((field) => [field.path, field.syntax]))
  return replaceFields(content, (path, source) => {
    const syntax = syntaxes.get(path) ?? 'plain'
    let out = ''
    let from = 0
    for (const link of linksIn(syntax, source)) {
      const target = targetOf({ path, ...link })
      out += source.slice(from, link.start) + (syntax === 'html' ? escapeHtml(target) : target)
      from = link.end
    }
    return out + source.slice(from)
  })
}

/**
 * The headers that let a mailbox show its own unsubscribe button: `List-Unsubscribe`, and for an https URL
 * `List-Unsubscribe-Post`, which promises that a POST to it unsubscribes without asking again. Both must be signed by DKIM.
 * An http URL (a development machine) gets the first one only, since RFC 8058 demands https.
 * @throws {ConfigurationError} when the URL is not an absolute http or https one.
 * @see https://www.rfc-editor.org/rfc/rfc8058
 */
export function unsubscribeHeaders(url: string): Readonly<Record<string, string>> {
  if (!isWebUrl(url) || /[<>"\\^`{|}]|[^\x21-\x7e]/.test(url)) {
    throw new ConfigurationError(
      'The unsubscribe URL must be an absolute http or https URL in ASCII, such as https://acme.test/u/1.',
    )
  }
  const list = { 'List-Unsubscribe': `<${url}>` }
  return /^https:/i.test(url) ? { ...list, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : list
}

type Found = Omit<Link, 'path'>

function linksIn(syntax: FieldSyntax, source: string): readonly Found[] {
  if (syntax === 'html') return linksInHtml(source)
  return syntax === 'plain' ? linksInText(source) : []
}

function linksInHtml(html: string): readonly Found[] {
  const found: Found[] = []
  let state = htmlStart
  let at = 0
  while (at < html.length) {
    const before = state
    const start = at
    ;({ state, at } = scanHtml(before, html, at))
    const isTarget =
      before.where === 'value' && before.attribute === 'href' && (before.tag === 'a' || before.tag === 'area')
    if (!isTarget) continue
    const end = state.where !== 'value' && before.quote !== '' ? at - 1 : at
    const url = decodeEntities(html.slice(start, end)).trim()
    if (isWebUrl(url)) found.push({ url, start, end })
  }
  return found
}

function linksInText(text: string): readonly Found[] {
  return [...text.matchAll(/https?:\/\/[^\s<>"]+/gi)].flatMap((match): readonly Found[] => {
    const url = withoutTrailingPunctuation(match[0])
    return isWebUrl(url) ? [{ url, start: match.index, end: match.index + url.length }] : []
  })
}

/** A closing bracket belongs to a URL only if it was opened in it. */
function withoutTrailingPunctuation(url: string): string {
  let unopened = url.split(')').length - url.split('(').length
  let end = url.length
  while (end > 0) {
    const last = url[end - 1] ?? ''
    const isLoose = last === ')' && unopened > 0
    if (!isLoose && !/[.,;:!?'*_\]}»”’]/.test(last)) break
    if (isLoose) unopened -= 1
    end -= 1
  }
  return url.slice(0, end)
}
