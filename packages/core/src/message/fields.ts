import type { Content, EmailContent } from './template.js'

/**
 * How a field is written and checked: `html` is escaped by context; `plain` may have several lines; `header` is one line;
 * `mailbox` is a header that names exactly one address; `url` is a whole http(s) URL; `data` is a text for a program, and `urlPart` the
 * path and query of a URL for one.
 */
export type FieldSyntax = 'html' | 'plain' | 'header' | 'mailbox' | 'url' | 'data' | 'urlPart'

/** Where a text stands in the content: `subject`, `html`, `headers.X-Tag`, `body`, `mediaUrls.0`, `fields.title`. */
export type FieldPath =
  | 'subject'
  | 'html'
  | 'text'
  | 'preheader'
  | 'from'
  | 'replyTo'
  | 'body'
  | `headers.${string}`
  | `mediaUrls.${number}`
  | `fields.${string}`

/** One text of a content that may hold tokens. */
export interface Field {
  readonly path: FieldPath
  readonly syntax: FieldSyntax
  readonly source: string
}

/** Every text of the content that may hold tokens, in a fixed order. Fields that are absent are left out. */
export function fieldsOf(content: Content): readonly Field[] {
  switch (content.kind) {
    case 'email':
      return [
        field('subject', 'header', content.subject),
        field('preheader', 'plain', content.preheader),
        field('html', 'html', content.html),
        field('text', 'plain', content.text),
        field('from', 'mailbox', content.from),
        field('replyTo', 'mailbox', content.replyTo),
        ...Object.entries(content.headers ?? {}).map(([name, value]) => field(`headers.${name}`, 'header', value)),
      ].flat()
    case 'text':
      return [
        field('body', 'plain', content.body),
        ...(content.mediaUrls ?? []).map((url, index) => field(`mediaUrls.${index}`, 'url', url)),
      ].flat()
    case 'custom':
      return Object.entries(content.fields).flatMap(([name, value]) => field(`fields.${name}`, 'plain', value))
  }
}

/**
 * The same content with each of its {@link fieldsOf}, asked for in their order, replaced by what `textOf` says; everything else is
 * kept.
 */
export function replaceFields(content: Content, textOf: (path: FieldPath, source: string) => string): Content {
  switch (content.kind) {
    case 'email': {
      const replaced: { -readonly [Name in keyof EmailContent]: EmailContent[Name] } = { ...content }
      const { subject, preheader, html, text, from, replyTo, headers } = content
      replaced.subject = textOf('subject', subject)
      if (preheader !== undefined) replaced.preheader = textOf('preheader', preheader)
      replaced.html = textOf('html', html)
      if (text !== undefined) replaced.text = textOf('text', text)
      if (from !== undefined) replaced.from = textOf('from', from)
      if (replyTo !== undefined) replaced.replyTo = textOf('replyTo', replyTo)
      if (headers !== undefined)
        replaced.headers = mapRecord(headers, (name, value) => textOf(`headers.${name}`, value))
      return replaced
    }
    case 'text':
      return {
        ...content,
        body: textOf('body', content.body),
        ...(content.mediaUrls === undefined
          ? {}
          : { mediaUrls: content.mediaUrls.map((url, index) => textOf(`mediaUrls.${index}`, url)) }),
      }
    case 'custom':
      return { ...content, fields: mapRecord(content.fields, (name, value) => textOf(`fields.${name}`, value)) }
  }
}

function field(path: FieldPath, syntax: FieldSyntax, source: string | undefined): readonly Field[] {
  return source === undefined ? [] : [{ path, syntax, source }]
}

function mapRecord(
  record: Readonly<Record<string, string>>,
  replace: (name: string, value: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, replace(name, value)]))
}
