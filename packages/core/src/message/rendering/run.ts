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

/** One rendering in progress: what was filled in, and what is wrong. */
export class Run {
  /**
   * Everything that distinguishes this message from others of the same template, in order: a text is a value that was filled in, a
   * number says how often a section's content stands there.
   */
  readonly filled: (string | number)[] = []
  /** What the current section has opened; null = outside sections. */
  scope: Scope | null = null
  readonly missing: MissingToken[] = []
  readonly unsafe: UnsafeValue[] = []
  private repetitions = 0

  constructor(
    readonly context: RenderContext,
    /** The field that is being rendered. */
    public path: FieldPath,
  ) {}

  /** True once something is missing or unsafe in a field. */
  hasProblem(path: FieldPath): boolean {
    return this.missing.some((token) => token.path === path) || this.unsafe.some((value) => value.path === path)
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

  /** False once the message, with this field so far, has grown too large; it is then refused in the name of that section. */
  mayGrow(section: string, out: string): boolean {
    this.repetitions += 1
    if (this.repetitions <= maxRepetitions && out.length <= maxCharacters) return true
    this.refuse(section, 'too_large')
    return false
  }
}
