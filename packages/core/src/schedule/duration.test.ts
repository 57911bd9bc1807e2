import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import { type Duration, elapsedMs, parseDuration } from './duration.js'

const zero: Duration = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 }

describe('parseDuration', () => {
  test.each<[string, Partial<Duration>]>([
    ['P1D', { days: 1 }],
    ['P1DT2H', { days: 1, hours: 2 }],
    ['-P1D', { days: -1 }],
    ['-P1M2DT3H', { months: -1, days: -2, hours: -3 }],
    ['+P2W', { weeks: 2 }],
    ['P1Y2M3W4DT5H6M7.25S', { years: 1, months: 2, weeks: 3, days: 4, hours: 5, minutes: 6, seconds: 7.25 }],
    ['PT90M', { minutes: 90 }],
    ['PT0,5S', { seconds: 0.5 }],
    ['PT0S', {}],
    ['-P0D', {}],
  ])('reads %s', (text, parts) => {
    expect(parseDuration(text)).toStrictEqual({ ...zero, ...parts })
  })

  test.each([
    '',
    'P',
    'PT',
    'P1DT',
    '1D',
    'P1H',
    'PT1D',
    'P1.5D',
    'PT1.5H',
    'P-1D',
    'p1d',
    'P1D2W',
    'PT1.2345S',
    ' P1D',
  ])('refuses %j and says how to write it', (text) => {
    expect(() => parseDuration(text)).toThrow(ConfigurationError)
    expect(() => parseDuration(text)).toThrow('is not ISO-8601')
  })

  test('refuses what is not text, and parts longer than a hundred years', () => {
    expect(() => parseDuration(5 as never)).toThrow('Duration 5 is not ISO-8601')
    expect(() => parseDuration('P101Y')).toThrow('Duration "P101Y" has 101 years; at most 100')
    expect(() => parseDuration('PT99999999999999999999H')).toThrow('hours; at most 876600')
  })

  test('reads every combination of parts that it can write', () => {
    const part = fc.option(fc.nat(99), { nil: null })
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part, part, part), fc.boolean(), (parts, negative) => {
        const write = (values: readonly (number | null)[], letters: string): string =>
          values.map((value, index) => (value === null ? '' : `${value}${letters[index]}`)).join('')
        const [dates, times] = [write(parts.slice(0, 4), 'YMWD'), write(parts.slice(4), 'HMS')]
        fc.pre(dates + times !== '')
        const read = parseDuration(`${negative ? '-' : ''}P${dates}${times === '' ? '' : `T${times}`}`)
        expect(Object.values(read)).toStrictEqual(parts.map((value) => (negative ? -1 : 1) * (value ?? 0) + 0))
      }),
    )
  })
})

describe('elapsedMs', () => {
  test('counts hours and smaller', () => {
    expect(elapsedMs('PT2H')).toBe(7_200_000)
    expect(elapsedMs('PT1H30M0.25S')).toBe(5_400_250)
    expect(elapsedMs('PT0S')).toBe(0)
  })

  test('refuses days, whose length depends on the calendar, unless they are to count 24 hours', () => {
    expect(() => elapsedMs('P1D')).toThrow('depends on the calendar; here only hours and smaller are allowed')
    expect(elapsedMs('P1D', { calendarDaysAs24Hours: true })).toBe(86_400_000)
    expect(elapsedMs('P1WT1H', { calendarDaysAs24Hours: true })).toBe(169 * 3_600_000)
    expect(() => elapsedMs('P1M', { calendarDaysAs24Hours: true })).toThrow('only days and smaller')
  })

  test('refuses what is negative', () => {
    expect(() => elapsedMs('-PT1H')).toThrow('"-PT1H" is negative')
  })
})
