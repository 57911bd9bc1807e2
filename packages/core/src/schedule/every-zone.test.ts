import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchorInstant, resolveMoment } from './moment.js'
import { zoneOf } from './offsets.js'
import { isOpen, nextOpening, type RuleLayer } from './window.js'
import { offsetAt } from './zone.js'

// Everything here is checked against Temporal, which computes on its own from the zone data of the runtime.

const first = Date.UTC(2024, 0, 1)
const last = Date.UTC(2031, 0, 1)
const minute = 60_000
const hour = 60 * minute
/** Every zone of the runtime, and names that it knows without listing them. */
const zones = [
  ...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', 'Europe/Kyiv', 'Asia/Kolkata', 'Etc/GMT-14', '+05:45']),
]

const zoned = (at: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
const offsetOf = (at: number, zone: string): number => zoned(at, zone).offsetNanoseconds / 1e6

function transitionsOf(zone: string): number[] {
  const found: number[] = []
  let at: Temporal.ZonedDateTime | null = zoned(first, zone)
  while (at !== null) {
    at = at.getTimeZoneTransition('next')
    if (at === null || at.epochMilliseconds >= last) break
    found.push(at.epochMilliseconds)
  }
  return found
}
const changes = new Map(zones.map((zone) => [zone, transitionsOf(zone)]))
const everyChange = [...changes].flatMap(([zone, instants]) => instants.map((at) => ({ zone, at })))

describe('in every zone of the runtime, over 2024–2030', { timeout: 60_000 }, () => {
  test('there is something to check: hundreds of zones and the odd ones among them', () => {
    expect(zones.length).toBeGreaterThan(400)
    expect(everyChange.length).toBeGreaterThan(1000)
    for (const zone of [
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Antarctica/Troll',
      'Africa/Casablanca',
      'Asia/Beirut',
    ]) {
      expect(zones).toContain(zone)
    }
  })

  test('the offset changes at the instants that Temporal names, and at no others', () => {
    for (const zone of zones) {
      const found: number[] = []
      for (let at = first; at < last; ) {
        const { until, offset } = zoneOf(zone).stretchAt(at)
        if (until < last && offsetAt(zone, until) !== offset) found.push(until)
        at = until
      }
      expect([zone, ...found]).toStrictEqual([zone, ...(changes.get(zone) ?? [])])
    }
  })

  test('the offset is the one of Temporal on both sides of every change and at random instants', () => {
    const wrong: string[] = []
    const check = (zone: string, at: number): void => {
      if (offsetAt(zone, at) !== offsetOf(at, zone)) wrong.push(`${zone} ${at}`)
    }
    for (const { zone, at } of everyChange) for (const shift of [-1, 0, 1]) check(zone, at + shift)
    const instants = fc.array(fc.integer({ min: first, max: last }), {
      minLength: zones.length * 5,
      maxLength: zones.length * 5,
    })
    fc.assert(
      fc.property(instants, (list) => {
        list.forEach((at, index) => {
          check(zones[index % zones.length] as string, at)
        })
        expect(wrong).toStrictEqual([])
      }),
      { numRuns: 1, endOnFailure: true },
    )
  })

  test('local times around every change, in gaps and overlaps, become the instants of Temporal', () => {
    const wrong: string[] = []
    for (const { zone, at } of everyChange) {
      // The readings of both clocks, before and after, for the hours around the change.
      const readings = [-1, 0].flatMap((side) =>
        [-60, -45, -30, -15, -1, 0, 1, 15, 29, 30, 45, 60].map(
          (shift) => at + offsetOf(at + side, zone) + shift * minute,
        ),
      )
      for (const reading of new Set(readings)) checkReading(zone, reading, wrong)
    }
    expect(wrong).toStrictEqual([])
  })

  test('random local times become the instants of Temporal, and dates their first instant', () => {
    const wrong: string[] = []
    const minutes = fc.integer({ min: first / minute, max: last / minute })
    fc.assert(
      fc.property(fc.array(minutes, { minLength: zones.length * 8, maxLength: zones.length * 8 }), (list) => {
        list.forEach((reading, index) => {
          const zone = zones[index % zones.length] as string
          checkReading(zone, reading * minute, wrong)
          const date = new Date(reading * minute).toISOString().slice(0, 10)
          const start = Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds
          if (anchorInstant(date, zone) !== start) wrong.push(`${zone} ${date}`)
        })
        expect(wrong).toStrictEqual([])
      }),
      { numRuns: 1, endOnFailure: true },
    )
  })

  test('the dates of every change begin when Temporal says they do', () => {
    const wrong = everyChange.filter(({ zone, at }) => {
      const date = zoned(at, zone).toPlainDate()
      return anchorInstant(date.toString(), zone) !== date.toZonedDateTime(zone).epochMilliseconds
    })
    expect(wrong).toStrictEqual([])
  })

  test('a day, a week and a month later is the same time of day, however near the change', () => {
    const wrong: string[] = []
    for (const { zone, at } of everyChange) {
      for (const [text, duration] of [
        ['P1D', { days: 1 }],
        ['P1M', { months: 1 }],
        ['-P1W', { days: -7 }],
        ['P1DT2H', { days: 1, hours: 2 }],
      ] as const) {
        for (const shift of [-26, -24, 0, 1]) {
          const anchorAt = at + shift * hour + 30 * minute
          const expected = zoned(anchorAt, zone).add(duration).epochMilliseconds
          const found = resolveMoment({ for: text }, { anchorAt, zone, calendars: {}, blackouts: [] })
          if (found !== expected) wrong.push(`${zone} ${anchorAt} ${text}: ${found}, not ${expected}`)
        }
      }
    }
    expect(wrong).toStrictEqual([])
  })

  test('quiet hours that end in a gap or an overlap are obeyed, and never lead back in time', () => {
    const wrong: string[] = []
    for (const { zone, at } of everyChange) {
      // They end half a gap (or overlap) after the reading at which the clock jumps.
      const [before, after] = [offsetOf(at - 1, zone), offsetOf(at, zone)]
      const end = Temporal.Instant.fromEpochMilliseconds(at + Math.min(before, after) + Math.abs(after - before) / 2)
        .toZonedDateTimeISO('UTC')
        .toPlainTime()
      const layers: RuleLayer[] = [
        { from: 'campaign', rules: { quietHours: `21:00-${end.toString().slice(0, 5)}` }, zone },
      ]
      const ask = (asked: number): void => {
        const opening = nextOpening(asked, layers)
        const where = `${zone} until ${end.toString()} asked ${asked}: ${opening?.at}`
        if (opening === null || opening.at < asked || !isOpen(opening.at, layers)) wrong.push(`${where} is no opening`)
        else if (isQuiet(zoned(opening.at, zone).toPlainTime(), end)) wrong.push(`${where} is quiet`)
      }
      for (let shift = -3 * 60; shift <= 3 * 60; shift += 30) ask(at + shift * minute)
      // Asked in the evening before, they end at the time of day that they name: after the gap, or the first of the overlap.
      const evening = zoned(at, zone)
        .toPlainDate()
        .subtract({ days: 1 })
        .toZonedDateTime({ timeZone: zone, plainTime: '22:00' })
      const day =
        Temporal.PlainTime.compare(end, '21:00') < 0 ? evening.toPlainDate().add({ days: 1 }) : evening.toPlainDate()
      const expected = day.toZonedDateTime({ timeZone: zone, plainTime: end }).epochMilliseconds
      const asked = evening.epochMilliseconds
      if (isQuiet(evening.toPlainTime(), end) && asked < expected && nextOpening(asked, layers)?.at !== expected) {
        wrong.push(`${zone} quiet until ${end.toString()}: ${nextOpening(asked, layers)?.at}, not ${expected}`)
      }
    }
    expect(wrong).toStrictEqual([])
  })
})

function isQuiet(time: Temporal.PlainTime, end: Temporal.PlainTime): boolean {
  const isBefore = (other: string | Temporal.PlainTime): boolean => Temporal.PlainTime.compare(time, other) < 0
  return Temporal.PlainTime.compare(end, '21:00') < 0
    ? !isBefore('21:00') || isBefore(end)
    : !isBefore('21:00') && isBefore(end)
}

function checkReading(zone: string, reading: number, wrong: string[]): void {
  const text = new Date(reading).toISOString().slice(0, 16)
  const expected = Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds
  if (anchorInstant(text, zone) !== expected)
    wrong.push(`${zone} ${text}: ${anchorInstant(text, zone)}, not ${expected}`)
}
