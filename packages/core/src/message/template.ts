import type { Metadata } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import { fieldsOf } from './fields.js'
import { hashOfJson } from './hash.js'

/** What a message consists of, by the kind of channel that carries it. Every text in it may hold tokens. */
export type Content = EmailContent | TextContent | CustomContent

/** A mail. Tokens in `html` are escaped for the place they stand in; the other fields are plain text. */
export interface EmailContent {
  readonly kind: 'email'
  /** One line: controls and line separators are refused, in the template and in what fills its tokens. */
  readonly subject: string
  readonly html: string
  /** The plain alternative. Absent = the mail has none. */
  readonly text?: string
  /** What inboxes show beside the subject. Rendered into `html` as hidden text, first in the body. */
  readonly preheader?: string
  /** One mailbox, `Name <address>` or `address`. Absent = the channel's own sender. */
  readonly from?: string
  /** One mailbox. */
  readonly replyTo?: string
  /** Further headers by name. Those that address, date, type or sign a mail are refused. */
  readonly headers?: Readonly<Record<string, string>>
  /** Names a partial that wraps `html`: it holds `{{> content}}` where the message goes. */
  readonly layout?: string
}

/** A text message (SMS and the like). Tokens are filled in as they are, without HTML escaping. */
export interface TextContent {
  readonly kind: 'text'
  readonly body: string
  /** Each an http or https URL. */
  readonly mediaUrls?: readonly string[]
}

/** Named plain texts, for push and any channel of the host's own. The channel decides what each field means. */
export interface CustomContent {
  readonly kind: 'custom'
  readonly fields: Readonly<Record<string, string>>
}

/** Reusable content for one channel, in immutable versions. */
export interface MessageTemplate {
  /** The host's own readable key, such as `welcome`; unique in the workspace. */
  readonly id: string
  readonly workspaceId: string
  readonly channel: string
  /** 1-based. */
  readonly latestVersion: number
  readonly metadata?: Metadata
}

/** One immutable version of a template. */
export interface TemplateVersion {
  readonly templateId: string
  readonly workspaceId: string
  /** 1-based, without gaps. */
  readonly version: number
  readonly channel: string
  readonly content: Content
  /**
   * What `{{> name}}` stands for. In plain fields, `{{> name}}` means the partial `name.text` where there is one, so that a
   * footer can exist as HTML and as text.
   */
  readonly partials?: Readonly<Record<string, string>>
  /** Plain texts by token name, for tokens that carry no fallback of their own. */
  readonly fallbacks?: Readonly<Record<string, string>>
  /** Tokens that may be written unescaped as `{{{name}}}`, because the host sanitizes their values. */
  readonly trusted?: readonly string[]
  /** Who wrote it, in the host's words; null = not said. */
  readonly author: string | null
  /** Why it was changed; null = not said. */
  readonly note: string | null
  /** {@link contentHash} of it. */
  readonly contentHash: string
  readonly createdAt: Instant
}

/**
 * Identifies what a version says: SHA-256 over content, partials, fallbacks and trusted names, the same for every order of keys.
 * Absent and empty partials, fallbacks and trusted names hash alike.
 */
export function contentHash(
  content: Content,
  partials: Readonly<Record<string, string>> = {},
  fallbacks: Readonly<Record<string, string>> = {},
  trusted: readonly string[] = [],
): string {
  return hashOfJson({ content, partials, fallbacks, trusted: [...trusted].sort() })
}

/** One field that differs between two versions; null = that version does not have it. */
export interface ContentChange {
  /** `subject`, `html`, `headers.X-Tag`, `partials.footer`, `fallbacks.firstName`, `layout`, `trusted`. */
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

/** The fields in which `b` differs from `a`: those of `a` in their order, then those that only `b` has. Empty when they say the same. */
export function diffContent(a: TemplateVersion, b: TemplateVersion): readonly ContentChange[] {
  const before = describe(a)
  const after = describe(b)
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names]
    .map((field) => ({ field, before: before.get(field) ?? null, after: after.get(field) ?? null }))
    .filter((change) => change.before !== change.after)
}

function describe(version: TemplateVersion): ReadonlyMap<string, string> {
  const { content, partials = {}, fallbacks = {}, trusted = [] } = version
  const layout = content.kind === 'email' ? content.layout : undefined
  return new Map([
    ['kind', content.kind],
    ...fieldsOf(content).map((field): [string, string] => [field.path, field.source]),
    ...(layout === undefined ? [] : [['layout', layout] as const]),
    ...Object.entries(partials).map(([name, source]): [string, string] => [`partials.${name}`, source]),
    ...Object.entries(fallbacks).map(([name, text]): [string, string] => [`fallbacks.${name}`, text]),
    ...(trusted.length === 0 ? [] : [['trusted', [...trusted].sort().join(', ')] as const]),
  ])
}
