import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import {
  type BusinessCalendar,
  businessDayFrom,
  checkBlackout,
  isBlackedOut,
  isBusinessDay,
  validateCalendar,
} from './calendar.js'
import { dateOfDay, dayOfText } from './local-date.js'

const us: BusinessCalendar = { weekend: ['sat', 'sun'], holidays: ['2026-12-25', '2027-01-01'] }
const from = (date: string, count: number, calendar = us): string | null => {
  const day = businessDayFrom(dayOfText(date) ?? Number.NaN, count, calendar)
  return day === null ? null : dateOfDay(day)
}

describe('business days', () => {
  test('are neither weekend days nor holidays', () => {
    expect(isBusinessDay('2026-12-24', us)).toBe(true)
    expect(isBusinessDay('2026-12-25', us)).toBe(false)
    expect(isBusinessDay('2026-12-26', us)).toBe(false)
  })

  test('are counted from the day after, over weekends and holidays, forward and back', () => {
    expect(from('2026-12-23', 1)).toBe('2026-12-24')
    expect(from('2026-12-24', 1)).toBe('2026-12-28')
    expect(from('2026-12-26', 1)).toBe('2026-12-28')
    expect(from('2026-12-23', 5)).toBe('2026-12-31')
    expect(from('2026-12-28', -1)).toBe('2026-12-24')
    expect(from('2026-12-27', -2)).toBe('2026-12-23')
  })

  test('leave the day alone when none is to be counted, also on a weekend', () => {
    expect(from('2026-12-26', 0)).toBe('2026-12-26')
  })

  test('never come in a calendar without any, nor beyond the dates that exist', () => {
    const never: BusinessCalendar = { weekend: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], holidays: [] }
    expect(from('2026-12-23', 1, never)).toBeNull()
    expect(from('2026-12-23', -1, never)).toBeNull()
    expect(from('9999-12-31', 1)).toBeNull()
    expect(from('0001-01-01', -1)).toBeNull()
  })
})

describe('validateCalendar', () => {
  test('names every culprit', () => {
    const problems = validateCalendar({ weekend: ['sat', 'sunday' as never], holidays: ['2026-12-25', '2026-02-30'] })
    expect(problems).toHaveLength(2)
    expect(problems[0]).toContain('"sunday" in weekend is not a weekday')
    expect(problems[1]).toContain('"2026-02-30" is not a date')
    expect(validateCalendar(us)).toStrictEqual([])
  })

  test('objects to a calendar in which no day ever counts', () => {
    const weekend = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
    expect(validateCalendar({ weekend, holidays: [] })).toStrictEqual([
      'Every weekday is a weekend day, so no day ever counts; leave at least one out.',
    ])
  })
})

describe('blackouts', () => {
  test('cover a date, a range with both its ends, or a day of every year', () => {
    const blackouts = [
      { on: '2026-07-04' },
      { from: '2026-12-24', to: '2026-12-26', name: 'Christmas' },
      { yearly: '02-29' },
    ]
    const covered = ['2026-07-04', '2026-12-24', '2026-12-25', '2026-12-26', '2028-02-29']
    const open = ['2027-07-04', '2026-07-03', '2026-12-23', '2026-12-27', '2027-02-28', '2027-03-01']
    expect(covered.filter((date) => isBlackedOut(date, blackouts))).toStrictEqual(covered)
    expect(open.filter((date) => isBlackedOut(date, blackouts))).toStrictEqual([])
  })

  test.each([
    [{ on: '2026-02-30' }, 'The date of a blackout is not a date: "2026-02-30"'],
    [{ from: '2026-01-02', to: '2026-01-01' }, 'from 2026-01-02 ends before it begins, on 2026-01-01'],
    [{ yearly: '13-01' }, 'Yearly blackout "13-01" is not a day; give MM-DD'],
  ])('are refused when they make no sense: %j', (blackout, message) => {
    expect(() => checkBlackout(blackout)).toThrow(ConfigurationError)
    expect(() => checkBlackout(blackout)).toThrow(message)
  })
})
