/** Set on every error this SDK throws, so that `isDrumbeatError` also recognises errors of another loaded copy of it. */
const marker: unique symbol = Symbol.for('drumbeat.error') as never

/** What went wrong, as a literal that code may branch on. One per error class. */
export type DrumbeatErrorCode =
  | 'configuration'
  | 'sequence_invalid'
  | 'not_found'
  | 'conflict'
  | 'invalid_transition'
  | 'template'
  | 'channel'
  | 'storage'

/** One thing that is wrong with a piece of input: where it stands, what is wrong, and what would be right. */
export interface Issue {
  /** A stable literal, such as `dangling_edge`, that code and tests may branch on. */
  readonly code: string
  /** Where it stands, from the root of the input: `['steps', 'welcome', 'next']`. */
  readonly path: readonly (string | number)[]
  /** `error` blocks publishing; `warning` does not. */
  readonly severity: 'error' | 'warning'
  /** One sentence that names the culprit. */
  readonly message: string
  /** What to do about it, as one sentence. */
  readonly fix: string
}

/** The base of every error that Drumbeat throws on purpose. Its message says what was asked, what is wrong, and what is legal. */
export abstract class DrumbeatError extends Error {
  abstract readonly code: DrumbeatErrorCode
  /** Whether the same call may succeed later without a change to its input. */
  readonly retryable: boolean = false
  /** @internal */
  readonly [marker] = true

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
  }
}

/** True for every error of this SDK, also one thrown by another copy of it in the same process. */
export function isDrumbeatError(error: unknown): error is DrumbeatError {
  return typeof error === 'object' && error !== null && marker in error
}

/** Something was wired or set up wrongly: a bad option, a bad zone, a missing channel. Fix the input; a retry cannot help. */
export class ConfigurationError extends DrumbeatError {
  readonly code = 'configuration'
}

/** A sequence or a campaign is not valid. `issues` names every culprit, its path and its fix. */
export class SequenceInvalidError extends DrumbeatError {
  readonly code = 'sequence_invalid'
  readonly issues: readonly Issue[]

  constructor(message: string, issues: readonly Issue[]) {
    super(message)
    this.issues = issues
  }
}

/** What was named does not exist in this workspace. Things of another workspace count as not existing. */
export class NotFoundError extends DrumbeatError {
  readonly code = 'not_found'
}

/**
 * The request contradicts what is stored: a name taken, a stale revision, an address that is closed, a budget that is used up, a directory
 * in use, a store that is busy.
 */
export class ConflictError extends DrumbeatError {
  readonly code = 'conflict'
  override readonly retryable: boolean
  /** Names the kind of conflict where code may want to branch. */
  readonly kind: ConflictKind
  /** The earliest moment for another try, as a duration from now; null = nobody can say. */
  readonly retryAfterMs: number | null

  constructor(
    message: string,
    options: {
      readonly kind: ConflictKind
      readonly retryable?: boolean
      readonly retryAfterMs?: number | null
      readonly cause?: unknown
    },
  ) {
    super(message, options)
    this.kind = options.kind
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** The kinds of {@link ConflictError}. */
export type ConflictKind = 'duplicate' | 'stale' | 'suppressed' | 'over_budget' | 'store_busy' | 'store_locked'

/** The thing exists, but its state does not allow this: resuming what is not paused, activating what is stopped. */
export class InvalidTransitionError extends DrumbeatError {
  readonly code = 'invalid_transition'
}

/** A template does not compile, or a message cannot be rendered from what is known. */
export class TemplateError extends DrumbeatError {
  readonly code = 'template'
}

/** A channel could not do what was asked, outside the outcomes that a channel returns as values. */
export class ChannelError extends DrumbeatError {
  readonly code = 'channel'
  override readonly retryable: boolean
  /** The earliest moment for another try, as a duration from now; null = the provider named none. */
  readonly retryAfterMs: number | null
  /** The provider's own code, for people to look up; null = none was given. */
  readonly providerCode: string | null

  constructor(
    message: string,
    options: {
      readonly retryable?: boolean
      readonly retryAfterMs?: number | null
      readonly providerCode?: string | null
      readonly cause?: unknown
    } = {},
  ) {
    super(message, options)
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs ?? null
    this.providerCode = options.providerCode ?? null
  }
}

/** The store could not be read or written: it is closed, unreachable, full, or of another version. Nothing was half-written. */
export class StorageError extends DrumbeatError {
  readonly code = 'storage'
  override readonly retryable: boolean

  constructor(message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options)
    this.retryable = options.retryable ?? false
  }
}
