import type { Expanded, ExpandedSection, ExpandedValue } from '../rendering/expand.js'
import { type Position, type TextNode, templateErrorAt } from '../rendering/parse.js'
import { type HtmlState, htmlStart, scanHtml } from './scanner.js'

/** What a token's value must be made safe for. */
export type HtmlContext = 'content' | 'attribute' | 'comment' | 'css' | 'cssUrl' | 'url'

/** A token, and where in the HTML it stands. */
export interface PlacedValue extends ExpandedValue {
  readonly context: HtmlContext
}

/** A section whose tokens are placed. */
export interface PlacedSection extends Omit<ExpandedSection, 'children'> {
  readonly children: readonly Placed[]
}

/** The whole value of an attribute that is a URL and holds tokens: it is judged as a whole. */
export interface UrlAttribute {
  readonly kind: 'url'
  readonly children: readonly Placed[]
}

/** A part of an HTML source whose contexts are known. `bodyStart` marks the place right after the `<body>` tag. */
export type Placed = TextNode | PlacedValue | PlacedSection | UrlAttribute | { readonly kind: 'bodyStart' }

const urlAttributes = new Set([
  'href',
  'src',
  'srcset',
  'action',
  'formaction',
  'background',
  'poster',
  'cite',
  'longdesc',
  'ping',
  'manifest',
  'codebase',
  'archive',
  'classid',
  'profile',
  'usemap',
  'icon',
  'dynsrc',
  'lowsrc',
])

/** Elements that can run code, redirect, or set attributes of others: their own attributes take no tokens. */
const closedElements = new Set([
  'script',
  'meta',
  'base',
  'object',
  'embed',
  'applet',
  'iframe',
  'frame',
  'link',
  'param',
  'animate',
  'set',
])

/**
 * Finds out for every token of an HTML source what it must be made safe for. Places in which no escaping is safe are refused:
 * tag and attribute names, unquoted values, event handlers, scripts. A section must leave the HTML in the state in which it found
 * it, because it may be left out or repeated.
 * @throws {TemplateError} for these, with line and column.
 */
export function placeInHtml(nodes: readonly Expanded[]): readonly Placed[] {
  const walk = new Walk()
  const placed = walk.list(nodes)
  return walk.hasBody ? placed : [{ kind: 'bodyStart' }, ...placed]
}

/** A stretch of static text, and what happens at its end. */
interface Piece {
  readonly text: string
  readonly event: 'valueBegins' | 'valueEnds' | 'bodyBegins' | null
}

class Walk {
  hasBody = false
  private state: HtmlState = htmlStart
  /** How many sections the current place is in. */
  private depth = 0
  /** The depth at which the current attribute value began. */
  private valueDepth = 0
  /** The end of the static text before the current place, within the current attribute value or style sheet. */
  private recent = ''
  /** The token or section read last, for errors. */
  private at: Position | null = null

  list(nodes: readonly Expanded[]): readonly Placed[] {
    const out: Placed[] = []
    let attribute: Placed[] | null = null
    for (const node of nodes) {
      if (node.kind === 'value') {
        this.at = node.at
        ;(attribute ?? out).push({ ...node, context: this.contextOf(node) })
      } else if (node.kind === 'section') {
        ;(attribute ?? out).push(this.section(node))
      } else {
        for (const { text, event } of this.pieces(node.text)) {
          if (text !== '') (attribute ?? out).push({ kind: 'text', text })
          if (event === 'valueBegins' && this.isUrl()) attribute = []
          if (event === 'bodyBegins') out.push({ kind: 'bodyStart' })
          if (event === 'valueEnds' && attribute !== null) {
            out.push(...judged(attribute))
            attribute = null
          }
        }
      }
    }
    // Only an attribute that the text never closes is still open here.
    if (attribute !== null) out.push(...judged(attribute))
    return out
  }

  private *pieces(text: string): Generator<Piece> {
    let at = 0
    while (at < text.length) {
      const before = this.state
      const step = scanHtml(before, text, at)
      this.state = step.state
      this.recent = (this.recent + text.slice(at, step.at)).slice(-200)
      const event = this.eventAfter(before)
      // A closing quote belongs to what follows the value.
      const end = event === 'valueEnds' && before.quote !== '' ? step.at - 1 : step.at
      yield { text: text.slice(at, end), event }
      if (end < step.at) yield { text: text.slice(end, step.at), event: null }
      at = step.at
    }
  }

  private eventAfter(before: HtmlState): Piece['event'] {
    const after = this.state
    if (before.where !== 'value' && after.where === 'value') {
      this.valueDepth = this.depth
      this.recent = ''
      return 'valueBegins'
    }
    if (before.where === 'value' && after.where !== 'value') {
      if (this.valueDepth === this.depth || this.at === null) return 'valueEnds'
      throw templateErrorAt(this.at, 'a section begins inside an attribute and ends outside it; close the quote first')
    }
    if (!this.hasBody && before.where === 'tag' && before.tag === 'body' && after.where === 'text') {
      this.hasBody = true
      return 'bodyBegins'
    }
    return null
  }

  private section(node: ExpandedSection): PlacedSection {
    this.settleName()
    const before = this.state
    this.at = node.at
    this.depth += 1
    const children = this.list(node.children)
    this.depth -= 1
    this.at = node.at
    this.settleName()
    if (!sameState(before, this.state)) {
      throw templateErrorAt(
        node.at,
        `the section "${node.name}" begins ${describe(before)} and ends ${describe(this.state)}; ` +
          'since it may be left out, it must end where it began',
      )
    }
    return { ...node, children }
  }

  /** The edge of a section ends the name of an attribute without a value: `<td {{#wide}}nowrap{{/wide}}>`. */
  private settleName(): void {
    if (this.state.where === 'attributeName' || this.state.where === 'afterName') {
      this.state = { ...this.state, where: 'tag', attribute: '' }
    }
  }

  private isUrl(): boolean {
    return urlAttributes.has(this.state.attribute)
  }

  private contextOf(node: ExpandedValue): HtmlContext {
    const { where, tag, attribute, quote } = this.state
    const context = ((): HtmlContext | null => {
      switch (where) {
        case 'text':
          return 'content'
        case 'comment':
          return 'comment'
        case 'rawText':
          if (tag === 'title' || tag === 'textarea') return 'content'
          return tag === 'style' ? this.cssContext() : null
        case 'value':
          if (quote === '' || closedElements.has(tag) || attribute === '' || attribute === 'srcdoc') return null
          if (attribute.startsWith('on')) return null
          if (attribute === 'style') return this.cssContext()
          return this.isUrl() ? 'url' : 'attribute'
        default:
          return null
      }
    })()
    if (context === null) {
      throw templateErrorAt(
        node.at,
        `a token cannot stand ${describe(this.state)}; use it in text or in a quoted attribute value`,
      )
    }
    if (node.raw && context !== 'content') {
      throw templateErrorAt(
        node.at,
        `{{{${node.name}}}} stands ${describe(this.state)}, where it must be escaped; write {{${node.name}}}`,
      )
    }
    return context
  }

  private cssContext(): HtmlContext {
    return /url\(\s*(?:["']|&quot;|&#39;|&apos;)?$/i.test(this.recent) ? 'cssUrl' : 'css'
  }
}

/** A URL attribute without tokens is the author's own text. */
function judged(children: readonly Placed[]): readonly Placed[] {
  return children.every((child) => child.kind === 'text') ? children : [{ kind: 'url', children }]
}

function sameState(a: HtmlState, b: HtmlState): boolean {
  return a.where === b.where && a.tag === b.tag && a.attribute === b.attribute && a.quote === b.quote
}

function describe({ where, tag, attribute, quote }: HtmlState): string {
  switch (where) {
    case 'text':
      return 'in text'
    case 'comment':
      return 'in a comment'
    case 'declaration':
      return 'in a declaration'
    case 'rawText':
      return `inside <${tag}>`
    case 'value':
    case 'beforeValue':
      return quote === '' ? `in the unquoted value of "${attribute}"` : `in the attribute "${attribute}" of <${tag}>`
    default:
      return tag === '' ? "in a tag's name" : `in the tag <${tag}>, outside an attribute's value`
  }
}
