import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import { formatInZone } from './instant.js'
import { fromLocal, isZone, type LocalTime, offsetAt, resolveZone, startOfDay, timeOfDay, toLocal } from './zone.js'

const local = (text: string): LocalTime => {
  const { year, month, day, hour, minute, second, millisecond } = Temporal.PlainDateTime.from(text)
  return { year, month, day, hour, minute, second, millisecond }
}
const shown = (text: string, zone: string): string => formatInZone(fromLocal(local(text), zone), zone)
const hour = 3_600_000

describe('isZone', () => {
  test.each(['America/New_York', 'Asia/Kolkata', 'Europe/Kyiv', 'UTC', 'Etc/GMT+5', 'EST5EDT', '+05:30', '-00:00'])(
    'knows %s',
    (name) => {
      expect(isZone(name)).toBe(true)
    },
  )

  test.each([
    '',
    'local',
    'system',
    'Mars/Phobos',
    '+5',
    '+24:00',
    'UTC+3',
    'x'.repeat(10_000),
    null,
    5,
    {},
    undefined,
  ])('does not know %j', (name) => {
    expect(isZone(name)).toBe(false)
  })

  test('forgets old names without harm when contacts bring thousands', () => {
    for (let index = 0; index < 5000; index++) expect(isZone(`No/Where${index}`)).toBe(false)
    expect(offsetAt('Europe/Berlin', Date.UTC(2026, 6, 1))).toBe(2 * hour)
  })
})

describe('offsetAt', () => {
  test('tells fixed offsets and zones by any of their names', () => {
    const at = Date.UTC(2026, 6, 1)
    expect(offsetAt('UTC', at)).toBe(0)
    expect(offsetAt('+05:30', at)).toBe(5.5 * hour)
    expect(offsetAt('-09:30', at)).toBe(-9.5 * hour)
    expect(offsetAt('Etc/GMT+5', at)).toBe(-5 * hour)
    expect(offsetAt('america/new_york', at)).toBe(-4 * hour)
  })

  test('refuses zones and instants that make no sense', () => {
    expect(() => offsetAt('Mars/Phobos', 0)).toThrow(ConfigurationError)
    expect(() => offsetAt('Europe/Berlin', Number.NaN)).toThrow(ConfigurationError)
    expect(() => offsetAt('Europe/Berlin', 1e300)).toThrow('is not an instant')
  })

  test('agrees with Temporal in the past and the far future', () => {
    const zones = [
      'America/New_York',
      'Europe/London',
      'Africa/Cairo',
      'Pacific/Apia',
      'Asia/Pyongyang',
      'Africa/Monrovia',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: -2e12, max: 9e12 }), (zone, at) => {
        const expected = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
        expect(offsetAt(zone, at)).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })
})

describe('fromLocal', () => {
  test('moves a time that is skipped forward by the length of the gap', () => {
    expect(shown('2026-03-08T02:30', 'America/New_York')).toBe('2026-03-08T03:30-04:00')
    expect(shown('2026-10-04T02:15', 'Australia/Lord_Howe')).toBe('2026-10-04T02:45+11:00')
    expect(shown('2025-03-30T01:30', 'Antarctica/Troll')).toBe('2025-03-30T03:30+02:00')
    expect(shown('2025-03-30T00:30', 'Asia/Beirut')).toBe('2025-03-30T01:30+03:00')
    expect(shown('2025-03-29T23:30', 'America/Nuuk')).toBe('2025-03-30T00:30-01:00')
    expect(shown('2025-04-06T02:30', 'Africa/Casablanca')).toBe('2025-04-06T03:30+01:00')
  })

  test('takes the first of a time that comes twice', () => {
    expect(shown('2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T01:30-04:00')
    expect(shown('2026-04-05T01:45', 'Australia/Lord_Howe')).toBe('2026-04-05T01:45+11:00')
  })

  test('moves times of the date that Samoa skipped onto the next one', () => {
    expect(shown('2011-12-30T10:00', 'Pacific/Apia')).toBe('2011-12-31T10:00+14:00')
    expect(shown('2011-12-31T10:00', 'Pacific/Apia')).toBe('2011-12-31T10:00+14:00')
    expect(shown('2011-12-29T10:00', 'Pacific/Apia')).toBe('2011-12-29T10:00-10:00')
  })

  test.each<[string, Partial<LocalTime>]>([
    ['30 February', { month: 2, day: 30 }],
    ['hour 24', { hour: 24 }],
    ['month 0', { month: 0 }],
    ['a fraction', { millisecond: 0.5 }],
    ['the year 0', { year: 0 }],
  ])('refuses %s', (_, part) => {
    expect(() => fromLocal({ ...local('2026-01-01T00:00'), ...part }, 'UTC')).toThrow(ConfigurationError)
  })
})

describe('toLocal and timeOfDay', () => {
  test('show what is on the wall', () => {
    const at = Date.UTC(2026, 2, 8, 7, 5, 9, 3)
    expect(toLocal(at, 'America/New_York')).toStrictEqual({ ...local('2026-03-08T03:05:09.003'), weekday: 7 })
    expect(toLocal(at, 'UTC').weekday).toBe(7)
    expect(timeOfDay(at, 'America/New_York')).toBe('03:05')
  })
})

describe('startOfDay', () => {
  test('is midnight, or the first instant after it where midnight is skipped', () => {
    const start = (date: string, zone: string): string => {
      const { year, month, day } = Temporal.PlainDate.from(date)
      return formatInZone(startOfDay(zone, Date.UTC(year, month - 1, day) / 86_400_000), zone)
    }
    expect(start('2026-03-08', 'America/New_York')).toBe('2026-03-08T00:00-05:00')
    expect(start('2025-03-30', 'Asia/Beirut')).toBe('2025-03-30T01:00+03:00')
    expect(start('2011-12-30', 'Pacific/Apia')).toBe('2011-12-31T00:00+14:00')
    expect(start('1919-03-31', 'America/Toronto')).toBe('1919-03-31T00:30-04:00')
  })
})

describe('resolveZone', () => {
  test('takes the first usable one of contact, campaign, workspace and UTC', () => {
    const contact = 'Europe/Berlin'
    const campaign = 'America/New_York'
    const workspace = 'Asia/Tokyo'
    expect(resolveZone({ contact, campaign, workspace })).toStrictEqual({
      zone: contact,
      source: 'contact',
      invalid: null,
    })
    expect(resolveZone({ contact: null, campaign, workspace })).toMatchObject({ zone: campaign, source: 'campaign' })
    expect(resolveZone({ contact: '', workspace })).toMatchObject({
      zone: workspace,
      source: 'workspace',
      invalid: null,
    })
    expect(resolveZone({})).toStrictEqual({ zone: 'UTC', source: 'utc', invalid: null })
  })

  test('passes over what is no zone, and reports the first of it', () => {
    expect(resolveZone({ contact: 'Mars/Phobos', campaign: 'nope', workspace: 'Asia/Tokyo' })).toStrictEqual({
      zone: 'Asia/Tokyo',
      source: 'workspace',
      invalid: 'Mars/Phobos',
    })
    expect(resolveZone({ contact: { zone: 5 } })).toStrictEqual({
      zone: 'UTC',
      source: 'utc',
      invalid: 'a value of type object',
    })
  })
})
