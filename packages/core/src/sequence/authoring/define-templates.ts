import type { Metadata } from '../../json.js'
import type { Content, CustomContent, EmailContent, TextContent } from '../../message/template.js'
import type { TokenFor, TokensIn } from './template-tokens.js'

declare const tokens: unique symbol

/** A template as its author writes it, before it has an id and a version. What the templates API takes, and plain JSON. */
export interface TemplateDraft<Channel extends string = string, Tokens extends string = string> {
  readonly channel: Channel
  readonly content: Content
  /** What `{{> name}}` stands for. */
  readonly partials?: Readonly<Record<string, string>>
  /** Texts by token name, for tokens without a fallback of their own. */
  readonly fallbacks?: Readonly<Record<string, string>>
  /** Tokens that may be written unescaped. */
  readonly trusted?: readonly string[]
  readonly metadata?: Metadata
  /** Exists for the compiler only: the tokens that its texts use. */
  readonly [tokens]?: Tokens
}

/** What accompanies the texts of a template. */
interface Beside<Text extends string, Fallback extends string> {
  readonly partials?: { readonly [name: string]: Text }
  readonly fallbacks?: { readonly [Name in Fallback]: string }
  readonly trusted?: readonly string[]
  readonly metadata?: Metadata
}

/** The texts of a mail, each of which may hold tokens. */
interface EmailTexts<Text extends string> {
  readonly subject: Text
  readonly html: Text
  readonly text?: Text
  readonly preheader?: Text
  readonly from?: Text
  readonly replyTo?: Text
  readonly headers?: { readonly [name: string]: Text }
  readonly layout?: EmailContent['layout']
}

/** A template for the channel `email`. */
export function emailTemplate<const Text extends string, const Fallback extends string = never>(
  spec: EmailTexts<Text> & Beside<Text, Fallback>,
): TemplateDraft<'email', NoInfer<TokensIn<Text> | Fallback>> {
  const { partials, fallbacks, trusted, metadata, ...texts } = spec
  return draft('email', { kind: 'email', ...texts }, { partials, fallbacks, trusted, metadata })
}

/** A template for the channel `sms`. */
export function smsTemplate<const Text extends string, const Fallback extends string = never>(
  spec: { readonly body: Text; readonly mediaUrls?: readonly Text[] } & Beside<Text, Fallback>,
): TemplateDraft<'sms', NoInfer<TokensIn<Text> | Fallback>> {
  const { body, mediaUrls, ...beside } = spec
  const content: TextContent = { kind: 'text', body, ...(mediaUrls === undefined ? {} : { mediaUrls }) }
  return draft('sms', content, beside)
}

/** A template of named fields, for push and any channel of the host's own. */
export function customTemplate<
  const Channel extends string,
  const Text extends string,
  const Fallback extends string = never,
>(
  spec: { readonly channel: Channel; readonly fields: { readonly [field: string]: Text } } & Beside<Text, Fallback>,
): TemplateDraft<Channel, NoInfer<TokensIn<Text> | Fallback>> {
  const { channel, fields, ...beside } = spec
  const content: CustomContent = { kind: 'custom', fields }
  return draft(channel, content, beside)
}

/**
 * Names templates and checks their tokens against the attributes of the host's contacts: `defineTemplates<ContactAttributes>()({ … })`.
 * A token that is neither an attribute (dotted paths included) nor given by the engine does not compile. What comes back is keyed by
 * template id: for the templates API, and for `defineSequence({ templates })` to check the messages against.
 */
export function defineTemplates<Attributes>(): <
  const Templates extends { readonly [id: string]: TemplateDraft<string, TokenFor<Attributes>> },
>(
  templates: Templates,
) => { readonly [Id in keyof Templates]: TemplateDraft<Templates[Id]['channel']> } {
  return (templates) => templates
}

function draft<Channel extends string, Tokens extends string>(
  channel: Channel,
  content: Content,
  { partials, fallbacks, trusted, metadata }: Beside<string, string>,
): TemplateDraft<Channel, Tokens> {
  return {
    channel,
    content,
    ...(partials === undefined ? {} : { partials }),
    ...(fallbacks === undefined ? {} : { fallbacks }),
    ...(trusted === undefined ? {} : { trusted }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}
