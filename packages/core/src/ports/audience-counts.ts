import type { Instant } from '../schedule/instant.js'

/** How many contacts satisfy a condition. */
export interface AudienceCount {
  readonly count: number
  /** False = at least so many: the host keeps more contacts than are looked at for a count. */
  readonly isExact: boolean
  /** When it was counted: what changed since is not in it. */
  readonly countedAt: Instant
}

/**
 * Keeps counts of audiences for a while, so that many who look at one audience do not each have it counted. Nothing is ever invalidated: a count
 * says when it was made, and who asks says how old it may be. Neither method rejects: a cache that is away has nothing, and keeps
 * nothing.
 */
export interface AudienceCounts {
  /** What is kept under a key; null = nothing. */
  get(key: string): Promise<AudienceCount | null>
  /** Keeps a count for `ttlMs`, over what is kept. */
  keep(key: string, count: AudienceCount, ttlMs: number): Promise<void>
}
