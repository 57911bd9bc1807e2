import { sha256 as sha256Of } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'

/** One hash at a time is computed here, so that nothing has to be allocated for it but its text. */
const utf8 = new TextEncoder()
const encoded = new Uint8Array(4096)
const digest = new Uint8Array(32)
const digestView = new DataView(digest.buffer)
const hasher = sha256Of.create()
const beginning = sha256Of.create()

/** SHA-256 of the text's UTF-8 bytes, as 64 lower-case hex digits. Synchronous, and the same in Node and the browser. */
export function sha256(text: string): string {
  digestAfter(beginning, text)
  return bytesToHex(digest)
}

/** Hashes texts that all begin alike, as {@link sha256} of the prefix and the text together; the prefix is digested once. */
export function sha256After(prefix: string): (text: string) => string {
  const state = sha256Of.create().update(bytesOf(prefix))
  return (text) => {
    digestAfter(state, text)
    return bytesToHex(digest)
  }
}

/**
 * A number in [0, 1) that depends on the text alone and is spread evenly over texts: the first 52 bits of its SHA-256. Texts
 * that differ in one character get independent numbers.
 */
export function fraction(text: string): number {
  digestAfter(beginning, text)
  return (digestView.getUint32(0) * 2 ** 20 + (digestView.getUint32(4) >>> 12)) / 2 ** 52
}

/**
 * SHA-256 of a JSON value, the same whatever order its keys were written in. Members that are `undefined` count as absent.
 * Depth is the caller's to bound: it recurses.
 */
export function hashOfJson(value: unknown): string {
  return sha256(canonicalJson(value))
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  let members = ''
  for (const key of Object.keys(value).sort()) {
    const member: unknown = (value as Record<string, unknown>)[key]
    if (member === undefined) continue
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${members}}`
}

/** Leaves the digest of a text, after what `state` has digested, in {@link digest}. */
function digestAfter(state: typeof beginning, text: string): void {
  state._cloneInto(hasher).update(bytesOf(text)).digestInto(digest)
}

/** Valid until the next call. */
function bytesOf(text: string): Uint8Array {
  // A UTF-16 unit takes three bytes at most.
  if (text.length * 3 > encoded.length) return utf8.encode(text)
  return encoded.subarray(0, utf8.encodeInto(text, encoded).written)
}
