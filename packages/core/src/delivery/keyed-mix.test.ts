import { describe, expect, it } from 'vitest'
import { keyedMix } from './keyed-mix.js'

const bitsOf = (word: number): number => {
  let bits = 0
  for (let rest = word >>> 0; rest !== 0; rest >>>= 1) bits += rest & 1
  return bits
}

describe('keyedMix', () => {
  it('never changes for a key and a word', () => {
    expect([0, 1, 2].map((word) => keyedMix({ low: 0x03020100, high: 0x07060504 }, word))).toEqual([
      1537160617, 825469599, 1458599991,
    ])
  })

  it('changes half of its bits for one bit of the word or of the key', () => {
    for (let bit = 0; bit < 32; bit++) {
      const flipped = { word: 0, low: 0, high: 0 }
      const tries = 500
      for (let index = 0; index < tries; index++) {
        const key = { low: (index * 0x9e3779b1) | 0, high: (index * 0x85ebca6b) | 0 }
        const mixed = keyedMix(key, index)
        flipped.word += bitsOf(mixed ^ keyedMix(key, index ^ (1 << bit)))
        flipped.low += bitsOf(mixed ^ keyedMix({ ...key, low: key.low ^ (1 << bit) }, index))
        flipped.high += bitsOf(mixed ^ keyedMix({ ...key, high: key.high ^ (1 << bit) }, index))
      }
      for (const [what, bits] of Object.entries(flipped)) {
        expect(bits / tries, `bit ${bit} of ${what}`).toBeGreaterThan(15)
        expect(bits / tries, `bit ${bit} of ${what}`).toBeLessThan(17)
      }
    }
  })
})
