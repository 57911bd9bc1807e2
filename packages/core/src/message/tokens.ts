import { type FieldPath, fieldsOf } from './fields.js'
import type { Expanded } from './rendering/expand.js'
import { expandField } from './rendering/sources.js'
import type { Content } from './template.js'

/** One use of a token, or of a section, in a content. */
export interface TokenUse {
  /** Dotted: an attribute of the contact, or below `workspace`, `trigger`, `webhook.<stepId>`, `computed`, `contact`. */
  readonly name: string
  /** The fallback written in the token itself; null = none. `fallbacks` of the version are not looked at. */
  readonly fallback: string | null
  /** True within a section, where a missing value is left out instead of stopping the message. */
  readonly inSection: boolean
  /** True for `{{#name}}` and `{{^name}}`, which need no value. */
  readonly isSection: boolean
  /** The field it stands in, also when it came there through a partial or a layout. */
  readonly path: FieldPath
}

/**
 * Every use of a token in a content, in reading order, with those of its partials and layout. A name that is used twice is listed
 * twice. Inside a section over a list, names may be fields of the list's items; `{{.}}` is the item itself.
 * @throws {TemplateError} when a source does not parse or names a partial that is not there.
 */
export function tokensOf(content: Content, partials: Readonly<Record<string, string>> = {}): readonly TokenUse[] {
  const parts = { label: 'The template', content, partials }
  return fieldsOf(content).flatMap((field) => usesIn(expandField(parts, field), field.path))
}

/** The same for one field that is already expanded. @internal */
export function usesIn(nodes: readonly Expanded[], path: FieldPath, inSection = false): readonly TokenUse[] {
  return nodes.flatMap((node): readonly TokenUse[] => {
    if (node.kind === 'text') return []
    const { name } = node
    if (node.kind === 'value') {
      return [{ name, fallback: node.fallback, inSection: node.inSection, isSection: false, path }]
    }
    return [{ name, fallback: null, inSection, isSection: true, path }, ...usesIn(node.children, path, true)]
  })
}
