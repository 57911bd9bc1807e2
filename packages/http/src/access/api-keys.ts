import { type InstantInput, sha256, toInstant } from '@drumbeat/core'
import type { Authorize, Role, Scope } from './caller.js'

/** What the host keeps of an API key. The key itself is kept nowhere. */
export interface ApiKey {
  /** Names it in the audit log, as `key:<id>`. */
  readonly id: string
  readonly workspaceId: string
  readonly role: Role
  /** Absent = whatever the role may do. */
  readonly scopes?: readonly Scope[]
  /** From then on it is refused. Absent = never. */
  readonly expiresAt?: InstantInput
}

/** A new key: to be shown to its owner once, and its hash to be kept. 256 random bits. */
export function createApiKey(): { readonly key: string; readonly hash: string } {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const key = `drb_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return { key, hash: sha256(key) }
}

/**
 * Knows callers by `Authorization: Bearer drb_…`. Keys are found by their hash, so that a look-up leaks nothing of them in its time,
 * and a copy of the host's table lets nobody in.
 */
export function apiKeys(options: {
  readonly find: (hash: string) => ApiKey | null | undefined | Promise<ApiKey | null | undefined>
  /** Default: the machine's time. */
  readonly now?: () => number
}): Authorize {
  const { find, now = Date.now } = options
  return async (request) => {
    const key = /^Bearer +(drb_[0-9a-f]{64})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const found = key === undefined ? null : await find(sha256(key))
    if (found === null || found === undefined) return null
    const { id, workspaceId, role, scopes, expiresAt } = found
    if (expiresAt !== undefined && toInstant(expiresAt, 'expiresAt') <= now()) return null
    return { workspaceId, actor: `key:${id}`, role, ...(scopes === undefined ? {} : { scopes }) }
  }
}
