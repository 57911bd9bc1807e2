import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Weekday } from './local-date.js'
import {
  type AllowedHours,
  isOpen,
  nextDateSameTime,
  nextOpening,
  previousOpening,
  type RuleLayer,
  type SendRules,
} from './window.js'

// The oracle reads the wall clock from Temporal, quarter by quarter of an hour: every boundary and change lies on one.

const quarter = 15 * 60_000
const names: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const zones = [
  'America/New_York',
  'America/Nuuk',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
]

interface Reading {
  readonly date: string
  readonly weekday: number
  readonly minutes: number
}

/** The changes of the clocks around 2026, with the length of the gap (negative: of the overlap). */
const changesOf = new Map(
  [...zones, 'UTC', 'Asia/Kolkata'].map((zone) => {
    const found: { readonly at: number; readonly gap: number }[] = []
    let now = Temporal.Instant.from('2025-06-01T00:00Z').toZonedDateTimeISO(zone).getTimeZoneTransition('next')
    for (; now !== null && now.year < 2028; now = now.getTimeZoneTransition('next')) {
      const before = now.subtract({ nanoseconds: 1 })
      found.push({ at: now.epochMilliseconds, gap: (now.offsetNanoseconds - before.offsetNanoseconds) / 1e6 })
    }
    return [zone, found]
  }),
)
const readings = new Map(
  zones.concat('UTC', 'Asia/Kolkata').map((zone) => [zone, new Map<number, readonly Reading[]>()]),
)

/** What the clock shows at an instant; and, while a gap lasts, what it would have shown without it. */
function readingsAt(at: number, zone: string): readonly Reading[] {
  const known = readings.get(zone)?.get(at)
  if (known !== undefined) return known
  const wall = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime()
  const passed = changesOf.get(zone)?.find((change) => at >= change.at && at < change.at + change.gap)
  const read = (passed === undefined ? [wall] : [wall, wall.subtract({ milliseconds: passed.gap })]).map((shown) => ({
    date: shown.toPlainDate().toString(),
    weekday: shown.dayOfWeek,
    minutes: shown.hour * 60 + shown.minute,
  }))
  readings.get(zone)?.set(at, read)
  return read
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
const nameOf = (weekday: number): Weekday => names[(weekday + 6) % 7] as Weekday

function quietAllows(quiet: string, { minutes }: Reading): boolean {
  const [from = 0, to = 0] = quiet.split('-').map(minutesOf)
  return from < to ? minutes < from || minutes >= to : minutes < from && minutes >= to
}

function windowAllows({ weekdays = names, hours }: AllowedHours, { minutes, weekday }: Reading): boolean {
  const [from = 0, to = 0] = hours.split('-').map(minutesOf)
  if (from < to) return minutes >= from && minutes < to && weekdays.includes(nameOf(weekday))
  return minutes >= from ? weekdays.includes(nameOf(weekday)) : minutes < to && weekdays.includes(nameOf(weekday - 1))
}

const open = (at: number, layers: readonly RuleLayer[]): boolean =>
  layers.every(({ rules, zone }) => {
    const [now, ...shadow] = readingsAt(at, zone)
    if (now === undefined || rules.blackouts?.some((blackout) => 'on' in blackout && blackout.on === now.date))
      return false
    return [now, ...shadow].every(
      (reading) =>
        (rules.quietHours == null || quietAllows(rules.quietHours, reading)) &&
        (rules.windows == null || rules.windows.some((window) => windowAllows(window, reading))),
    )
  })

/** The changes of 2026; a day in June for a zone without one. */
const changes = zones.flatMap((zone) => {
  const found = (changesOf.get(zone) ?? []).filter(({ at }) => new Date(at).getUTCFullYear() === 2026)
  return found.length === 0 ? [{ zone, at: Date.UTC(2026, 5, 1) }] : found.map(({ at }) => ({ zone, at }))
})

const time = fc.integer({ min: 0, max: 95 }).map((index) => {
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `${pad(Math.floor(index / 4))}:${pad((index % 4) * 15)}`
})
/** Hours anywhere, and as often with an end in the small hours, where clocks change. */
const small = fc.constantFrom(
  '00:00',
  '00:30',
  '01:00',
  '01:15',
  '01:30',
  '02:00',
  '02:15',
  '02:30',
  '02:45',
  '03:00',
  '23:30',
)
const end = fc.oneof(time, small)
const hours = fc
  .tuple(end, end)
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => `${from}-${to}`)
const weekdays = fc.subarray([...names], { minLength: 1 })
const windows = fc.array(fc.oneof(fc.record({ hours }), fc.record({ hours, weekdays })), { minLength: 1, maxLength: 3 })
const near = fc.record({
  change: fc.constantFrom(...changes),
  quarters: fc.oneof(fc.integer({ min: -96, max: 12 }), fc.integer({ min: -8, max: 8 })),
})

/** One to three layers around a change of the clocks, with blackouts on dates near it. */
const situation = near.chain(({ change, quarters }) => {
  const date = new Date(change.at).toISOString().slice(0, 10)
  const blackouts = fc.constantFrom([{ on: date }], [{ on: '2026-12-25' }])
  const rules: fc.Arbitrary<SendRules> = fc.record({ quietHours: hours, windows, blackouts }, { requiredKeys: [] })
  const from = fc.constantFrom<RuleLayer['from']>('workspace', 'campaign', 'step')
  const zone = fc.oneof(
    { weight: 3, arbitrary: fc.constant(change.zone) },
    { weight: 1, arbitrary: fc.constantFrom('UTC', 'Asia/Kolkata') },
  )
  const layers = fc.array(fc.record({ from, rules, zone }), { minLength: 1, maxLength: 3 })
  const asked = Math.round(change.at / quarter) * quarter + quarters * quarter
  return fc.record({ layers, asked: fc.constant(asked) })
})

/** How far the oracle looks: nine days and a half. */
const scanned = 9.5 * 96

test('the next opening is the first quarter that Temporal calls open, and never before what was asked', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(situation, ({ layers, asked }) => {
      let expected: number | null = null
      for (let step = 0; step < scanned && expected === null; step++) {
        if (open(asked + step * quarter, layers)) expected = asked + step * quarter
      }
      const found = nextOpening(asked, layers)
      if (expected === null) expect(found === null || found.at > asked + (scanned - 1) * quarter).toBe(true)
      else expect(found?.at).toBe(expected)
      expect(found?.closedBy.length === 0).toBe(found?.at === asked)
    }),
    { numRuns: 250 },
  )
})

test('the previous opening is the last minute before the last quarter that Temporal calls open ends', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(situation, ({ layers, asked }) => {
      let expected: number | null = open(asked, layers) ? asked : null
      for (let step = 1; step < scanned && expected === null; step++) {
        if (open(asked - step * quarter, layers)) expected = asked - (step - 1) * quarter - 60_000
      }
      const found = previousOpening(asked, layers)
      if (expected === null) expect(found === null || found.at < asked - (scanned - 1) * quarter).toBe(true)
      else expect(found?.at).toBe(expected)
    }),
    { numRuns: 250 },
  )
})

test('an instant is open exactly when Temporal calls it so', () => {
  fc.assert(
    fc.property(situation, fc.integer({ min: 0, max: quarter - 1 }), ({ layers, asked }, within) => {
      expect(isOpen(asked + within, layers)).toBe(open(asked, layers))
    }),
    { numRuns: 1000 },
  )
})

test('the next date at the same time is the first open one of those that Temporal lists', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(situation, ({ layers, asked }) => {
      const zone = layers.at(-1)?.zone ?? 'UTC'
      const anchor = Temporal.Instant.fromEpochMilliseconds(asked).toZonedDateTimeISO(zone)
      const candidates = Array.from({ length: 15 }, (_, days) =>
        days === 0 ? asked : anchor.add({ days }).epochMilliseconds,
      )
      const expected = candidates.find((at) => open(at, layers))
      const found = nextDateSameTime(asked, layers)
      if (expected === undefined) expect(found === null || found.at > (candidates.at(-1) ?? 0)).toBe(true)
      else expect(found?.at).toBe(expected)
    }),
    { numRuns: 300 },
  )
})

test('an opening is open, is never before what was asked, and asking again at it changes nothing', {
  timeout: 60_000,
}, () => {
  const anywhere = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 11, 31) })
  fc.assert(
    fc.property(situation, anywhere, ({ layers }, asked) => {
      const found = nextOpening(asked, layers)
      if (found === null) return
      expect(found.at).toBeGreaterThanOrEqual(asked)
      expect(isOpen(found.at, layers)).toBe(true)
      expect(nextOpening(found.at, layers)).toStrictEqual({ at: found.at, closedBy: [] })
    }),
    { numRuns: 300 },
  )
})
