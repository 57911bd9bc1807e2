import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SequenceInvalidError } from '../errors.js'
import { shortestMs } from '../testing/shortest-ms.js'
import { guardJson, type JsonLimits } from './guard-json.js'

function refusal(input: unknown, limits?: JsonLimits): SequenceInvalidError {
  try {
    guardJson(input, limits)
  } catch (error) {
    if (error instanceof SequenceInvalidError) return error
    throw error
  }
  throw new Error('It was not refused')
}

function nested(levels: number): unknown {
  let value: unknown = []
  for (let level = 1; level < levels; level++) value = level % 2 === 0 ? [value] : { value }
  return value
}

describe('guardJson', () => {
  it('copies every piece of JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value))
        let copy: unknown
        try {
          copy = guardJson(plain)
        } catch (error) {
          // Only what it says it refuses.
          expect((error as SequenceInvalidError).issues[0]?.code).toMatch(/^(bad_text|forbidden_key)$/)
          return
        }
        expect(copy).toEqual(plain)
      }),
    )
  })

  it('returns a copy that shares nothing with the input, without members that are undefined', () => {
    const inner = { a: 1 }
    const copy = guardJson({ inner, gone: undefined }) as { inner: object }
    expect(copy).toEqual({ inner: { a: 1 } })
    expect(Object.keys(copy)).toEqual(['inner'])
    expect(copy.inner).not.toBe(inner)
  })

  it('takes one object in two places, and objects without a prototype', () => {
    const shared = Object.assign(Object.create(null) as object, { a: 1 })
    expect(guardJson([shared, shared])).toEqual([{ a: 1 }, { a: 1 }])
  })

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a bigint', 1n],
    ['undefined in a list', [undefined]],
    ['a hole in a list', new Array(1)],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['NaN', Number.NaN],
    ['1e999', JSON.parse('1e999')],
    ['nothing at all', undefined],
  ])('refuses %s: it is not JSON', (_name, input) => {
    expect(refusal({ at: [input] }).issues[0]).toMatchObject({
      code: 'not_json',
      path: ['at', 0, ...(Array.isArray(input) ? [0] : [])],
    })
  })

  it.each(['__proto__', 'constructor', 'prototype'])(
    'refuses the key %s at any depth, and leaves prototypes alone',
    (key) => {
      const hostile: unknown = JSON.parse(`{"a":[{"${key}":{"polluted":true}}]}`)
      expect(refusal(hostile).issues[0]).toMatchObject({ code: 'forbidden_key', path: ['a', 0, key] })
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    },
  )

  it.each([
    ['NUL', 'a\u0000b'],
    ['half a surrogate pair', 'a\ud83d'],
    ['the other half', '\ude00a'],
    ['halves in the wrong order', '\ude00\ud83d'],
  ])('refuses text with %s, in values and keys', (_name, text) => {
    expect(refusal([text]).issues[0]?.code).toBe('bad_text')
    expect(refusal({ [text]: 1 }).issues[0]?.code).toBe('bad_text')
    expect(guardJson('a😀é')).toBe('a😀é')
  })

  it('allows 32 levels and refuses 33', () => {
    expect(guardJson(nested(32))).toEqual(nested(32))
    expect(refusal(nested(33)).issues[0]?.code).toBe('too_large')
  })

  it('counts values, and bytes as UTF-8 counts them', () => {
    expect(guardJson([1, 2], { maxNodes: 3 })).toEqual([1, 2])
    expect(refusal([1, 2, 3], { maxNodes: 3 }).message).toContain('more than 3 values')
    for (const text of ['abcd', 'éé', '€a', '😀']) {
      expect(guardJson(text, { maxBytes: 4 })).toBe(text)
      expect(refusal(text, { maxBytes: 3 }).issues[0]?.code).toBe('too_large')
    }
  })

  it('refuses what contains itself', () => {
    const cycle: Record<string, unknown> = { a: {} }
    ;(cycle.a as Record<string, unknown>).back = cycle
    expect(refusal(cycle).issues[0]).toMatchObject({ code: 'cyclic', path: ['a', 'back'] })
  })

  it('says where it is, what is wrong, and what to do', () => {
    const { message } = refusal({ steps: { welcome: { metadata: { score: Number.NaN } } } })
    expect(message).toBe(
      'The input at steps.welcome.metadata.score is refused: NaN is not a number in JSON. Give a finite number.',
    )
  })

  it('refuses bombs at once', () => {
    let deep: unknown = {}
    for (let level = 0; level < 1_000_000; level++) deep = { deep }
    let laughs: unknown = 'ha'
    for (let level = 0; level < 30; level++) laughs = [laughs, laughs]
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, {}]))
    for (const bomb of [deep, laughs, wide, 'x'.repeat(10_000_000), new Array(1e9)]) {
      expect(refusal(bomb).issues[0]?.code).toBe('too_large')
      expect(shortestMs(() => refusal(bomb))).toBeLessThan(50)
    }
  })
})
