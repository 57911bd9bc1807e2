import type { JsonValue } from '../../json.js'
import type { FieldSyntax } from '../fields.js'
import { type Placed, placeInHtml } from '../html/contexts.js'
import { mayContinueUrl } from '../html/urls.js'
import { lookUp } from './context.js'
import type { Expanded, ExpandedSection, ExpandedValue } from './expand.js'
import { templateErrorAt } from './parse.js'
import type { Run } from './run.js'
import { type Place, safeFor, safeUrlAttribute, wellFormed } from './safe-value.js'

/** Writes its part of a field into a run. */
export type Emit = (run: Run) => void

/** What compiling needs to know of the version. */
export interface CompileOptions {
  readonly syntax: FieldSyntax
  readonly fallbacks: Readonly<Record<string, string>>
  readonly trusted: readonly string[]
  /** Writes what stands first in the body of an HTML field; null = nothing. */
  readonly bodyStart: Emit | null
}

/**
 * Turns the parts of a field into one function, so that rendering looks at no syntax again.
 * @throws {TemplateError} for an unescaped token that is not trusted, and for tokens in places that cannot be made safe.
 */
export function compileNodes(nodes: readonly Expanded[], options: CompileOptions): Emit {
  return new Compiler(options).list(options.syntax === 'html' ? placeInHtml(nodes) : nodes)
}

const places: Readonly<Record<FieldSyntax, Place>> = {
  html: 'content',
  plain: 'plain',
  header: 'header',
  mailbox: 'header',
  url: 'fieldUrl',
}

class Compiler {
  constructor(private readonly options: CompileOptions) {}

  list(nodes: readonly (Placed | Expanded)[]): Emit {
    const emits = nodes.map((node, index) => this.node(node, nodes[index - 1]))
    return (run) => {
      for (const emit of emits) emit(run)
    }
  }

  private node(node: Placed | Expanded, previous: Placed | Expanded | undefined): Emit {
    switch (node.kind) {
      case 'text': {
        const { text } = node
        return (run) => {
          run.out += text
        }
      }
      case 'value':
        return this.value(node, this.placeOf(node, previous))
      case 'section':
        return this.section(node)
      case 'url':
        return urlAttribute(this.list(node.children))
      case 'bodyStart':
        return this.options.bodyStart ?? (() => {})
    }
  }

  private placeOf(node: ExpandedValue, previous: Placed | Expanded | undefined): Place {
    const place = 'context' in node ? (node.context as Place) : places[this.options.syntax]
    if (previous?.kind === 'text' && !mayContinueUrl(previous.text)) return place
    if (place === 'content') return 'contentAfterUrl'
    return place === 'plain' ? 'plainAfterUrl' : place
  }

  private value(node: ExpandedValue, place: Place): Emit {
    const { name, inSection, raw } = node
    const { trusted } = this.options
    if (raw && !trusted.includes(name)) {
      throw templateErrorAt(
        node.at,
        `{{{${name}}}} is not escaped, and "${name}" is not trusted; write {{${name}}}, or add it to the version's trusted names`,
      )
    }
    const path = pathOf(name)
    const fallback = node.fallback ?? own(this.options.fallbacks, name)
    return (run) => {
      const found = lookUp(path, run.scope, run.context)
      const text = textOf(found) ?? fallback
      if (text === undefined) {
        if (isStructure(found)) run.refuse(name, 'not_text')
        else if (!inSection) run.lacks(name)
        run.fill('')
        return
      }
      run.fill(text)
      const safe = raw ? { text } : safeFor(place, text, run.out)
      if ('text' in safe) run.out += safe.text
      else run.refuse(name, safe.refused)
    }
  }

  private section(
    node: Omit<ExpandedSection, 'children'> & { readonly children: readonly (Placed | Expanded)[] },
  ): Emit {
    const { name, inverted } = node
    const path = pathOf(name)
    const content = this.list(node.children)
    return (run) => {
      const value = lookUp(path, run.scope, run.context)
      const shown = isShown(value)
      if (inverted || !shown) {
        run.choose(inverted && !shown ? 1 : 0)
        if (inverted && !shown) content(run)
        return
      }
      const items: readonly JsonValue[] = Array.isArray(value) ? value : [value]
      run.choose(items.length)
      for (const item of items) {
        if (!run.mayGrow(name)) return
        run.within(item, () => content(run))
      }
    }
  }
}

/** The attribute is rendered apart, so that its tokens see how much of the URL stands before them, and judged as a whole. */
function urlAttribute(content: Emit): Emit {
  return (run) => {
    const before = run.out
    run.out = ''
    content(run)
    run.out = before + safeUrlAttribute(run.out)
  }
}

/** A list is shown when it has items, a text when it is not blank, a number when it is not 0. */
function isShown(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'string') return value.trim() !== ''
  return Boolean(value)
}

/** An object, or a list that has items. */
function isStructure(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && (!Array.isArray(value) || value.length > 0)
}

/** Undefined when the value is no text: absent, null, blank, an object, or a list that holds one of these. */
function textOf(value: JsonValue | undefined): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? undefined : wellFormed(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined
    case 'boolean':
      return String(value)
    default: {
      if (!Array.isArray(value) || value.length === 0) return undefined
      const texts = value.map((item: JsonValue) => (typeof item === 'object' ? undefined : textOf(item)))
      return texts.includes(undefined) ? undefined : texts.join(', ')
    }
  }
}

function pathOf(name: string): readonly string[] {
  return name === '.' ? [name] : name.split('.')
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
