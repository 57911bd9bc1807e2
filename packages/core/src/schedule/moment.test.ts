import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../errors.js'
import type { Blackout, BusinessCalendar } from './calendar.js'
import { parseDuration } from './duration.js'
import { formatInZone, maxInstant, toInstant } from './instant.js'
import { addDuration, anchorInstant, type Moment, resolveMoment } from './moment.js'
import { nextOpening } from './window.js'

const newYork = 'America/New_York'
const us: BusinessCalendar = { weekend: ['sat', 'sun'], holidays: ['2026-12-25'] }
const christmas: Blackout = { from: '2026-12-24', to: '2026-12-26' }

function resolve(anchor: string, moment: Moment, zone = newYork, blackouts: readonly Blackout[] = []): string | null {
  const at = resolveMoment(moment, { anchorAt: toInstant(anchor, 'anchor'), zone, calendars: { us }, blackouts })
  return at === null ? null : formatInZone(at, zone)
}

describe('the acceptance campaigns', () => {
  test('Ana gets her welcome series at her local times across the begin of summer time', () => {
    const e1 = '2026-03-06T16:20-05:00'
    const e2 = resolve(e1, { for: 'P1D' })
    expect(e2).toBe('2026-03-07T16:20-05:00')
    const e3 = resolve('2026-03-07T16:20-05:00', { onDay: 2, at: '09:00' })
    expect(e3).toBe('2026-03-09T09:00-04:00')
    const e4 = resolve('2026-03-09T09:00-04:00', { until: { time: '10:00', weekdays: ['tue'] } })
    expect(e4).toBe('2026-03-10T10:00-04:00')
    expect(resolve('2026-03-10T10:00-04:00', { for: 'PT120H' })).toBe('2026-03-15T10:00-04:00')
  })

  test('Carla is reminded of her cart after the quiet hours, and 24 elapsed hours later', () => {
    const zone = 'America/Los_Angeles'
    const abandoned = '2026-10-31T20:15-07:00'
    const s1 = resolve(abandoned, { for: 'PT60M' }, zone)
    expect(s1).toBe('2026-10-31T21:15-07:00')
    const opening = nextOpening(toInstant('2026-10-31T21:15-07:00', 's1'), [
      { from: 'campaign', rules: { quietHours: '21:00-09:00' }, zone },
    ])
    expect(opening).toStrictEqual({
      at: Date.UTC(2026, 10, 1, 17),
      closedBy: [{ from: 'campaign', rule: 'quietHours' }],
    })
    expect(formatInZone(opening?.at ?? 0, zone)).toBe('2026-11-01T09:00-08:00')
    expect(resolve(abandoned, { for: 'PT24H' }, zone)).toBe('2026-11-01T19:15-08:00')
    expect(resolve('2026-11-01T19:15-08:00', { for: 'P1D' }, zone)).toBe('2026-11-02T19:15-08:00')
  })

  test('Pia is asked to pay on the days after the failure, by SMS on weekdays only', () => {
    const failed = '2026-10-30T22:40-04:00'
    const weekdaysOnly = { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], otherwise: 'nextDateSameTime' } as const
    expect(resolve(failed, {})).toBe(failed)
    expect(resolve(failed, { onDay: 1, at: '09:30', dates: weekdaysOnly })).toBe('2026-11-02T09:30-05:00')
    expect(resolve(failed, { onDay: 3, at: '14:00' })).toBe('2026-11-02T14:00-05:00')
    expect(resolve(failed, { onDay: 7, at: '14:00' })).toBe('2026-11-06T14:00-05:00')
  })
})

describe('for', () => {
  test('counts days by the calendar and hours by elapsed time', () => {
    expect(resolve('2026-03-07T16:20-05:00', { for: 'P1D' })).toBe('2026-03-08T16:20-04:00')
    expect(resolve('2026-03-07T16:20-05:00', { for: 'PT24H' })).toBe('2026-03-08T17:20-04:00')
  })

  test('applies calendar parts before elapsed parts', () => {
    expect(resolve('2026-03-07T01:30-05:00', { for: 'P1DT1H' })).toBe('2026-03-08T03:30-04:00')
    expect(resolve('2026-10-31T01:30-04:00', { for: 'P1DT1H' })).toBe('2026-11-01T01:30-05:00')
  })

  test('clamps months, months before days', () => {
    expect(resolve('2026-01-31T10:00-05:00', { for: 'P1M' })).toBe('2026-02-28T10:00-05:00')
    expect(resolve('2026-01-31T10:00-05:00', { for: 'P1M1D' })).toBe('2026-03-01T10:00-05:00')
    expect(resolve('2028-02-29T10:00-05:00', { for: 'P1Y' })).toBe('2029-02-28T10:00-05:00')
  })

  test('goes back from an anchor ahead', () => {
    expect(resolve('2026-03-09T10:00-04:00', { for: '-P1D' })).toBe('2026-03-08T10:00-04:00')
    expect(resolve('2026-03-09T10:00-04:00', { for: '-P2D' })).toBe('2026-03-07T10:00-05:00')
    expect(resolve('2026-03-09T10:00-04:00', { for: '-PT48H' })).toBe('2026-03-07T09:00-05:00')
    expect(resolve('2026-03-31T10:00-04:00', { for: '-P1M' })).toBe('2026-02-28T10:00-05:00')
  })

  test('keeps the second of an ambiguous time as its base', () => {
    expect(resolve('2026-11-01T01:30-05:00', { for: 'PT0S' })).toBe('2026-11-01T01:30-05:00')
    expect(resolve('2026-11-01T01:30-05:00', { for: 'PT15M' })).toBe('2026-11-01T01:45-05:00')
    expect(resolve('2026-11-01T01:30-05:00', { for: 'P1D' })).toBe('2026-11-02T01:30-05:00')
  })

  test('moves out of a gap, and counts on from there', () => {
    expect(resolve('2026-03-07T02:30-05:00', { for: 'P1D' })).toBe('2026-03-08T03:30-04:00')
    expect(resolve('2026-03-08T03:30-04:00', { for: 'P1D' })).toBe('2026-03-09T03:30-04:00')
  })

  test('steps over the date that Samoa skipped, once per local day', () => {
    const days: (string | null)[] = []
    let at = '2011-12-28T10:00-10:00'
    for (let day = 0; day < 4; day++) {
      at = resolve(at, { for: 'P1D' }, 'Pacific/Apia') ?? 'never'
      days.push(at.slice(0, 16))
    }
    expect(days).toStrictEqual(['2011-12-29T10:00', '2011-12-31T10:00', '2012-01-01T10:00', '2012-01-02T10:00'])
  })

  test('never comes beyond the year 9999', () => {
    expect(
      resolveMoment({ for: 'P1D' }, { anchorAt: maxInstant, zone: 'UTC', calendars: {}, blackouts: [] }),
    ).toBeNull()
    expect(resolve('0001-01-02T00:00Z', { for: '-P2D' }, 'UTC')).toBeNull()
  })
})

describe('onDay and at', () => {
  test('name a date relative to the anchor, which may be its own, the day before, or not far away', () => {
    expect(resolve('2026-05-05T23:50-04:00', { onDay: 1, at: '00:10' })).toBe('2026-05-06T00:10-04:00')
    expect(resolve('2026-05-05T23:50-04:00', { onDay: 0, at: '09:00' })).toBe('2026-05-05T09:00-04:00')
    expect(resolve('2026-05-05T23:50-04:00', { onDay: -1, at: '09:00' })).toBe('2026-05-04T09:00-04:00')
  })

  test('take the date that the anchor has in the zone of the rule', () => {
    expect(resolve('2026-05-05T23:50-04:00', { onDay: 0, at: '18:00' }, 'Asia/Tokyo')).toBe('2026-05-06T18:00+09:00')
  })
})

describe('until', () => {
  test('is the first such time at or after what came before', () => {
    expect(resolve('2026-05-05T08:00-04:00', { until: '08:00' })).toBe('2026-05-05T08:00-04:00')
    expect(resolve('2026-05-05T08:00:01-04:00', { until: '08:00' })).toBe('2026-05-06T08:00-04:00')
    expect(resolve('2026-05-05T16:00-04:00', { for: 'P1D', until: '08:00' })).toBe('2026-05-07T08:00-04:00')
  })

  test('waits for the weekday, a whole week if its time has just passed', () => {
    const monday = { time: '09:00', weekdays: ['mon'] } as const
    expect(resolve('2026-05-04T09:00-04:00', { until: monday })).toBe('2026-05-04T09:00-04:00')
    expect(resolve('2026-05-04T09:01-04:00', { until: monday })).toBe('2026-05-11T09:00-04:00')
    expect(resolve('2026-05-03T09:01-04:00', { until: { time: '09:00', weekdays: ['sat', 'mon'] } })).toBe(
      '2026-05-04T09:00-04:00',
    )
  })

  test('moves a time in a gap forward, also when it was asked for within the gap', () => {
    expect(resolve('2026-03-07T20:00-05:00', { until: '02:30' })).toBe('2026-03-08T03:30-04:00')
    expect(resolve('2026-03-08T03:10-04:00', { until: '02:30' })).toBe('2026-03-08T03:30-04:00')
    expect(resolve('2025-03-30T00:10-01:00', { until: '23:30' }, 'America/Nuuk')).toBe('2025-03-30T00:30-01:00')
  })

  test('means the first of a time that comes twice, and so waits a day once that has passed', () => {
    expect(resolve('2026-10-31T20:00-04:00', { until: '01:30' })).toBe('2026-11-01T01:30-04:00')
    expect(resolve('2026-11-01T01:40-04:00', { until: '01:30' })).toBe('2026-11-02T01:30-05:00')
    expect(resolve('2026-11-01T01:10-05:00', { until: '01:30' })).toBe('2026-11-02T01:30-05:00')
  })

  test('never comes on no weekday', () => {
    expect(resolve('2026-05-04T09:00-04:00', { until: { time: '09:00', weekdays: [] } })).toBeNull()
  })
})

describe('businessDays', () => {
  test('count in their calendar and keep the time of day', () => {
    expect(resolve('2026-12-23T16:00-05:00', { businessDays: 2, calendar: 'us' })).toBe('2026-12-28T16:00-05:00')
    expect(resolve('2026-12-28T16:00-05:00', { businessDays: -2, calendar: 'us' })).toBe('2026-12-23T16:00-05:00')
    expect(resolve('2026-10-30T16:00-04:00', { businessDays: 1, calendar: 'us' })).toBe('2026-11-02T16:00-05:00')
  })

  test('leave an anchor on a weekend where it is when none are counted', () => {
    expect(resolve('2026-12-26T16:00-05:00', { businessDays: 0, calendar: 'us' })).toBe('2026-12-26T16:00-05:00')
  })

  test('may name another time of day, or the next one', () => {
    expect(resolve('2026-12-24T16:00-05:00', { businessDays: 1, calendar: 'us', at: '09:00' })).toBe(
      '2026-12-28T09:00-05:00',
    )
    expect(resolve('2026-12-23T16:00-05:00', { businessDays: 1, calendar: 'us', until: '17:00' })).toBe(
      '2026-12-24T17:00-05:00',
    )
  })

  test('refuse a calendar that is not there, and list those that are', () => {
    expect(() => resolve('2026-12-24T16:00Z', { businessDays: 1, calendar: 'uk' })).toThrow(
      new ConfigurationError('There is no calendar "uk". Known are us.'),
    )
    expect(() => resolve('2026-12-24T16:00Z', { businessDays: 1, calendar: 'constructor' })).toThrow(ConfigurationError)
  })
})

describe('dates', () => {
  const otherwise = 'nextDateSameTime'

  test('move a moment by whole days until weekday, calendar and blackouts allow', () => {
    const wednesday: Moment = { dates: { weekdays: ['wed'], otherwise } }
    expect(resolve('2026-05-04T09:00-04:00', wednesday)).toBe('2026-05-06T09:00-04:00')
    expect(resolve('2026-05-06T09:00-04:00', wednesday)).toBe('2026-05-06T09:00-04:00')
    expect(resolve('2026-12-25T09:00-05:00', { dates: { calendar: 'us', otherwise } })).toBe('2026-12-28T09:00-05:00')
    const open: Moment = { dates: { notBlackedOut: true, otherwise } }
    expect(resolve('2026-12-24T09:00-05:00', open, newYork, [christmas])).toBe('2026-12-27T09:00-05:00')
    expect(resolve('2026-12-24T09:00-05:00', open, newYork)).toBe('2026-12-24T09:00-05:00')
    expect(
      resolve('2026-12-24T09:00-05:00', { dates: { ...open.dates, calendar: 'us', otherwise } }, newYork, [christmas]),
    ).toBe('2026-12-28T09:00-05:00')
  })

  test('keep the time of day that the rule named, not the one that a gap made of it', () => {
    const notSunday: Moment = {
      onDay: 1,
      at: '02:30',
      dates: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], otherwise },
    }
    expect(resolve('2026-03-07T20:00-05:00', notSunday)).toBe('2026-03-09T02:30-04:00')
  })

  test('are judged by the date on the wall too, when a gap leads over midnight', () => {
    const saturday: Moment = { onDay: 0, at: '23:30', dates: { weekdays: ['sat'], otherwise } }
    expect(resolve('2025-03-29T12:00-02:00', saturday, 'America/Nuuk')).toBe('2025-04-05T23:30-01:00')
  })

  test('never come when no date is allowed', () => {
    expect(resolve('2026-05-04T09:00-04:00', { dates: { weekdays: [], otherwise } })).toBeNull()
    const always: Blackout = { from: '2000-01-01', to: '2999-12-31' }
    expect(
      resolve('2026-05-04T09:00-04:00', { dates: { notBlackedOut: true, otherwise } }, newYork, [always]),
    ).toBeNull()
    expect(resolve('9999-12-31T12:00Z', { dates: { weekdays: [], otherwise } }, 'UTC')).toBeNull()
  })
})

describe('a moment that is not valid', () => {
  test.each<[Moment, string]>([
    [{ for: '1 day' }, 'Duration "1 day" is not ISO-8601'],
    [{ onDay: 0.5, at: '09:00' }, 'onDay is 0.5; give a whole number from -36525 to 36525'],
    [{ onDay: 1e15, at: '09:00' }, 'onDay is 1000000000000000'],
    [{ onDay: 1, at: '9:00' }, 'at is not a time of day: "9:00"'],
    [{ until: '24:00' }, 'until is not a time of day: "24:00"'],
    [{ businessDays: 5000, calendar: 'us' }, 'businessDays is 5000'],
    [{ businessDays: 1 }, 'There is no calendar undefined'],
  ])('is refused, not guessed: %j', (moment, message) => {
    expect(() => resolve('2026-05-04T09:00-04:00', moment)).toThrow(ConfigurationError)
    expect(() => resolve('2026-05-04T09:00-04:00', moment)).toThrow(message)
  })
})

describe('addDuration', () => {
  test('is what for does', () => {
    const at = toInstant('2026-03-07T16:20-05:00', 'at')
    expect(formatInZone(addDuration(at, parseDuration('P1DT1H'), newYork), newYork)).toBe('2026-03-08T17:20-04:00')
  })
})

describe('anchorInstant', () => {
  test.each<[string, unknown, string]>([
    ['a Date', new Date('2026-05-05T12:00Z'), '2026-05-05T08:00-04:00'],
    ['milliseconds', Date.UTC(2026, 4, 5, 12), '2026-05-05T08:00-04:00'],
    ['an instant as text', '2026-05-05T12:00:00.000Z', '2026-05-05T08:00-04:00'],
    ['a local date-time', '2026-05-05T08:00', '2026-05-05T08:00-04:00'],
    ['a local date-time in a gap', '2026-03-08T02:30', '2026-03-08T03:30-04:00'],
    ['an ambiguous local date-time', '2026-11-01T01:30', '2026-11-01T01:30-04:00'],
    ['a date', '2026-05-05', '2026-05-05T00:00-04:00'],
  ])('reads %s', (_, value, expected) => {
    const at = anchorInstant(value, newYork)
    expect(at === null ? null : formatInZone(at, newYork)).toBe(expected)
  })

  test.each([
    null,
    undefined,
    '',
    'soon',
    '2026-02-30',
    '2026-05-05T25:00',
    1.5,
    Number.NaN,
    1e300,
    true,
    {},
    [5],
    new Date('x'),
  ])('cannot use %j', (value) => {
    expect(anchorInstant(value, newYork)).toBeNull()
  })
})
