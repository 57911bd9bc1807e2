import type { JsonValue } from '../../json.js'
import type { FieldPath } from '../fields.js'
import type { RenderContext, Scope } from './context.js'

/** A token that has neither a value nor a fallback, and where it stands. */
export interface MissingToken {
  readonly name: string
  readonly path: FieldPath
}

/** Why a value cannot go out where its token stands. */
export type UnsafeReason =
  /** A control or line separator in a header. */
  | 'control_character'
  /** More than 998 characters in a header. */
  | 'too_long'
  /** `from` or `replyTo` is not exactly one mailbox. */
  | 'not_one_mailbox'
  /** A media URL is not http or https. */
  | 'not_a_web_url'
  /** A value in a style that is more than a color, a size or a name. */
  | 'not_a_style_value'
  /** An object, or a list of other than texts, numbers and booleans. */
  | 'not_text'
  /** Sections over lists have grown beyond 20,000 repetitions or 1,000,000 characters. */
  | 'too_large'

/** A token whose value cannot go out where it stands. Never carries the value. */
export interface UnsafeValue extends MissingToken {
  readonly reason: UnsafeReason
}

const maxRepetitions = 20_000
const maxCharacters = 1_000_000

/** One rendering in progress: the text so far, what was filled in, and what is wrong. */
export class Run {
  /** The text of the current field so far. */
  out = ''
  /** Everything that distinguishes this message from others of the same template, in order and uniquely readable. */
  filled = ''
  scope: Scope | null = null
  readonly missing: MissingToken[] = []
  readonly unsafe: UnsafeValue[] = []
  private repetitions = 0

  constructor(
    readonly context: RenderContext,
    /** The field that is being rendered. */
    public path: FieldPath,
  ) {}

  /** Notes a value that was filled in. */
  fill(value: string): void {
    this.filled += `${value.length}:${value}`
  }

  /** Notes how often a section's content stands here. */
  choose(times: number): void {
    this.filled += `#${times};`
  }

  lacks(name: string): void {
    if (!this.missing.some((token) => token.name === name && token.path === this.path)) {
      this.missing.push({ name, path: this.path })
    }
  }

  refuse(name: string, reason: UnsafeReason): void {
    const { path } = this
    if (!this.unsafe.some((value) => value.name === name && value.path === path && value.reason === reason)) {
      this.unsafe.push({ name, path, reason })
    }
  }

  /** Runs `content` with a value as the innermost scope. */
  within(value: JsonValue, content: () => void): void {
    const outer = this.scope
    this.scope = { value, outer }
    content()
    this.scope = outer
  }

  /** False once the message has grown too large; it is then refused in the name of that section. */
  mayGrow(section: string): boolean {
    this.repetitions += 1
    if (this.repetitions <= maxRepetitions && this.out.length <= maxCharacters) return true
    this.refuse(section, 'too_large')
    return false
  }
}
