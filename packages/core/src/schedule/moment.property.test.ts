import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Weekday } from './local-date.js'
import { type Moment, type MomentContext, resolveMoment } from './moment.js'

const zones = [
  'UTC',
  'America/New_York',
  'America/Nuuk',
  'America/Havana',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Beirut',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Chatham',
]
const names: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const zone = fc.constantFrom(...zones)
const minute = 60_000
/** Anchors at any minute, and as often within two days of a change of the clocks. */
const anchored = fc
  .tuple(
    zone,
    fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 11, 31) }),
    fc.boolean(),
    fc.integer({ min: -2880, max: 2880 }),
  )
  .map(([name, random, near, shift]) => {
    const change = Temporal.Instant.fromEpochMilliseconds(random).toZonedDateTimeISO(name).getTimeZoneTransition('next')
    const at = near && change !== null ? change.epochMilliseconds + shift * minute : random
    return { zone: name, anchorAt: Math.floor(at / minute) * minute }
  })
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 15, 30, 45, 59))
  .map(([hour, past]) => `${String(hour).padStart(2, '0')}:${String(past).padStart(2, '0')}`)
const weekdays = fc.subarray([...names], { minLength: 1 })
const context = (asked: { zone: string; anchorAt: number }): MomentContext => ({
  ...asked,
  calendars: { work: { weekend: ['sat', 'sun'], holidays: ['2026-12-25', '2027-01-01'] } },
  blackouts: [{ yearly: '12-25' }],
})
const zoned = (at: number, name: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name)

test('a duration that is not negative never leads before its base, and every rule comes to an end', () => {
  const part = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })
  const duration = fc
    .tuple(part(2), part(13), part(40), part(50), part(100))
    .map(([years, months, days, hours, minutes]) => `P${years}Y${months}M${days}DT${hours}H${minutes}M`)
  const rule = fc.record(
    {
      for: duration,
      until: fc.oneof(time, fc.record({ time, weekdays })),
      dates: fc.record({ weekdays, calendar: fc.constant('work'), notBlackedOut: fc.boolean() }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(anchored, rule, (asked, { dates, ...rest }) => {
      const moment: Moment = { ...rest, ...(dates && { dates: { ...dates, otherwise: 'nextDateSameTime' } }) }
      const at = resolveMoment(moment, context(asked))
      const onlyWeekends =
        dates?.calendar !== undefined && dates.weekdays?.every((day) => day === 'sat' || day === 'sun')
      if (onlyWeekends) expect(at).toBeNull()
      else expect(at).toBeGreaterThanOrEqual(asked.anchorAt)
    }),
    { numRuns: 2000 },
  )
})

test('a duration is added as Temporal adds it', () => {
  const part = fc.integer({ min: 0, max: 30 })
  fc.assert(
    fc.property(
      anchored,
      fc.tuple(part, part, part, part),
      fc.boolean(),
      (asked, [months, days, hours, minutes], back) => {
        const text = `${back ? '-' : ''}P${months}M${days}DT${hours}H${minutes}M`
        const found = resolveMoment({ for: text }, context(asked))
        const anchor = zoned(asked.anchorAt, asked.zone)
        const duration = Temporal.Duration.from(text)
        expect(found).toBe(anchor.add(duration).epochMilliseconds)
      },
    ),
    { numRuns: 500 },
  )
})

test('onDay and at name the date and time that Temporal names', () => {
  fc.assert(
    fc.property(anchored, fc.integer({ min: -40, max: 40 }), time, (asked, days, at) => {
      const date = zoned(asked.anchorAt, asked.zone).toPlainDate().add({ days })
      expect(resolveMoment({ onDay: days, at }, context(asked))).toBe(
        date.toZonedDateTime({ timeZone: asked.zone, plainTime: at }).epochMilliseconds,
      )
    }),
    { numRuns: 500 },
  )
})

test('until is the first of the times that Temporal lists for the days around', () => {
  fc.assert(
    fc.property(anchored, time, weekdays, (asked, at, days) => {
      const today = zoned(asked.anchorAt, asked.zone).toPlainDate()
      const candidates = Array.from({ length: 12 }, (_, index) => today.add({ days: index - 2 }))
        .filter((date) => days.includes(names[date.dayOfWeek - 1] as Weekday))
        .map((date) => date.toZonedDateTime({ timeZone: asked.zone, plainTime: at }).epochMilliseconds)
        .filter((instant) => instant >= asked.anchorAt)
      expect(resolveMoment({ until: { time: at, weekdays: days } }, context(asked))).toBe(Math.min(...candidates))
    }),
    { numRuns: 500 },
  )
})

test('dates lead to the first allowed date, at the same time of day', () => {
  fc.assert(
    fc.property(anchored, time, weekdays, fc.boolean(), (asked, at, days, notBlackedOut) => {
      const allowed = (date: Temporal.PlainDate): boolean =>
        days.includes(names[date.dayOfWeek - 1] as Weekday) && !(notBlackedOut && date.month === 12 && date.day === 25)
      let date = zoned(asked.anchorAt, asked.zone).toPlainDate()
      let expected = date.toZonedDateTime({ timeZone: asked.zone, plainTime: at })
      while (!allowed(date) || !allowed(expected.toPlainDate())) {
        date = date.add({ days: 1 })
        expected = date.toZonedDateTime({ timeZone: asked.zone, plainTime: at })
      }
      const dates = { weekdays: days, notBlackedOut, otherwise: 'nextDateSameTime' } as const
      expect(resolveMoment({ onDay: 0, at, dates }, context(asked))).toBe(expected.epochMilliseconds)
    }),
    { numRuns: 500 },
  )
})

test('businessDays is the day that counting one by one arrives at', () => {
  const closed = ['2026-12-25', '2027-01-01']
  const counts = (date: Temporal.PlainDate): boolean => date.dayOfWeek < 6 && !closed.includes(date.toString())
  fc.assert(
    fc.property(anchored, fc.integer({ min: -12, max: 12 }), (asked, count) => {
      const anchor = zoned(asked.anchorAt, asked.zone)
      let date = anchor.toPlainDate()
      for (let left = Math.abs(count); left > 0; ) {
        date = date.add({ days: Math.sign(count) })
        if (counts(date)) left--
      }
      const expected =
        count === 0
          ? asked.anchorAt
          : date.toZonedDateTime({ timeZone: asked.zone, plainTime: anchor.toPlainTime() }).epochMilliseconds
      expect(resolveMoment({ businessDays: count, calendar: 'work' }, context(asked))).toBe(expected)
    }),
    { numRuns: 500 },
  )
})
