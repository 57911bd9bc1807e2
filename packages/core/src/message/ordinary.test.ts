import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOrdinary } from './ordinary.js'
import { guardOf, ordinaryGuardOf, type Place, wellFormed } from './rendering/safe-value.js'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.array(fc.integer({ min: 0, max: 0x7ff }), { maxLength: 6 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('Ana', 'Zürich', 'Łódź', 'Москва', 'אבג', '"Tom" & <Jerry>', 'https://a.test/?b=c&d=e'),
)

describe('isOrdinary', () => {
  it.each(['Ana María', 'Łódź', 'Москва 2', 'שלום', 'https://a.test/?b=c', '"a" & <b>'])(
    'is true of %j',
    (ordinary) => {
      expect(isOrdinary(ordinary)).toBe(true)
    },
  )

  it.each([
    '\u0000',
    '\n',
    '\t',
    '\u007f',
    '\u0085',
    '\u00ad',
    '\u034f',
    '\u061c',
    '\u200b',
    '\u202e',
    '\u2028',
    '\ud800',
  ])('is false of a text with %j', (character) => {
    expect(isOrdinary(`a${character}b`)).toBe(false)
  })

  it('spares only rules that would change nothing', () => {
    const places: readonly Place[] = ['content', 'contentAfterUrl', 'attribute', 'plain', 'header']
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...places),
        fc.constantFrom('', 'see https://a.test/'),
        (value, place, soFar) => {
          fc.pre(isOrdinary(value))
          expect(wellFormed(value)).toBe(value)
          expect(ordinaryGuardOf(place)?.(value)).toBe(guardOf(place)(value, soFar))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
