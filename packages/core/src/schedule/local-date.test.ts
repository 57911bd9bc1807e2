import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import { addDays, addMonths, civilOf, compareDates, dayNumber, dayOfText, weekdayOf, weekdays } from './local-date.js'

const dayNumbers = fc.integer({ min: -650_000, max: 2_850_000 })
const plainDate = (day: number): Temporal.PlainDate => Temporal.PlainDate.from('1970-01-01').add({ days: day })

describe('local dates', () => {
  test('agree with Temporal on days, months and weekdays of any year', () => {
    fc.assert(
      fc.property(dayNumbers, fc.integer({ min: -2000, max: 2000 }), (day, count) => {
        const date = plainDate(day)
        expect(dayOfText(date.toString())).toBe(day)
        expect(civilOf(day * 86_400_000)).toMatchObject({ year: date.year, month: date.month, day: date.day, hour: 0 })
        expect(addDays(date.toString(), count)).toBe(date.add({ days: count }).toString())
        expect(addMonths(date.toString(), count)).toBe(date.add({ months: count }).toString())
        expect(weekdays.indexOf(weekdayOf(date.toString())) + 1).toBe(date.dayOfWeek)
      }),
    )
  })

  test('clamp the 31st to the last day of a shorter month', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect(addMonths('2028-01-31', 1)).toBe('2028-02-29')
    expect(addMonths('2026-03-31', -1)).toBe('2026-02-28')
    expect(addMonths('2028-02-29', 12)).toBe('2029-02-28')
  })

  test('compare as dates do', () => {
    expect(compareDates('2026-01-02', '2026-01-10')).toBeLessThan(0)
    expect(compareDates('2026-01-10', '2026-01-10')).toBe(0)
    expect(compareDates('2027-01-01', '2026-12-31')).toBeGreaterThan(0)
  })

  test.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-1-1', '0000-01-01', '20260101', '', null, 20260101])(
    'do not read %j',
    (text) => {
      expect(dayOfText(text)).toBeNull()
    },
  )

  test('refuse to leave the years that they can name', () => {
    expect(() => addDays('9999-12-31', 1)).toThrow(ConfigurationError)
    expect(() => addMonths('0001-01-31', -1)).toThrow(ConfigurationError)
    expect(() => addDays('2026-02-30', 1)).toThrow('The date is not a date: "2026-02-30"')
  })

  test('count months beyond December into the next year', () => {
    expect(dayNumber(2026, 13, 1)).toBe(dayNumber(2027, 1, 1))
    expect(dayNumber(2026, 0, 1)).toBe(dayNumber(2025, 12, 1))
  })
})
