import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fraction, hashOfJson, portableSha256, sha256 } from './hash.js'

describe.each([
  ['of the runtime', sha256],
  ['of any runtime', portableSha256],
])('the SHA-256 %s', (_, hash) => {
  it('is that of the text in UTF-8, also of one that is not well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '🙂', '\ud800', '\0'), maxLength: 200 }), (text) => {
        expect(hash(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
      }),
    )
  })
})

describe('fraction', () => {
  it('spreads texts evenly over [0, 1)', () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => fraction(`salt/${index}`))
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
    for (const part of [0, 1, 2, 3]) {
      const share = numbers.filter((number) => Math.floor(number * 4) === part).length / numbers.length
      expect(share).toBeGreaterThan(0.23)
      expect(share).toBeLessThan(0.27)
    }
  })

  it('never changes for a text', () => {
    expect(fraction('c-1')).toBe(0.6522206831564779)
  })
})

describe('hashOfJson', () => {
  it('tells values apart and orders of keys not', () => {
    expect(hashOfJson({ a: 1, b: [1, 2], c: undefined })).toBe(hashOfJson({ b: [1, 2], a: 1 }))
    const values = [null, 0, '', false, [], {}, [[]], [{}], { a: null }, '[]', { a: { b: 1 } }, { 'a:b': 1 }]
    expect(new Set(values.map(hashOfJson)).size).toBe(values.length)
  })
})
