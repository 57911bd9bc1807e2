import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fraction, hashOfJson, sha256, sha256After } from './hash.js'

describe('sha256', () => {
  it('is the SHA-256 of the text in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(sha256(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
      }),
    )
  })
})

describe('sha256After', () => {
  it('is the SHA-256 of both texts together, in whatever order it is asked', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme', minLength: 1_300, maxLength: 1_500 }),
    )
    fc.assert(
      fc.property(text, text, text, (prefix, a, b) => {
        const hash = sha256After(prefix)
        expect([hash(a), sha256(b), hash(b), hash(a)]).toEqual([
          sha256(prefix + a),
          createHash('sha256').update(b, 'utf8').digest('hex'),
          sha256(prefix + b),
          sha256(prefix + a),
        ])
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
