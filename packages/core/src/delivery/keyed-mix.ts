/** A key of {@link keyedMix}: 64 bits, as two words. */
export interface MixKey {
  readonly low: number
  readonly high: number
}

/**
 * Thirty-two bits (signed) out of one 32-bit word, which nobody without the key can tell from random ones: HalfSipHash-2-4 of the
 * word, without the block that tells lengths apart, since there is but one. A few dozen integer operations, no allocation.
 * @see https://github.com/veorq/SipHash
 */
export function keyedMix({ low, high }: MixKey, word: number): number {
  let v0 = low
  let v1 = high
  let v2 = 0x6c796765 ^ low
  let v3 = 0x74656462 ^ high ^ word
  for (let round = 0; round < 6; round++) {
    if (round === 2) {
      v0 ^= word
      v2 ^= 0xff
    }
    v0 = (v0 + v1) | 0
    v1 = rotate(v1, 5) ^ v0
    v0 = rotate(v0, 16)
    v2 = (v2 + v3) | 0
    v3 = rotate(v3, 8) ^ v2
    v0 = (v0 + v3) | 0
    v3 = rotate(v3, 7) ^ v0
    v2 = (v2 + v1) | 0
    v1 = rotate(v1, 13) ^ v2
    v2 = rotate(v2, 16)
  }
  return v1 ^ v3
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
