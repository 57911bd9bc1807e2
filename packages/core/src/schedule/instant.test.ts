import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import { formatInstant, formatInZone, maxInstant, minInstant, toInstant } from './instant.js'

describe('toInstant', () => {
  test('reads dates, milliseconds and ISO-8601 text with an offset alike', () => {
    const at = Date.UTC(2026, 2, 6, 21, 20)
    for (const input of [
      new Date(at),
      at,
      '2026-03-06T21:20Z',
      '2026-03-06T16:20-05:00',
      '2026-03-06T16:20:00.000-0500',
      '2026-03-06 22:20:00+01',
      '2026-03-07t02:50:00,0009+05:30',
    ]) {
      expect(toInstant(input, 'at')).toBe(at)
    }
  })

  test.each([
    ['no offset', '2026-03-06T16:20'],
    ['a date alone', '2026-03-06'],
    ['a date that does not exist', '2026-02-29T10:00Z'],
    ['an hour that does not exist', '2026-02-28T24:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['words', 'tomorrow'],
    ['an invalid Date', new Date(Number.NaN)],
    ['a fraction of a millisecond', 1.5],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a year beyond 9999', maxInstant + 1],
    ['null', null as never],
    ['seconds as a bigint', 5n as never],
  ])('refuses %s and names the input', (_, input) => {
    expect(() => toInstant(input, 'occurredAt')).toThrow(ConfigurationError)
    expect(() => toInstant(input, 'occurredAt')).toThrow(/^occurredAt is not an instant: /)
  })

  test('reads back what formatInstant and formatInZone wrote, for any instant and zone', () => {
    const zone = fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', '-09:30')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), zone, (at, name) => {
        expect(toInstant(formatInstant(at), 'at')).toBe(at)
        expect(toInstant(formatInZone(at, name), 'at')).toBe(at)
      }),
    )
  })
})

describe('formatInstant and formatInZone', () => {
  test('leave out what is zero', () => {
    const at = Date.UTC(2026, 2, 6, 21, 20)
    expect(formatInstant(at)).toBe('2026-03-06T21:20:00Z')
    expect(formatInstant(at + 7)).toBe('2026-03-06T21:20:00.007Z')
    expect(formatInZone(at, 'America/New_York')).toBe('2026-03-06T16:20-05:00')
    expect(formatInZone(at + 1000, 'Asia/Kolkata')).toBe('2026-03-07T02:50:01+05:30')
    expect(formatInZone(at + 1, 'UTC')).toBe('2026-03-06T21:20:00.001+00:00')
  })

  test('write four digits of year to the ends of the range', () => {
    expect(formatInstant(minInstant)).toBe('0001-01-01T00:00:00Z')
    expect(formatInstant(maxInstant)).toBe('9999-12-31T23:59:59.999Z')
  })

  test('write the seconds of an offset where a zone had them', () => {
    expect(formatInZone(Date.UTC(1971, 0, 1, 12), 'Africa/Monrovia')).toBe('1971-01-01T11:15:30-00:44:30')
  })

  test('refuse a zone that is not known, and say what is', () => {
    expect(() => formatInZone(0, 'Mars/Phobos')).toThrow('Zone "Mars/Phobos" is not known to this runtime')
  })
})
