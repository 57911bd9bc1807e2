import type { Contact } from '../../contact/contact.js'
import { compiledTemplate } from '../../message/compiled-templates.js'
import { unsubscribeHeaders } from '../../message/links.js'
import { type RenderContext, type RenderedContent, type RenderResult, renderMessage } from '../../message/render.js'
import { smsSegments } from '../../message/sms-segments.js'
import type { TemplateVersion } from '../../message/template.js'
import type { OutboundMessage } from '../../ports/channel.js'

/** What a message is made of. */
export interface MessageParts extends Omit<OutboundMessage, 'content' | 'headers'> {
  readonly template: TemplateVersion
  readonly values: RenderContext
  /** What becomes of the rendered content before it goes out. It does not count in the hash. */
  readonly finish: (content: RenderedContent) => RenderedContent
}

/** A message as it goes to its channel, or all that stands in its way. */
export type Composed =
  | {
      readonly ok: true
      readonly message: OutboundMessage
      readonly contentHash: string
      /** Null = it is no text message. */
      readonly segments: number | null
    }
  | Extract<RenderResult, { ok: false }>

/**
 * Fills a template in for one address: the one way in which messages are made.
 * @throws {TemplateError} when the template does not compile.
 */
export function composeMessage(parts: MessageParts): Composed {
  const { template, values, finish, to, category, inReplyTo, metadata } = parts
  const rendered = renderMessage(compiledTemplate(template), values)
  if (!rendered.ok) return rendered
  const { content, hash } = rendered
  const { unsubscribeUrl } = values
  const headers = content.kind === 'email' && unsubscribeUrl !== undefined ? unsubscribeHeaders(unsubscribeUrl) : {}
  return {
    ok: true,
    message: { to, content: finish(content), category, headers, inReplyTo, metadata },
    contentHash: hash,
    segments: content.kind === 'text' ? smsSegments(content.body).segments : null,
  }
}

/** What tokens of a message to a contact stand for. */
export function valuesFor(
  contact: Pick<Contact, 'id' | 'attributes' | 'addresses' | 'locale'>,
  beside: Pick<RenderContext, 'workspace' | 'trigger' | 'webhook'> & { readonly unsubscribeUrl: string | undefined },
): RenderContext {
  return {
    attributes: contact.attributes,
    workspace: beside.workspace,
    trigger: beside.trigger,
    webhook: beside.webhook,
    computed: {},
    contact: { ...contact.addresses, id: contact.id },
    unsubscribeUrl: beside.unsubscribeUrl,
    locale: contact.locale ?? undefined,
  }
}
