import Mustache from 'mustache'
import { TemplateError } from '../../errors.js'
import { decodeEntities } from '../html/entities.js'

/** Static text. */
export interface TextNode {
  readonly kind: 'text'
  readonly text: string
}

/** `{{name}}`, `{{name | fallback}}`, or unescaped `{{{name}}}` and `{{&name}}`. */
export interface ValueNode {
  readonly kind: 'value'
  readonly name: string
  /** The fallback in the token itself; null = none. May be empty: "leave it out". */
  readonly fallback: string | null
  readonly raw: boolean
  readonly at: Position
}

/** `{{#name}}…{{/name}}`, or inverted `{{^name}}…{{/name}}`. */
export interface SectionNode {
  readonly kind: 'section'
  readonly name: string
  readonly inverted: boolean
  readonly children: readonly Node[]
  readonly at: Position
}

/** `{{> name}}`. */
export interface PartialNode {
  readonly kind: 'partial'
  readonly name: string
  readonly at: Position
}

/** A part of a parsed source. */
export type Node = TextNode | ValueNode | SectionNode | PartialNode

/** A source text, and how errors call it. */
export interface Source {
  /** Such as `template "welcome" version 3, html` or `… partial "footer"`. */
  readonly label: string
  readonly text: string
  /** True when the text is HTML: then a token's fallback may be written with entities. */
  readonly html: boolean
}

/** A place in a source. */
export interface Position {
  readonly source: Source
  /** Characters from the start. */
  readonly offset: number
}

const maxLength = 500_000
const maxDepth = 32
const maxNameLength = 200

/** An error that says where in which source it is, by line and column (both 1-based), and what is wrong there. */
export function templateErrorAt({ source, offset }: Position, problem: string): TemplateError {
  const before = source.text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  return new TemplateError(`${source.label}, line ${line}, column ${column}: ${problem}`)
}

/**
 * Parses Mustache with one addition: a token may carry its own fallback, `{{firstName | there}}`; quotes around the fallback
 * keep spaces at its ends. Sections nest at most 32 deep and a source has at most 500,000 characters.
 * @throws {TemplateError} when it is not well-formed; the message has line and column.
 */
export function parseSource(source: Source): readonly Node[] {
  const start = { source, offset: 0 }
  if (source.text.length > maxLength) {
    throw templateErrorAt(start, `it has ${source.text.length} characters; at most ${maxLength} are allowed`)
  }
  return toNodes(readTokens(source), source, 0)
}

/** What Mustache's parser returns: type, text, start, end, and for sections their children. */
type RawToken = readonly [string, string, number, number, (readonly RawToken[])?, number?]

function readTokens(source: Source): readonly RawToken[] {
  const writer = new Mustache.Writer()
  // Mustache keeps every source it has parsed for ever; a compiled template is kept by whoever compiled it.
  ;(writer as { templateCache?: unknown }).templateCache = undefined
  try {
    return writer.parse(source.text) as unknown as readonly RawToken[]
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const offset = Number(/ at (\d+)$/.exec(message)?.[1] ?? 0)
    throw templateErrorAt({ source, offset }, message.replace(/ at \d+$/, ''))
  }
}

function toNodes(tokens: readonly RawToken[], source: Source, depth: number): readonly Node[] {
  return tokens.flatMap((token): readonly Node[] => {
    const [type, text, offset, , children] = token
    const at = { source, offset }
    switch (type) {
      case 'text':
        return [{ kind: 'text', text }]
      case 'name':
      case '&':
        return [{ kind: 'value', ...nameAndFallback(text, at), raw: type === '&', at }]
      case '#':
      case '^': {
        if (depth >= maxDepth) throw templateErrorAt(at, `sections are nested more than ${maxDepth} deep`)
        const inner = toNodes(children ?? [], source, depth + 1)
        return [{ kind: 'section', name: checkedName(text, at), inverted: type === '^', children: inner, at }]
      }
      case '>':
        return [{ kind: 'partial', name: text, at }]
      default:
        return []
    }
  })
}

function nameAndFallback(text: string, at: Position): { name: string; fallback: string | null } {
  const bar = text.indexOf('|')
  if (bar < 0) return { name: checkedName(text, at), fallback: null }
  const written = text.slice(bar + 1)
  const plain = (at.source.html ? decodeEntities(written) : written).trim()
  const quoted = /^(["'])(.*)\1$/s.exec(plain)
  return { name: checkedName(text.slice(0, bar), at), fallback: quoted?.[2] ?? plain }
}

function checkedName(text: string, at: Position): string {
  const name = text.trim()
  if (name === '') throw templateErrorAt(at, 'a token has no name; write it as {{firstName}}')
  if (name.length > maxNameLength)
    throw templateErrorAt(at, `a token's name is longer than ${maxNameLength} characters`)
  if (name.includes('|'))
    throw templateErrorAt(at, `the section "${name}" has a fallback; only {{tokens}} can have one`)
  if (name !== '.' && name.split('.').includes('')) {
    throw templateErrorAt(at, `"${name}" has an empty part; names are dotted, as in {{workspace.name}}`)
  }
  return name
}
