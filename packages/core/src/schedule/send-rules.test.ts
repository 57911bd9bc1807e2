import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import { canEverOpen, isOpen, type SendRules, validateRules } from './window.js'

describe('validateRules', () => {
  test.each<SendRules>([
    {},
    { quietHours: null, windows: null, blackouts: null },
    { quietHours: '21:00-08:00', outside: 'earlier', zone: 'workspace' },
    { quietHours: '21:00-00:00' },
    { windows: [{ hours: '00:00-24:00' }, { weekdays: ['sat'], hours: '22:00-02:00' }] },
    { blackouts: [{ on: '2026-07-04' }, { yearly: '02-29', name: 'leap day' }] },
  ])('has nothing to say of %j', (rules) => {
    expect(validateRules(rules)).toStrictEqual([])
  })

  test.each<[unknown, string]>([
    [{ quietHours: '21-8' }, 'quietHours are not hours: "21-8"'],
    [{ quietHours: '21:00-25:00' }, 'The end of quietHours is not a time of day: "25:00"'],
    [{ quietHours: '24:00-08:00' }, 'The begin of quietHours is not a time of day: "24:00"'],
    [{ quietHours: '08:00-08:00' }, 'quietHours begin and end at 08:00. Write "00:00-24:00" for the whole day'],
    [{ quietHours: 21 }, 'quietHours are not hours: 21'],
    [{ windows: [] }, 'windows is empty'],
    [{ windows: [{ weekdays: [], hours: '09:00-17:00' }] }, 'weekdays of a window are empty'],
    [{ windows: [{ weekdays: ['Mon'], hours: '09:00-17:00' }] }, '"Mon" in windows is not a weekday'],
    [{ windows: [{ hours: '9-17' }] }, 'The hours of windows are not hours: "9-17"'],
    [{ blackouts: [{ on: '2026-02-30' }] }, 'The date of a blackout is not a date'],
    [{ outside: 'never' }, 'outside is "never"; it may be "nextOpening"'],
    [{ zone: 'here' }, 'The zone "here" is not a choice'],
  ])('objects to %j', (rules, sentence) => {
    expect(validateRules(rules as SendRules)).toHaveLength(1)
    expect(validateRules(rules as SendRules)[0]).toContain(sentence)
  })

  test('what it objects to is refused when it is used', () => {
    const use = (rules: SendRules) => () => isOpen(0, [{ from: 'step', rules, zone: 'UTC' }])
    expect(use({ quietHours: '21-8' })).toThrow(ConfigurationError)
    expect(use({ windows: [{ weekdays: ['Mon' as never], hours: '09:00-17:00' }] })).toThrow(ConfigurationError)
    expect(use({ blackouts: [{ on: '2026-02-30' }] })).toThrow(ConfigurationError)
  })
})

describe('canEverOpen', () => {
  test.each<SendRules>([
    {},
    { quietHours: '21:00-08:00' },
    { quietHours: '00:00-23:59' },
    { windows: [{ weekdays: ['mon'], hours: '09:00-09:01' }] },
    { quietHours: '02:00-22:00', windows: [{ weekdays: ['sun'], hours: '23:00-02:30' }] },
    { blackouts: [{ from: '2000-01-01', to: '2099-12-31' }] },
  ])('is true of %j', (rules) => {
    expect(canEverOpen(rules)).toBe(true)
  })

  test.each<SendRules>([
    { quietHours: '00:00-24:00' },
    { windows: [] },
    { windows: [{ weekdays: [], hours: '09:00-17:00' }] },
    { quietHours: '21:00-09:00', windows: [{ hours: '21:00-23:00' }, { hours: '06:00-09:00' }] },
    { blackouts: everyDay() },
  ])('is false of rules without an open minute', (rules) => {
    expect(canEverOpen(rules)).toBe(false)
  })

  test('sees the one day of the year that is left', () => {
    expect(canEverOpen({ blackouts: everyDay().filter(({ yearly }) => yearly !== '02-29') })).toBe(true)
  })
})

function everyDay(): { yearly: string }[] {
  return Array.from({ length: 366 }, (_, day) => ({
    yearly: new Date(Date.UTC(2000, 0, 1 + day)).toISOString().slice(5, 10),
  }))
}
