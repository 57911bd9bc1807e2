import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { septetsOf } from './gsm-alphabet.js'
import { smsSegments } from './sms-segments.js'

const a = (count: number) => 'a'.repeat(count)

describe('smsSegments', () => {
  it.each([
    ['nothing', '', 'GSM-7', 0, 0, 160, 160],
    ['one character', 'a', 'GSM-7', 1, 1, 160, 159],
    ['160 characters', a(160), 'GSM-7', 1, 160, 160, 0],
    ['161 characters', a(161), 'GSM-7', 2, 161, 153, 145],
    ['306 characters', a(306), 'GSM-7', 2, 306, 153, 0],
    ['307 characters', a(307), 'GSM-7', 3, 307, 153, 152],
    ['80 euro signs', '€'.repeat(80), 'GSM-7', 1, 160, 160, 0],
    ['81 euro signs, of which 76 fit the first part', '€'.repeat(81), 'GSM-7', 2, 162, 153, 143],
    ['a pair at the edge of a part', `${a(152)}€${a(10)}`, 'GSM-7', 2, 164, 153, 141],
    ['70 characters of UCS-2', 'я'.repeat(70), 'UCS-2', 1, 70, 70, 0],
    ['71 characters of UCS-2', 'я'.repeat(71), 'UCS-2', 2, 71, 67, 63],
    ['134 characters of UCS-2', 'я'.repeat(134), 'UCS-2', 2, 134, 67, 0],
    ['35 emoji', '😀'.repeat(35), 'UCS-2', 1, 70, 70, 0],
    ['36 emoji, of which 33 fit the first part', '😀'.repeat(36), 'UCS-2', 2, 72, 67, 61],
    ['one curly quote in 160 characters', `${a(159)}’`, 'UCS-2', 3, 160, 67, 41],
  ] as const)('counts %s', (_, text, encoding, segments, units, perSegment, remaining) => {
    expect(smsSegments(text)).toMatchObject({ encoding, segments, units, perSegment, remaining })
  })

  it('takes every character of the alphabet for GSM-7, and its extension for two', () => {
    const basic =
      '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
    expect([...basic]).toHaveLength(127)
    expect([...basic].every((character) => septetsOf(character) === 1)).toBe(true)
    expect([...'\f^{}\\[~]|€'].map(septetsOf)).toEqual(Array(10).fill(2))
  })

  it.each([...'`\tçáíóú’“”–…\u00a0\u001b'])('does not take %j for GSM-7', (character) => {
    expect(smsSegments(`a${character}${character}b`)).toMatchObject({ encoding: 'UCS-2', forcedBy: [character] })
  })

  it('names each character that forces UCS-2 once, in order', () => {
    expect(smsSegments('“Hi” – 😀“').forcedBy).toEqual(['“', '”', '–', '😀'])
  })

  it('splits a text into parts that are the text, fit, and divide no character', () => {
    const characters = fc.constantFrom('a', '€', '[', 'é', '😀', '’', 'я', '\n')
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.array(characters, { maxLength: 400 }).map((list) => list.join('')),
      fc.array(fc.constantFrom('a', '€'), { maxLength: 400 }).map((list) => list.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const { parts, segments, perSegment, encoding, units, remaining } = smsSegments(text)
        const length = (part: string) =>
          encoding === 'GSM-7' ? [...part].reduce((sum, character) => sum + septetsOf(character), 0) : part.length
        expect(parts.join('')).toBe(text)
        expect(parts).toHaveLength(segments)
        expect(parts.every((part) => length(part) <= perSegment && !/\p{Cs}/u.test(part))).toBe(true)
        expect(parts.reduce((sum, part) => sum + length(part), 0)).toBe(units)
        expect(remaining).toBe(perSegment - length(parts.at(-1) ?? ''))
        expect(segments > 1).toBe(units > (encoding === 'GSM-7' ? 160 : 70))
      }),
    )
  })
})
