import { sha256 } from '../message/hash.js'

/**
 * The key by which a provider may de-duplicate: the same for every attempt of a delivery with equal content, another one as soon as
 * the content differs. 36 characters; says nothing about the contact.
 */
export function idempotencyKey(secret: string, deliveryId: number, contentHash: string): string {
  return `dc1_${sha256(`${secret}|${deliveryId}|${contentHash}`).slice(0, 32)}`
}

const modulus = 2 ** 40

/**
 * The reference that names a delivery outside: a keyed permutation of its id, so that references neither count messages nor can be
 * guessed in order, and need no column of their own.
 */
export function deliveryRef(secret: string, deliveryId: number): string {
  let left = Math.floor(deliveryId / 2 ** 20) % 2 ** 20
  let right = deliveryId % 2 ** 20
  for (let round = 0; round < rounds; round++) {
    const mixed = left ^ half(secret, round, right)
    left = right
    right = mixed
  }
  return `dlv_${(left * 2 ** 20 + right).toString(36).padStart(8, '0')}`
}

/** The delivery that a reference names; null = it is no reference of this secret's shape. */
export function deliveryIdOf(secret: string, ref: string): number | null {
  const found = /^dlv_([0-9a-z]{8})$/.exec(ref)
  const value = found?.[1] === undefined ? Number.NaN : Number.parseInt(found[1], 36)
  if (!Number.isInteger(value) || value < 0 || value >= modulus) return null
  let left = Math.floor(value / 2 ** 20)
  let right = value % 2 ** 20
  for (let round = rounds - 1; round >= 0; round--) {
    const mixed = right ^ half(secret, round, left)
    right = left
    left = mixed
  }
  return left * 2 ** 20 + right
}

const rounds = 4

/** One round of the Feistel network: 20 bits out of a keyed hash. */
function half(secret: string, round: number, bits: number): number {
  return Number.parseInt(sha256(`${secret}|${round}|${bits}`).slice(0, 5), 16)
}
