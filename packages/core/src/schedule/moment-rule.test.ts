import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Moment, resolveMoment, validateMoment } from './moment.js'
import { zoneProblems } from './moment-rule.js'

const otherwise = 'nextDateSameTime'
const problem = (moment: unknown): string[] => validateMoment(moment as Moment)

describe('validateMoment', () => {
  test.each<Moment>([
    {},
    { for: 'P1D', until: '08:00' },
    { anchor: 'campaignStart', onDay: 3, at: '14:00' },
    { anchor: { event: 'cart.abandoned' }, for: 'PT24H', zone: 'campaign' },
    { anchor: { event: 'appointment.booked', field: 'slot.startsAt' }, for: '-P1D' },
    { anchor: { attribute: 'renewal' }, for: '-P7D', ifPast: 'skip' },
    { anchor: { fixed: '2026-12-24T18:00', zone: 'Europe/Berlin' }, zone: { fixed: 'Europe/Berlin' } },
    { businessDays: -2, calendar: 'us', until: { time: '09:00', weekdays: ['mon'] } },
    { businessDays: 2, calendar: 'us', at: '09:00' },
    { until: '10:00', dates: { weekdays: ['mon'], calendar: 'us', notBlackedOut: true, otherwise } },
  ])('has nothing to say of %j', (moment) => {
    expect(validateMoment(moment)).toStrictEqual([])
  })

  test.each<[unknown, string]>([
    [{ for: 'P1' }, 'Duration "P1" is not ISO-8601'],
    [{ for: 'P1D', onDay: 1, at: '09:00' }, 'for and onDay contradict each other'],
    [{ onDay: 1 }, 'onDay needs a time of day'],
    [{ onDay: '1', at: '09:00' }, 'onDay is "1"; give a whole number'],
    [{ at: '09:00' }, 'at needs onDay or businessDays'],
    [{ onDay: 1, at: '09:00', until: '10:00' }, 'at and until both give a time of day'],
    [{ onDay: 1, at: '25:00' }, 'at is not a time of day: "25:00"'],
    [{ until: '7:00' }, 'until is not a time of day: "7:00"'],
    [{ until: { time: '07:00', weekdays: [] } }, 'weekdays of until are empty'],
    [{ until: { time: '07:00', weekdays: ['monday'] } }, '"monday" in until is not a weekday'],
    [{ businessDays: 1 }, 'businessDays needs the name of a calendar'],
    [{ businessDays: 1001, calendar: 'us' }, 'businessDays is 1001; give a whole number from -1000 to 1000'],
    [{ for: 'P1D', calendar: 'us' }, 'calendar belongs to businessDays'],
    [{ dates: { otherwise } }, 'dates allows every date'],
    [{ dates: { weekdays: [], otherwise } }, 'weekdays of dates are empty'],
    [{ dates: { calendar: '', otherwise } }, 'The calendar of dates has no name'],
    [{ dates: { weekdays: ['mon'] } }, 'dates.otherwise is undefined'],
    [{ zone: 'mine' }, 'The zone "mine" is not a choice'],
    [{ zone: { fixed: 'Mars/Phobos' } }, 'The zone "Mars/Phobos" is not known'],
    [{ ifPast: 'now' }, 'ifPast is "now"'],
    [{ anchor: 'birth' }, 'The anchor "birth" is not one'],
    [{ anchor: null }, 'The anchor null is not one'],
    [{ anchor: { event: '' } }, 'is not one'],
    [{ anchor: { event: 'a', field: '' } }, 'is not one'],
    [{ anchor: { fixed: 'Christmas' } }, 'The fixed anchor "Christmas" is not ISO-8601'],
    [{ anchor: { fixed: '2026-12-24', zone: 'nope' } }, 'The zone "nope" is not known'],
  ])('objects to %j', (moment, sentence) => {
    expect(problem(moment).join(' ')).toContain(sentence)
    expect(problem(moment)).toHaveLength(1)
  })

  test('lists everything that is wrong', () => {
    expect(problem({ for: 'x', onDay: 1, until: 'y', zone: 'z' })).toHaveLength(5)
  })

  test('lets nothing pass that cannot be resolved', () => {
    const part = {
      for: fc.constantFrom('P1D', '-PT2H', 'P1', 'P200Y'),
      onDay: fc.constantFrom(0, 3, -1, 0.5),
      at: fc.constantFrom('09:00', '24:00'),
      until: fc.constantFrom('09:00', 'noon', { time: '23:59', weekdays: ['sat' as const] }),
      businessDays: fc.constantFrom(1, -1, 1e9),
      calendar: fc.constant('us'),
      dates: fc.constantFrom(
        { weekdays: ['mon' as const], otherwise } as const,
        { notBlackedOut: true, otherwise } as const,
      ),
    }
    const context = {
      anchorAt: 1.77e12,
      zone: 'Europe/Berlin',
      calendars: { us: { weekend: [], holidays: [] } },
      blackouts: [],
    }
    fc.assert(
      fc.property(fc.record(part, { requiredKeys: [] }), (moment) => {
        if (validateMoment(moment).length === 0) expect(resolveMoment(moment, context)).toBeTypeOf('number')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('zoneProblems', () => {
  test('accepts the three owners and fixed zones', () => {
    expect(['contact', 'campaign', 'workspace'].flatMap((zone) => zoneProblems(zone as 'contact'))).toStrictEqual([])
    expect(zoneProblems({ fixed: 'Asia/Tokyo' })).toStrictEqual([])
  })
})
