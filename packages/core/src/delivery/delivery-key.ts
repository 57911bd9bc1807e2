import { sha256 } from '../message/hash.js'
import { remembered } from '../schedule/remembered.js'
import { keyedMix, type MixKey } from './keyed-mix.js'

/**
 * The key by which a provider may de-duplicate: the same for every attempt of a delivery with equal content, another one as soon as
 * the content differs. 36 characters; says nothing about the contact.
 */
export function idempotencyKey(secret: string, deliveryId: number, contentHash: string): string {
  return `dc1_${sha256(`${secret}|${deliveryId}|${contentHash}`).slice(0, 32)}`
}

const halfSize = 2 ** 20
const rounds = 6

/**
 * The reference that names a delivery outside: a keyed permutation of its id, below 2 to the 40. Two deliveries never have the same;
 * who has seen some cannot count the deliveries, put them in order or tell the next one, without the secret; and no column is needed.
 *
 * It proves nothing: a text made up at random is as likely to be a reference as there are deliveries among 2 to the 40 numbers. Whoever
 * acts on one from outside has it signed, as links are by their token and reports are by their provider.
 */
export function deliveryRef(secret: string, deliveryId: number): string {
  return `dlv_${permuted(secret, deliveryId)}`
}

/**
 * The reference that names a test send outside: no delivery's, whatever its shape, since its id is one of a delivery that never comes to
 * be.
 */
export function testRef(secret: string, id: number): string {
  return `tst_${permuted(secret, id)}`
}

/** Whether a reference names a test send; also as the Message-ID that mail channels make of one. */
export function isTestRef(ref: string): boolean {
  return /^tst_[0-9a-z]{8}(@|$)/.test(ref)
}

function permuted(secret: string, deliveryId: number): string {
  const mixes = roundsOf(secret)
  let left = Math.floor(deliveryId / halfSize) % halfSize
  let right = deliveryId % halfSize
  for (const key of mixes) {
    const mixed = left ^ half(key, right)
    left = right
    right = mixed
  }
  return (left * halfSize + right).toString(36).padStart(8, '0')
}

/** The delivery that a reference names; null = it is no reference of this secret's shape. */
export function deliveryIdOf(secret: string, ref: string): number | null {
  const found = /^dlv_([0-9a-z]{8})$/.exec(ref)
  const value = found?.[1] === undefined ? Number.NaN : Number.parseInt(found[1], 36)
  if (!Number.isInteger(value) || value < 0 || value >= halfSize ** 2) return null
  const mixes = roundsOf(secret)
  let left = Math.floor(value / halfSize)
  let right = value % halfSize
  for (const key of mixes.toReversed()) {
    const mixed = right ^ half(key, left)
    right = left
    left = mixed
  }
  return left * halfSize + right
}

/** One round of the Feistel network: 20 bits out of the keyed mix. */
function half(key: MixKey, bits: number): number {
  return keyedMix(key, bits) >>> 12
}

/** The rounds of a secret, made once. */
const roundsOf = remembered((secret) =>
  Array.from({ length: rounds }, (_, round): MixKey => {
    const digest = sha256(`drumbeat/delivery-ref/${round}|${secret}`)
    return { low: Number.parseInt(digest.slice(0, 8), 16) | 0, high: Number.parseInt(digest.slice(8, 16), 16) | 0 }
  }),
)
