import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capVerdict, type FrequencyCap, minimumGapUntil, type SentRecord } from './frequency-cap.js'

const utc = (text: string) => Date.parse(text)
const hour = 3_600_000
const sent = (at: number, given: Partial<SentRecord> = {}): SentRecord => ({
  at,
  channel: 'sms',
  category: 'marketing',
  ...given,
})
const message = (at: number, zone = 'UTC') => ({ channel: 'sms', category: 'marketing' as const, at, zone })
const twoPerDay: FrequencyCap = { max: 2, per: 'PT24H', outside: 'defer' }

describe('capVerdict with a rolling window', () => {
  const at = utc('2026-03-10T12:00:00Z')

  it('allows up to the number, and then again when the oldest has left the window', () => {
    const history = [sent(at - 20 * hour), sent(at - 3 * hour)]
    expect(capVerdict([twoPerDay], history.slice(0, 1), message(at))).toEqual({ allowed: true })
    expect(capVerdict([twoPerDay], history, message(at))).toEqual({
      allowed: false,
      cap: twoPerDay,
      until: at + 4 * hour,
      outcome: 'defer',
    })
    expect(capVerdict([twoPerDay], history, message(at + 4 * hour))).toEqual({ allowed: true })
    expect(capVerdict([twoPerDay], history, message(at + 4 * hour - 1)).allowed).toBe(false)
  })

  it('waits for as many to leave as there are too many', () => {
    const history = [sent(at - 4 * hour), sent(at - 1 * hour), sent(at - 3 * hour), sent(at - 2 * hour)]
    expect(capVerdict([twoPerDay], history, message(at))).toMatchObject({ until: at + 22 * hour })
  })

  it('counts a day of the duration as 24 hours, whatever the clocks do', () => {
    const cap: FrequencyCap = { max: 1, per: 'P1D', outside: 'defer' }
    const at = utc('2026-03-28T12:00:00Z')
    expect(capVerdict([cap], [sent(at)], message(at + hour, 'Europe/Berlin'))).toMatchObject({ until: at + 24 * hour })
  })

  it('counts only the channel and category that it names', () => {
    const cap: FrequencyCap = { max: 1, per: 'PT24H', channel: 'sms', category: 'marketing', outside: 'skip' }
    const others = [sent(at, { channel: 'email' }), sent(at, { category: 'transactional' })]
    expect(capVerdict([cap], others, message(at))).toEqual({ allowed: true })
    expect(capVerdict([cap], [sent(at - 1)], { ...message(at), channel: 'email' })).toEqual({ allowed: true })
    expect(capVerdict([cap], [sent(at - 1)], { ...message(at), category: 'transactional' })).toEqual({ allowed: true })
    expect(capVerdict([cap], [sent(at - 1)], message(at))).toMatchObject({ allowed: false, outcome: 'skip' })
  })

  it('never allows anything under a cap of none', () => {
    expect(capVerdict([{ ...twoPerDay, max: 0 }], [], message(at))).toMatchObject({ allowed: false, until: null })
  })

  it('refuses a duration it cannot read', () => {
    expect(() => capVerdict([{ ...twoPerDay, per: 'day' }], [], message(at))).toThrow(/day/)
  })
})

describe('capVerdict with the calendar', () => {
  const daily: FrequencyCap = { max: 1, per: { calendar: 'day' }, outside: 'defer' }
  const weekly: FrequencyCap = { max: 1, per: { calendar: 'week' }, outside: 'defer' }

  it.each([
    ['UTC', '2026-03-10T23:30:00Z', '2026-03-10T01:00:00Z', '2026-03-11T00:00:00Z'],
    ['America/New_York', '2026-03-10T23:30:00Z', '2026-03-10T05:00:00Z', '2026-03-11T04:00:00Z'],
    [
      'Europe/Berlin on the day the clocks go forward',
      '2026-03-29T12:00:00Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T22:00:00Z',
    ],
    [
      'America/Havana, where midnight is skipped',
      '2026-03-07T12:00:00Z',
      '2026-03-07T06:00:00Z',
      '2026-03-08T05:00:00Z',
    ],
    ['Asia/Kolkata', '2026-02-28T20:00:00Z', '2026-02-28T18:30:00Z', '2026-03-01T18:30:00Z'],
  ])('ends the day at local midnight in %s', (zone, at, before, until) => {
    const local = message(utc(at), zone.split(/[ ,]/)[0])
    expect(capVerdict([daily], [sent(utc(before))], local)).toMatchObject({ allowed: false, until: utc(until) })
    expect(capVerdict([daily], [sent(utc(before))], { ...local, at: utc(until) })).toEqual({ allowed: true })
  })

  it('does not count what was sent the day before', () => {
    const at = utc('2026-03-10T12:00:00Z')
    expect(capVerdict([daily], [sent(utc('2026-03-10T03:59:59Z'))], message(at, 'America/New_York'))).toEqual({
      allowed: true,
    })
  })

  it('begins the week on Monday', () => {
    const sunday = utc('2026-03-15T12:00:00Z')
    const monday = utc('2026-03-09T00:00:00Z')
    expect(capVerdict([weekly], [sent(monday)], message(sunday))).toMatchObject({ until: utc('2026-03-16T00:00:00Z') })
    expect(capVerdict([weekly], [sent(monday - 1)], message(sunday))).toEqual({ allowed: true })
  })
})

describe('capVerdict with several caps', () => {
  const at = utc('2026-03-10T12:00:00Z')
  const history = [sent(at - 2 * hour), sent(at - 1 * hour)]
  const short: FrequencyCap = { max: 1, per: 'PT6H', outside: 'defer' }

  it('waits for the one that is reached the longest', () => {
    expect(capVerdict([short, twoPerDay], history, message(at))).toMatchObject({
      cap: twoPerDay,
      until: at + 22 * hour,
    })
  })

  it('skips when one of them skips', () => {
    const skipping: FrequencyCap = { ...short, outside: 'skip' }
    expect(capVerdict([skipping, twoPerDay], history, message(at))).toMatchObject({ cap: skipping, outcome: 'skip' })
  })

  it('names the first instant at which the message is allowed', () => {
    const cap = fc.record({
      max: fc.integer({ min: 1, max: 4 }),
      per: fc.oneof(
        fc.constantFrom('PT1H', 'PT24H', 'P7D'),
        fc.constantFrom('day' as const, 'week' as const).map((calendar) => ({ calendar })),
      ),
      outside: fc.constant('defer' as const),
    })
    const history = fc.array(
      fc.integer({ min: 0, max: 200 * hour }).map((ago) => sent(at - ago)),
      { maxLength: 12 },
    )
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia')
    fc.assert(
      fc.property(fc.array(cap, { maxLength: 3 }), history, zones, (caps, history, zone) => {
        const verdict = capVerdict(caps, history, message(at, zone))
        if (verdict.allowed) return
        expect(verdict.until).toBeGreaterThan(at)
        const until = verdict.until ?? 0
        expect(capVerdict(caps, history, message(until, zone))).toEqual({ allowed: true })
        expect(capVerdict(caps, history, message(until - 1, zone)).allowed).toBe(false)
      }),
    )
  })
})

describe('minimumGapUntil', () => {
  it('ends one gap after the last message, whatever the order of the history', () => {
    expect(minimumGapUntil([sent(50), sent(10)], 100, 60)).toBe(150)
    expect(minimumGapUntil([sent(50), sent(10)], 100, 149)).toBe(150)
    expect(minimumGapUntil([sent(50), sent(10)], 100, 150)).toBeNull()
    expect(minimumGapUntil([], 100, 60)).toBeNull()
  })
})
