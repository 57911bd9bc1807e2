import { type Field, fieldsOf, replaceFields } from './fields.js'
import { sha256 } from './hash.js'
import { escapeHtml } from './html/entities.js'
import { compileNodes, type Emit } from './rendering/compile.js'
import type { RenderContext } from './rendering/context.js'
import { type CompiledField, checkedField, keepsLine, refuseBadField } from './rendering/field-checks.js'
import { type MissingToken, Run, type UnsafeValue } from './rendering/run.js'
import { expandField, type TemplateParts } from './rendering/sources.js'
import { type Content, contentHash, type TemplateVersion } from './template.js'
import { usesIn } from './tokens.js'

export type { RenderContext } from './rendering/context.js'
export type { MissingToken, UnsafeReason, UnsafeValue } from './rendering/run.js'

/** A content whose tokens are replaced. A layout and a preheader have become part of `html`. */
export type RenderedContent = Content

/** A version made ready to render many messages. Immutable; keep it as long as the version is in use. */
export interface CompiledTemplate {
  readonly version: TemplateVersion
  /** @internal */
  readonly fields: readonly CompiledField[]
  /** What the fields are put into: the version's content without its layout. @internal */
  readonly frame: Content
  /** Stands for everything in the version that changes what is rendered. @internal */
  readonly hashed: string
}

/** What came of rendering. A message goes out only as a whole: with anything missing or unsafe there is no content. */
export type RenderResult =
  | {
      readonly ok: true
      readonly content: RenderedContent
      /**
       * SHA-256 that stands for the rendered content: equal when version content and everything filled in are equal. It is taken
       * over these rather than over the rendered text, so its cost does not grow with the size of the mail, and only when it is read.
       */
      readonly hash: string
    }
  | { readonly ok: false; readonly missing: readonly MissingToken[]; readonly unsafe: readonly UnsafeValue[] }

/**
 * Parses a version once, so that rendering a message is only lookups and concatenation.
 * @throws {TemplateError} when the version cannot be rendered safely whatever the values: bad syntax, an unknown partial or layout,
 *   an unescaped token that is not trusted, a token where no escaping is safe, a header that is not one. The message names the
 *   template, the version, the field and the position.
 */
export function compileTemplate(version: TemplateVersion): CompiledTemplate {
  const { content, partials = {}, fallbacks = {}, trusted = [] } = version
  const parts: TemplateParts = {
    label: `Template "${version.templateId}" version ${version.version}`,
    content,
    partials,
  }
  const compile = (field: Field, bodyStart: Emit | null): CompiledField => {
    const nodes = expandField(parts, field)
    const names = [...new Set(usesIn(nodes, field.path).map((use) => use.name))]
    const emit = compileNodes(nodes, { syntax: field.syntax, fallbacks, trusted, bodyStart })
    const compiled = { path: field.path, syntax: field.syntax, emit, keepsLine: keepsLine(nodes), names }
    refuseBadField(parts.label, compiled, field.source)
    return compiled
  }

  const fields = fieldsOf(content)
  const preheader = fields.find((field) => field.path === 'preheader')
  const hidden = preheader === undefined ? null : hiddenText(compile(preheader, null).emit)
  const compiled = fields.map((field) => compile(field, field.syntax === 'html' ? hidden : null))
  const hashed = contentHash(content, partials, fallbacks, trusted)
  return { version, fields: compiled, frame: withoutLayout(content), hashed }
}

/**
 * Fills a template in for one contact. A token without a value takes its own fallback, then the version's; blank text counts as
 * no value, and `{{name | }}` says that it may be left out. A token that still has none stops the message, except within a section,
 * where it is left out. Numbers and booleans are written as `String` writes them, lists of them with commas.
 *
 * Every missing token and every unsafe value is named at once, never with its value.
 */
export function renderMessage(template: CompiledTemplate, context: RenderContext): RenderResult {
  const { fields, frame } = template
  const run = new Run(context, 'html')
  let next = 0
  const content = replaceFields(frame, (_, source) => {
    const field = fields[next++]
    return field === undefined ? source : renderField(field, run)
  })
  const { missing, unsafe, filled } = run
  return missing.length > 0 || unsafe.length > 0
    ? { ok: false, missing, unsafe }
    : new Rendered(content, template, filled)
}

function renderField(field: CompiledField, run: Run): string {
  run.path = field.path
  return checkedField(field, run, field.emit(run, ''))
}

class Rendered {
  readonly ok = true
  private known: string | null = null

  constructor(
    readonly content: RenderedContent,
    private readonly template: CompiledTemplate,
    private readonly filled: Run['filled'],
  ) {}

  get hash(): string {
    this.known ??= sha256(`${this.template.hashed} ${this.filled.map(written).join('')}`)
    return this.known
  }
}

/** No two fillings of a template are written alike. */
function written(part: string | number): string {
  return typeof part === 'string' ? `${part.length}:${part}` : `#${part};`
}

/** Mail programs show the first text of a body beside the subject; this puts the preheader there without showing it in the mail. */
function hiddenText(preheader: Emit): Emit {
  return (run, out) => {
    const { path } = run
    run.path = 'preheader'
    const text = escapeHtml(preheader(run, ''))
    run.path = path
    return `${out}<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${text}</div>`
  }
}

function withoutLayout(content: Content): Content {
  if (content.kind !== 'email' || content.layout === undefined) return content
  const { layout: _, ...rest } = content
  return rest
}
