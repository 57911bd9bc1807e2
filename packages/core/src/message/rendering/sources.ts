import { TemplateError } from '../../errors.js'
import type { Field } from '../fields.js'
import type { Content } from '../template.js'
import { type Expanded, expand } from './expand.js'
import type { Source } from './parse.js'

/** The parts of a template that its fields are made from. */
export interface TemplateParts {
  /** How errors call the template: `template "welcome" version 3`. */
  readonly label: string
  readonly content: Content
  readonly partials: Readonly<Record<string, string>>
}

/**
 * Parses one field of a template, with its partials and, for the html of a mail, its layout put in.
 * @throws {TemplateError} when a source is not well-formed, a partial or the layout is missing, or the layout has no
 *   `{{> content}}`.
 */
export function expandField(parts: TemplateParts, field: Field): readonly Expanded[] {
  const html = field.syntax === 'html'
  const label = `${parts.label}, ${field.path}`
  const own: Source = { label, text: field.source, html }
  const layout = html && parts.content.kind === 'email' ? parts.content.layout : undefined
  let contentUsed = false

  const partial = (name: string): Source | undefined => {
    if (layout !== undefined && name === 'content') {
      contentUsed = true
      return own
    }
    const plainName = `${name}.text`
    const key = !html && Object.hasOwn(parts.partials, plainName) ? plainName : name
    const text = Object.hasOwn(parts.partials, key) ? parts.partials[key] : undefined
    return text === undefined ? undefined : { label: `${label}, partial "${key}"`, text, html }
  }

  if (layout === undefined) return expand(own, partial)
  const outer = partial(layout)
  if (outer === undefined) {
    throw new TemplateError(`${label}: there is no layout "${layout}"; add it to the version's partials.`)
  }
  const nodes = expand(outer, partial)
  if (!contentUsed) {
    throw new TemplateError(
      `${label}: the layout "${layout}" does not say where the message goes; put {{> content}} into it.`,
    )
  }
  return nodes
}
