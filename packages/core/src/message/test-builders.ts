import {
  compileTemplate,
  type RenderContext,
  type RenderedContent,
  type RenderResult,
  renderMessage,
} from './render.js'
import type { Content, EmailContent, TemplateVersion } from './template.js'

/** @internal A version for tests, with what matters to the test put in. */
export function versionOf(content: Content, given: Partial<TemplateVersion> = {}): TemplateVersion {
  return {
    templateId: 'welcome',
    workspaceId: 'acme',
    version: 3,
    channel: content.kind === 'text' ? 'sms' : content.kind,
    content,
    author: null,
    note: null,
    contentHash: '',
    createdAt: 0,
    ...given,
  }
}

/** @internal A context for tests, empty but for what is given. */
export function contextOf(given: Partial<RenderContext> = {}): RenderContext {
  return { attributes: {}, workspace: {}, trigger: {}, webhook: {}, computed: {}, contact: { id: 'c1' }, ...given }
}

/** @internal A mail for tests. */
export function mail(given: Partial<EmailContent>): EmailContent {
  return { kind: 'email', subject: 'Hello', html: '<p>Hello</p>', ...given }
}

/** @internal Compiles and renders at once. */
export function render(
  content: Content,
  context: Partial<RenderContext> = {},
  given: Partial<TemplateVersion> = {},
): RenderResult {
  return renderMessage(compileTemplate(versionOf(content, given)), contextOf(context))
}

/** @internal The rendered content; fails the test when there is none. */
export function rendered(
  content: Content,
  context: Partial<RenderContext> = {},
  given: Partial<TemplateVersion> = {},
): RenderedContent {
  const result = render(content, context, given)
  if (!result.ok) throw new Error(`Not rendered: ${JSON.stringify(result)}`)
  return result.content
}

/** @internal The html of a mail rendered from this html. */
export function renderedHtml(
  html: string,
  attributes: RenderContext['attributes'],
  given?: Partial<TemplateVersion>,
): string {
  const content = rendered(mail({ html }), { attributes }, given)
  return content.kind === 'email' ? content.html : ''
}

/** @internal The body of a text message rendered from this body. */
export function renderedText(
  body: string,
  attributes: RenderContext['attributes'],
  given?: Partial<TemplateVersion>,
): string {
  const content = rendered({ kind: 'text', body }, { attributes }, given)
  return content.kind === 'text' ? content.body : ''
}
