import { describe, expect, test } from 'vitest'
import { formatInZone, toInstant } from './instant.js'
import {
  isOpen,
  nextDateSameTime,
  nextOpening,
  type Opening,
  previousOpening,
  type RuleLayer,
  type SendRules,
} from './window.js'

const newYork = 'America/New_York'
const layer = (rules: SendRules, zone = newYork, from: RuleLayer['from'] = 'campaign'): RuleLayer => ({
  from,
  rules,
  zone,
})
const at = (text: string): number => toInstant(text, 'at')
const shown = (opening: Opening | null, zone = newYork): string | null =>
  opening === null ? null : formatInZone(opening.at, zone)
const next = (asked: string, rules: SendRules, zone = newYork): string | null =>
  shown(nextOpening(at(asked), [layer(rules, zone)]), zone)
const office: SendRules = { windows: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: '09:00-17:00' }] }

describe('quiet hours', () => {
  test('begin with their first minute and end before their last', () => {
    const quiet = [layer({ quietHours: '21:00-08:00' })]
    expect(isOpen(at('2026-05-05T20:59:59.999-04:00'), quiet)).toBe(true)
    expect(isOpen(at('2026-05-05T21:00-04:00'), quiet)).toBe(false)
    expect(isOpen(at('2026-05-06T07:59:59.999-04:00'), quiet)).toBe(false)
    expect(isOpen(at('2026-05-06T08:00-04:00'), quiet)).toBe(true)
  })

  test('defer to their end, on the same day or the next', () => {
    expect(next('2026-05-05T21:00-04:00', { quietHours: '21:00-08:00' })).toBe('2026-05-06T08:00-04:00')
    expect(next('2026-05-05T03:00-04:00', { quietHours: '21:00-08:00' })).toBe('2026-05-05T08:00-04:00')
    expect(next('2026-05-05T12:30-04:00', { quietHours: '12:00-13:00' })).toBe('2026-05-05T13:00-04:00')
    expect(next('2026-05-05T22:30-04:00', { quietHours: '21:00-00:00' })).toBe('2026-05-06T00:00-04:00')
  })

  test('leave what is outside where it is, to the millisecond', () => {
    expect(nextOpening(12_345, [layer({ quietHours: '21:00-08:00' }, 'UTC')])).toMatchObject({ at: 28_800_000 })
    const noon = at('2026-05-05T12:00:00.001-04:00')
    expect(nextOpening(noon, [layer({ quietHours: '21:00-08:00' })])).toStrictEqual({ at: noon, closedBy: [] })
  })

  test('that end in a gap end as much later as the gap is long, for whoever asks when', () => {
    const quiet: SendRules = { quietHours: '21:00-02:30' }
    expect(next('2026-03-07T22:00-05:00', quiet)).toBe('2026-03-08T03:30-04:00')
    expect(next('2026-03-08T03:10-04:00', quiet)).toBe('2026-03-08T03:30-04:00')
    expect(next('2026-03-08T03:30-04:00', quiet)).toBe('2026-03-08T03:30-04:00')
    expect(next('2026-10-03T22:00+10:30', { quietHours: '21:00-02:15' }, 'Australia/Lord_Howe')).toBe(
      '2026-10-04T02:45+11:00',
    )
  })

  test('that end in an overlap end with the first of the two, and are quiet again in the second', () => {
    const quiet: SendRules = { quietHours: '21:00-01:30' }
    expect(next('2026-10-31T22:00-04:00', quiet)).toBe('2026-11-01T01:30-04:00')
    expect(next('2026-11-01T01:45-04:00', quiet)).toBe('2026-11-01T01:45-04:00')
    expect(next('2026-11-01T01:00-05:00', quiet)).toBe('2026-11-01T01:30-05:00')
  })
})

describe('an overlap', () => {
  const early: SendRules = { windows: [{ hours: '01:00-01:30' }] }

  test('opens a second time what it shows a second time', () => {
    expect(next('2026-11-01T01:40-04:00', early)).toBe('2026-11-01T01:00-05:00')
    expect(next('2026-11-01T01:30-05:00', early)).toBe('2026-11-02T01:00-05:00')
  })

  test('is gone back through in the order in which it passed', () => {
    const late: SendRules = { windows: [{ hours: '01:30-02:00' }] }
    expect(shown(previousOpening(at('2026-11-01T01:10-05:00'), [layer(late)]))).toBe('2026-11-01T01:59-04:00')
    expect(shown(previousOpening(at('2026-11-01T01:50-04:00'), [layer(early)]))).toBe('2026-11-01T01:29-04:00')
  })
})

describe('windows', () => {
  test('defer to the next time they open', () => {
    expect(next('2026-05-05T12:00-04:00', office)).toBe('2026-05-05T12:00-04:00')
    expect(next('2026-05-05T17:00-04:00', office)).toBe('2026-05-06T09:00-04:00')
    expect(next('2026-05-08T17:00-04:00', office)).toBe('2026-05-11T09:00-04:00')
  })

  test('that wrap around midnight belong to the weekday on which they begin', () => {
    const saturdayNight: SendRules = { windows: [{ weekdays: ['sat'], hours: '22:00-02:00' }] }
    expect(next('2026-05-09T01:00-04:00', saturdayNight)).toBe('2026-05-09T22:00-04:00')
    expect(next('2026-05-10T01:00-04:00', saturdayNight)).toBe('2026-05-10T01:00-04:00')
    expect(next('2026-05-10T02:00-04:00', saturdayNight)).toBe('2026-05-16T22:00-04:00')
  })

  test('differ by weekday, as the rules for telephone sales in Texas do', () => {
    const texas: SendRules = {
      windows: [
        { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], hours: '09:00-21:00' },
        { weekdays: ['sun'], hours: '12:00-21:00' },
      ],
    }
    expect(next('2026-05-09T21:00-05:00', texas, 'America/Chicago')).toBe('2026-05-10T12:00-05:00')
    expect(next('2026-05-10T21:00-05:00', texas, 'America/Chicago')).toBe('2026-05-11T09:00-05:00')
  })

  test('that the clock skips do not open on that day', () => {
    const skipped: SendRules = { windows: [{ hours: '02:15-02:45' }] }
    expect(next('2026-03-08T01:00-05:00', skipped)).toBe('2026-03-09T02:15-04:00')
  })
})

describe('blackouts', () => {
  test('defer to the first minute after them, in the zone of their layer', () => {
    const rules: SendRules = { blackouts: [{ from: '2026-12-24', to: '2026-12-26' }, { yearly: '12-27' }] }
    expect(next('2026-12-24T00:00-05:00', rules)).toBe('2026-12-28T00:00-05:00')
    expect(next('2026-12-23T23:59-05:00', rules)).toBe('2026-12-23T23:59-05:00')
    expect(shown(nextOpening(at('2026-12-27T12:00-05:00'), [layer(rules, 'Asia/Tokyo')]))).toBe(
      '2026-12-27T12:00-05:00',
    )
  })
})

describe('layers', () => {
  test('compose by intersection, each in its own zone', () => {
    const layers = [
      layer({ quietHours: '21:00-08:00' }, newYork, 'workspace'),
      layer(office, 'Europe/Berlin', 'campaign'),
      layer({ blackouts: [{ on: '2026-05-06' }] }, newYork, 'step'),
    ]
    const opening = nextOpening(at('2026-05-05T22:00-04:00'), layers)
    expect(shown(opening)).toBe('2026-05-07T08:00-04:00')
    expect(opening?.closedBy).toStrictEqual([
      { from: 'workspace', rule: 'quietHours' },
      { from: 'campaign', rule: 'windows' },
      { from: 'step', rule: 'blackouts' },
    ])
  })

  test('are open when there are none, or none that rule anything', () => {
    expect(isOpen(5, [])).toBe(true)
    expect(nextOpening(5, [])).toStrictEqual({ at: 5, closedBy: [] })
    expect(nextDateSameTime(5, [layer({})])).toStrictEqual({ at: 5, closedBy: [] })
  })

  test('that never open together never open', () => {
    const layers = [layer({ quietHours: '12:00-00:00' }), layer({ windows: [{ hours: '13:00-14:00' }] })]
    const asked = at('2026-05-05T12:00-04:00')
    expect(nextOpening(asked, layers)).toBeNull()
    expect(nextDateSameTime(asked, layers)).toBeNull()
    expect(previousOpening(asked, layers)).toBeNull()
  })
})

describe('nextDateSameTime', () => {
  test('moves by whole days and keeps the time of day over a change of the clocks', () => {
    const weekdaysOnly: SendRules = {
      windows: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: '00:00-24:00' }],
    }
    expect(shown(nextDateSameTime(at('2026-10-31T09:30-04:00'), [layer(weekdaysOnly)]))).toBe('2026-11-02T09:30-05:00')
    expect(shown(nextDateSameTime(at('2026-11-02T09:30-05:00'), [layer(weekdaysOnly)]))).toBe('2026-11-02T09:30-05:00')
  })

  test('keeps the time of day of the most specific layer', () => {
    const layers = [layer({ blackouts: [{ on: '2026-03-08' }] }, 'UTC', 'workspace'), layer({}, newYork, 'step')]
    expect(shown(nextDateSameTime(at('2026-03-08T10:00-04:00'), layers))).toBe('2026-03-09T10:00-04:00')
    expect(shown(nextDateSameTime(at('2026-03-07T20:00-05:00'), layers))).toBe('2026-03-08T20:00-04:00')
  })

  test('never comes at a time of day that is always quiet', () => {
    expect(nextDateSameTime(at('2026-05-05T22:00-04:00'), [layer({ quietHours: '21:00-08:00' })])).toBeNull()
  })
})

describe('previousOpening', () => {
  const previous = (asked: string, rules: SendRules): string | null => shown(previousOpening(at(asked), [layer(rules)]))

  test('is the instant itself when that is open', () => {
    expect(previous('2026-05-05T12:00:00.001-04:00', office)).toBe('2026-05-05T12:00:00.001-04:00')
  })

  test('is the last minute before the closing', () => {
    expect(previous('2026-05-05T23:17:08-04:00', { quietHours: '21:00-08:00' })).toBe('2026-05-05T20:59-04:00')
    expect(previous('2026-05-06T07:00-04:00', { quietHours: '21:00-08:00' })).toBe('2026-05-05T20:59-04:00')
    expect(previous('2026-05-11T08:00-04:00', office)).toBe('2026-05-08T16:59-04:00')
    expect(previous('2026-12-25T08:00-05:00', { blackouts: [{ on: '2026-12-25' }] })).toBe('2026-12-24T23:59-05:00')
  })

  test('names the rules that were in the way', () => {
    expect(previousOpening(at('2026-05-11T08:00-04:00'), [layer(office)])?.closedBy).toStrictEqual([
      { from: 'campaign', rule: 'windows' },
    ])
  })
})
