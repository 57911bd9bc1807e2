import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import type { Sequence } from '../sequence.js'
import type { SeriesItem, Step } from '../step.js'
import { lint, sending } from './test-sequences.js'

const now = Date.parse('2026-06-15T12:00Z')
const waiting = (moment: Partial<Extract<Step, { kind: 'wait' }>>): Step => ({ kind: 'wait', next: 'done', ...moment })
const item = (id: string, moment: Partial<SeriesItem>): SeriesItem => ({
  id,
  channel: 'sms',
  template: 'soon',
  ...moment,
})
const series = (anchor: SeriesItem['anchor'], ...items: readonly SeriesItem[]): Step => ({
  kind: 'series',
  anchor: anchor ?? 'base',
  items,
  next: 'done',
})

describe('moments', () => {
  it('that make no sense are told with what would', () => {
    expect(lint({ overnight: waiting({ for: '1 day' }) })).toMatchObject([
      {
        code: 'bad_moment',
        path: ['steps', 'overnight'],
        severity: 'error',
        message: 'Step "overnight" names a moment that is not valid.',
        fix: expect.stringContaining('"P1DT2H"') as string,
      },
    ])
  })

  it('are looked at wherever they stand', () => {
    const bad = { for: 'x' }
    const issues = lint({
      a: { kind: 'waitFor', cases: [], limit: bad, timedOut: 'b' },
      b: sending({ notAfter: bad, next: 'c' }),
      c: { ...series('enrollment', item('one', bad)), next: 'done' } as Step,
    })
    expect(issues.map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['bad_moment', 'steps.a.limit'],
      ['bad_moment', 'steps.b.notAfter'],
      ['bad_moment', 'steps.c.items.0'],
    ])
  })

  it('that count by a calendar which does not exist are told', () => {
    const step = waiting({
      businessDays: 2,
      calendar: 'us-banks',
      dates: { calendar: 'de', otherwise: 'nextDateSameTime' },
    })
    expect(lint({ a: step }, { calendars: ['us-bank'] })).toMatchObject([
      {
        code: 'unknown_calendar',
        message: expect.stringContaining('Step "a"') as string,
        fix: expect.stringContaining('"us-bank"') as string,
      },
      { code: 'unknown_calendar' },
    ])
    expect(lint({ a: step })).toEqual([])
  })

  it('lengths of time that are none are told', () => {
    expect(lint({ a: sending({ maxLateness: '2h' }) })).toMatchObject([
      {
        code: 'bad_duration',
        path: ['steps', 'a', 'maxLateness'],
        message: 'Step "a": maxLateness is not a length of time.',
      },
    ])
  })
})

describe('dates that may be past', () => {
  it('a fixed date before now is a warning, unless the step says what is to happen then', () => {
    const past = waiting({ anchor: { fixed: '2026-06-01' } })
    expect(lint({ launch: past }, { now })).toMatchObject([
      {
        code: 'date_past',
        severity: 'warning',
        message: 'Step "launch" names a date that is past: the run would go on at once.',
        fix: expect.stringContaining('ifPast') as string,
      },
    ])
    expect(lint({ launch: { ...past, ifPast: 'exit' } as Step }, { now })).toEqual([])
    expect(lint({ launch: past })).toEqual([])
  })

  it('a fixed date counts with its rule and its zone, and only when it is past everywhere', () => {
    const codes = (step: Step) => lint({ a: step }, { now }).map(({ code }) => code)
    expect(codes(waiting({ anchor: { fixed: '2026-06-01' }, for: 'P1M' }))).toEqual([])
    expect(codes(waiting({ anchor: { fixed: '2026-06-15T13:00' }, zone: { fixed: 'Asia/Tokyo' } }))).toEqual([
      'date_past',
    ])
    expect(codes(waiting({ anchor: { fixed: '2026-06-15T02:00' } }))).toEqual([])
    expect(codes(waiting({ anchor: { fixed: '2026-06-14T23:00' } }))).toEqual(['date_past'])
  })

  it('a message that is no longer wanted before the campaign begins never goes out', () => {
    const step = sending({ notAfter: { anchor: { fixed: '2026-01-01' } } })
    expect(lint({ sale: step }, { now })).toMatchObject([
      {
        code: 'date_past',
        path: ['steps', 'sale', 'notAfter'],
        message: expect.stringContaining('never go out') as string,
      },
    ])
  })

  it('a countdown without ifPast is a warning per message', () => {
    const step = series(
      { attribute: 'appointment' },
      item('week', { onDay: -7, at: '09:00' }),
      item('day', { for: '-P1D' }),
      item('hour', { for: '-PT1H', ifPast: 'skip' }),
      item('after', { for: 'P1D' }),
    )
    expect(lint({ reminders: step }).map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['date_may_be_past', 'steps.reminders.items.0'],
      ['date_may_be_past', 'steps.reminders.items.1'],
    ])
    expect(lint({ reminders: step })[0]).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('Step "reminders"') as string,
      fix: expect.stringContaining('ifPast') as string,
    })
  })
})

describe('windows', () => {
  it('that leave no minute open are told', () => {
    const rules = { windows: [{ hours: '22:00-23:00' }], quietHours: '21:00-08:00' }
    expect(lint({ nudge: sending({ rules }) })).toMatchObject([
      {
        code: 'never_opens',
        path: ['steps', 'nudge', 'rules'],
        severity: 'error',
        message: expect.stringContaining('Step "nudge" can never be sent') as string,
        fix: expect.stringContaining('Widen') as string,
      },
    ])
  })

  it('of workspace, campaign and step are judged together', () => {
    const workspace = { '*': { quietHours: '18:00-09:00' } }
    const campaign = { email: { windows: [{ weekdays: ['mon' as const], hours: '19:00-22:00' }] } }
    const codes = (step: Step) => lint({ a: step }, { rules: [workspace, campaign] }).map(({ code }) => code)
    expect(codes(sending())).toEqual(['never_opens'])
    expect(codes(sending({ channel: 'sms' }))).toEqual([])
    expect(codes(sending({ rules: { quietHours: 'ignore' } }))).toEqual([])
    expect(codes(sending({ rules: { quietHours: '23:00-08:00' } }))).toEqual([])
    expect(codes(sending({ rules: { windows: 'ignore' } }))).toEqual([])
  })

  it('that blackouts close on every day of every year never open', () => {
    const months = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, '0'))
    const days = Array.from({ length: 31 }, (_, index) => String(index + 1).padStart(2, '0'))
    const real = (date: string) => !['02-30', '02-31', '04-31', '06-31', '09-31', '11-31'].includes(date)
    const blackouts = months
      .flatMap((month) => days.map((day) => `${month}-${day}`).filter(real))
      .map((yearly) => ({ yearly }))
    expect(lint({ a: sending({ rules: { blackouts } }) })).toMatchObject([{ code: 'never_opens' }])
    expect(lint({ a: sending({ rules: { blackouts: blackouts.slice(1) } }) })).toEqual([])
  })

  it('in different zones are not held against each other: for somebody they may meet', () => {
    const rules = [{ email: { quietHours: '18:00-09:00', zone: 'campaign' as const } }]
    expect(lint({ a: sending({ rules: { windows: [{ hours: '19:00-22:00' }] } }) }, { rules })).toEqual([])
  })

  it('that are not valid are told as that', () => {
    expect(lint({ a: sending({ rules: { quietHours: '25:00-08:00' } }) })).toMatchObject([
      {
        code: 'bad_rules',
        message: 'Step "a" has a rule that is not valid.',
        fix: expect.stringContaining('25:00') as string,
      },
    ])
  })
})

describe('messages per day against the cap', () => {
  const day: FrequencyCap = { max: 2, per: { calendar: 'day' }, outside: 'defer' }
  const rolling: FrequencyCap = { max: 2, per: 'PT24H', outside: 'defer' }
  const three = (first: Step, second: Step): Sequence['steps'] => ({
    one: sending({ next: 'w1' }),
    w1: { ...first, next: 'two' } as Step,
    two: sending({ next: 'w2' }),
    w2: { ...second, next: 'three' } as Step,
    three: sending(),
  })
  const worst = (steps: Sequence['steps'], cap = rolling) => lint(steps, { caps: [cap] }).map(({ message }) => message)

  it('are a warning with the number, the step and the span', () => {
    const hours = waiting({ for: 'PT6H' })
    expect(lint(three(hours, hours), { caps: [rolling] })).toEqual([
      {
        code: 'over_cap',
        path: ['steps', 'one'],
        severity: 'warning',
        message: 'From step "one" on, 3 messages can come within PT24H; the cap lets 2 through.',
        fix: 'Put longer waits between them: what is over the cap is put off.',
      },
    ])
  })

  it('count the worst of all paths', () => {
    const hours = waiting({ for: 'PT12H' })
    expect(worst(three(hours, waiting({ for: 'P1D' })))).toEqual([])
    expect(worst(three(hours, hours))).toEqual([])
    expect(worst(three(hours, waiting({ for: 'PT11H' })))).toHaveLength(1)
    const event = {
      kind: 'waitFor',
      cases: [{ event: 'x', next: 'two' }],
      limit: { for: 'P9D' },
      timedOut: 'two',
    } as const
    expect(worst({ ...three(hours, hours), w1: event })).toHaveLength(1)
  })

  it('of a calendar day are apart when their dates are', () => {
    const tomorrow = waiting({ onDay: 1, at: '09:00' })
    expect(worst(three(tomorrow, tomorrow), { ...day, max: 1 })).toEqual([])
    expect(worst(three(tomorrow, tomorrow), { ...rolling, max: 1 })).toHaveLength(1)
  })

  it('that count from one anchor keep their distance', () => {
    const on = (onDay: number) => waiting({ anchor: 'entryEvent', onDay, at: '14:00' })
    expect(worst(three(on(2), on(3)), { ...rolling, max: 1 })).toEqual([])
    expect(
      worst(three(on(2), waiting({ anchor: 'entryEvent', onDay: 2, at: '20:00' })), { ...rolling, max: 1 }),
    ).toHaveLength(1)
  })

  it('of a series count by their distance', () => {
    const reminders = (...moments: readonly Partial<SeriesItem>[]) =>
      series('enrollment', ...moments.map((moment, index) => item(`m${index}`, moment)))
    const cap = { ...rolling, max: 2, channel: 'sms' }
    expect(worst({ a: reminders({ for: 'P1D' }, { for: 'P2D' }, { for: 'P3D' }) }, cap)).toEqual([])
    expect(worst({ a: reminders({ for: 'PT1H' }, { for: 'PT2H' }, { for: 'PT3H' }) }, cap)).toEqual([
      'From step "a" on, 3 sms messages can come within PT24H; the cap lets 2 through.',
    ])
  })

  it('count only what the cap is about and holds', () => {
    const at0 = { one: sending({ next: 'two' }), two: sending({ next: 'three' }) }
    expect(worst({ ...at0, three: sending({ channel: 'sms' }) }, { ...rolling, channel: 'email' })).toEqual([])
    expect(worst({ ...at0, three: sending({ category: 'transactional' }) })).toEqual([])
    expect(worst({ ...at0, three: sending({ rules: { caps: 'ignore' } }) })).toEqual([])
    expect(worst({ ...at0, three: sending() })).toHaveLength(1)
  })

  it('go round in loops', () => {
    const steps: Sequence['steps'] = {
      one: sending({ next: 'w' }),
      w: { kind: 'wait', for: 'PT1H', next: 'more?' },
      'more?': { kind: 'branch', cases: [{ when: { tag: 'a' }, next: 'one' }], otherwise: 'done' },
    }
    expect(worst(steps)[0]).toContain('From step "one" on')
  })

  it('agree with counting by hand, on any row of messages and waits', () => {
    const hour = 3_600_000
    const row = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 8 })
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 4 }), (waits, max) => {
        const steps: Record<string, Step> = {}
        const times = [0]
        for (const [index, hours] of waits.entries()) {
          times.push((times[index] ?? 0) + hours * hour)
          steps[`m${index}`] = sending({ next: `w${index}` })
          steps[`w${index}`] = { kind: 'wait', for: `PT${hours}H`, next: `m${index + 1}` }
        }
        steps[`m${waits.length}`] = sending()
        const most = Math.max(
          ...times.map((first, index) => times.slice(index).filter((at) => at < first + 24 * hour).length),
        )
        const found = worst(steps, { ...rolling, max })
        if (most <= max) expect(found).toEqual([])
        else expect(found[0]).toContain(`, ${most} messages can come`)
      }),
    )
  })
})
