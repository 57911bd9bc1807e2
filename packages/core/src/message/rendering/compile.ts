import type { JsonValue } from '../../json.js'
import type { FieldSyntax } from '../fields.js'
import { type Placed, placeInHtml } from '../html/contexts.js'
import { mayContinueUrl } from '../html/urls.js'
import { ordinaryKind } from '../ordinary.js'
import { lookUpOf } from './context.js'
import type { Expanded, ExpandedSection, ExpandedValue } from './expand.js'
import { templateErrorAt } from './parse.js'
import type { Run } from './run.js'
import { guardOf, ordinaryGuardOf, type Place, safeUrlAttribute, unchanged, wellFormed } from './safe-value.js'

/** Appends its part of a field to the text of the field so far. */
export type Emit = (run: Run, out: string) => string

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
 * @throws {TemplateError} for an unchanged token that is not trusted, and for tokens in places that cannot be made safe.
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
  data: 'data',
  urlPart: 'urlPart',
}

class Compiler {
  constructor(private readonly options: CompileOptions) {}

  list(nodes: readonly (Placed | Expanded)[]): Emit {
    const joined = joinTexts(nodes)
    const emits = joined.map((node, index) => this.node(node, joined[index - 1]))
    return (run, out) => {
      let text = out
      for (const emit of emits) text = emit(run, text)
      return text
    }
  }

  private node(node: Placed | Expanded, previous: Placed | Expanded | undefined): Emit {
    switch (node.kind) {
      case 'text': {
        const { text } = node
        return (_, out) => out + text
      }
      case 'value':
        return this.value(node, this.placeOf(node, previous))
      case 'section':
        return this.section(node)
      case 'url':
        return urlAttribute(this.list(node.children))
      case 'bodyStart':
        return this.options.bodyStart ?? ((_, out) => out)
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
    const lookUp = lookUpOf(name)
    const fallback = node.fallback ?? own(this.options.fallbacks, name)
    const guard = raw ? unchanged : guardOf(place)
    const ordinaryGuard = raw ? unchanged : ordinaryGuardOf(place)
    return (run, out) => {
      const found = lookUp(run.scope, run.context)
      if (ordinaryGuard !== null && typeof found === 'string') {
        const kind = ordinaryKind(found)
        if (kind !== null) {
          run.filled.push(found)
          return out + (kind === 'plain' ? found : ordinaryGuard(found))
        }
      }
      const text = textOf(found) ?? fallback
      run.filled.push(text ?? '')
      if (text === undefined) {
        if (isStructure(found)) run.refuse(name, 'not_text')
        else if (!inSection) run.lacks(name)
        return out
      }
      const safe = guard(text, out)
      if (typeof safe === 'string') return out + safe
      run.refuse(name, safe.refused)
      return out
    }
  }

  private section(
    node: Omit<ExpandedSection, 'children'> & { readonly children: readonly (Placed | Expanded)[] },
  ): Emit {
    const { name, inverted } = node
    const lookUp = lookUpOf(name)
    const content = this.list(node.children)
    return (run, out) => {
      const value = lookUp(run.scope, run.context)
      const shown = isShown(value)
      if (inverted || !shown) {
        run.filled.push(inverted && !shown ? 1 : 0)
        return inverted && !shown ? content(run, out) : out
      }
      const items: readonly JsonValue[] = Array.isArray(value) ? value : [value]
      run.filled.push(items.length)
      const outer = run.scope
      let text = out
      for (const item of items) {
        if (!run.mayGrow(name, text)) break
        run.scope = { value: item, outer }
        text = content(run, text)
      }
      run.scope = outer
      return text
    }
  }
}

/** The attribute is rendered apart, so that its tokens see how much of the URL stands before them, and judged as a whole. */
function urlAttribute(content: Emit): Emit {
  return (run, out) => out + safeUrlAttribute(content(run, ''))
}

/** Texts that follow each other become one. */
function joinTexts(nodes: readonly (Placed | Expanded)[]): readonly (Placed | Expanded)[] {
  const joined: (Placed | Expanded)[] = []
  for (const node of nodes) {
    const last = joined.at(-1)
    if (node.kind === 'text' && last?.kind === 'text') joined.splice(-1, 1, { ...last, text: last.text + node.text })
    else joined.push(node)
  }
  return joined
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

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
