import { ConfigurationError } from '@drumbeat/core'
import { hmac } from '@noble/hashes/hmac'
import { sha256 } from '@noble/hashes/sha2'
import { fromBase64Url, toBase64Url } from '../base64url.js'

/** What a token allows. A token for one is worth nothing for another: each has a key of its own. */
export type Purpose = 'unsubscribe' | 'open' | 'click'

/** The keys that tokens are signed with: the first one signs, and all of them are believed. */
export type Secrets = string | readonly string[]

const macBytes = 16

/**
 * Texts, signed for one purpose. They can be read by whoever holds the token, so put ids in and nothing personal. Does not expire: what lets
 * people unsubscribe has to work for ever.
 */
export function signToken(secrets: Secrets, purpose: Purpose, parts: readonly string[]): string {
  const payload = toBase64Url(new TextEncoder().encode(JSON.stringify(parts)))
  return `${payload}.${toBase64Url(macOf([secrets].flat()[0] ?? '', purpose, payload))}`
}

/** What a token says; null = it was not signed by one of these keys for this purpose. Takes the same time for every token of a length. */
export function readToken(secrets: Secrets, purpose: Purpose, token: string): readonly string[] | null {
  const [, payload = '', mac = ''] = /^([\w-]{1,4000})\.([\w-]{22})$/.exec(token) ?? []
  const given = fromBase64Url(mac)
  if (payload === '' || given === null) return null
  const isSigned = [secrets]
    .flat()
    .reduce((found, secret) => isSame(macOf(secret, purpose, payload), given) || found, false)
  const bytes = isSigned ? fromBase64Url(payload) : null
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as readonly string[])
}

/** @throws {ConfigurationError} when a secret is too short to keep anything. */
export function checkSecrets(secrets: Secrets): void {
  const list = [secrets].flat()
  const short = list.find((secret) => secret.length < 16)
  if (list.length > 0 && short === undefined) return
  throw new ConfigurationError(
    `A secret of links has ${short?.length ?? 0} characters; it needs at least 16. The first one signs, the others are still believed.`,
  )
}

function macOf(secret: string, purpose: Purpose, payload: string): Uint8Array {
  const key = hmac(sha256, secret, `drumbeat/${purpose}`)
  return hmac(sha256, key, payload).slice(0, macBytes)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let differs = a.length ^ b.length
  for (const [index, byte] of a.entries()) differs |= byte ^ (b[index] ?? 0)
  return differs === 0
}
