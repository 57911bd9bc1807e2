import { sha256 as sha256Of } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'

const utf8 = new TextEncoder()
/** Texts are encoded, and digests come out, here: nothing is allocated for them. */
const scratch = new Uint8Array(4096)
const digest = new Uint8Array(32)
const beginning = sha256Of.create()
const hasher = sha256Of.create()

/** SHA-256 of the text's UTF-8 bytes, as 64 lower-case hex digits. Synchronous, and the same in Node and the browser. */
export function sha256(text: string): string {
  return hashAfter(beginning, text)
}

/** Hashes texts that all begin alike: `sha256(prefix + text)`, with the prefix digested once. */
export function sha256After(prefix: string): (text: string) => string {
  const state = sha256Of.create().update(bytesOf(prefix))
  return (text) => hashAfter(state, text)
}

function hashAfter(state: typeof beginning, text: string): string {
  state._cloneInto(hasher).update(bytesOf(text)).digestInto(digest)
  return bytesToHex(digest)
}

/** Valid until the next call. */
function bytesOf(text: string): Uint8Array {
  // A UTF-16 unit takes three bytes at most.
  if (text.length * 3 > scratch.length) return utf8.encode(text)
  return scratch.subarray(0, utf8.encodeInto(text, scratch).written)
}

/**
 * A number in [0, 1) that depends on the text alone and is spread evenly over texts: the first 52 bits of its SHA-256. Texts
 * that differ in one character get independent numbers.
 */
export function fraction(text: string): number {
  return Number.parseInt(sha256(text).slice(0, 13), 16) / 2 ** 52
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
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
