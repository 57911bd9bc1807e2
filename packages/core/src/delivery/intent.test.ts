import { describe, expect, it } from 'vitest'
import type { SentRecord } from '../contact/frequency-cap.js'
import { aGuard, testStart } from '../testing/builders.js'
import { historyNeededMs, type IntentGuard, judgeIntent } from './intent.js'

const hour = 60 * 60 * 1000
const day = 24 * hour
const none = { consents: [], suppressions: [], history: [] }
const sent = (agoMs: number): SentRecord => ({ at: testStart - agoMs, channel: 'email', category: 'marketing' })
const judge = (guard: Partial<IntentGuard>, facts: Partial<Parameters<typeof judgeIntent>[1]> = {}) =>
  judgeIntent(aGuard('ana', guard), { ...none, ...facts }, testStart)

describe('the last look', () => {
  it('lets a message start that nothing speaks against', () => {
    expect(judge({})).toEqual({ verdict: 'start' })
  })

  it('skips what was revoked or suppressed since the decision', () => {
    const consents = [{ channel: 'email', topic: null, status: 'revoked', at: 0, source: 'link' }] as const
    expect(judge({}, { consents })).toEqual({ verdict: 'skip', reason: 'consent_revoked' })
    const suppressions = [
      { channel: 'email', address: 'ana@example.com', topic: null, reason: 'complaint', at: 0 },
    ] as const
    expect(judge({}, { suppressions })).toEqual({ verdict: 'skip', reason: 'suppressed_complaint' })
  })

  it('puts off or skips what a cap is full for', () => {
    const cap = { max: 1, per: 'PT24H' }
    const history = [sent(hour)]
    const until = testStart + 23 * hour
    expect(judge({ caps: [{ ...cap, outside: 'defer' }] }, { history })).toEqual({
      verdict: 'defer',
      reason: 'frequency_cap',
      until,
    })
    expect(judge({ caps: [{ ...cap, outside: 'skip' }] }, { history })).toEqual({
      verdict: 'skip',
      reason: 'frequency_cap',
    })
    expect(judge({ caps: [{ ...cap, max: 0, outside: 'defer' }] })).toEqual({
      verdict: 'skip',
      reason: 'frequency_cap',
    })
  })

  it('keeps late messages apart', () => {
    const history = [sent(hour)]
    expect(judge({ lateGapMs: 4 * hour }, { history })).toEqual({
      verdict: 'defer',
      reason: 'late_gap',
      until: testStart + 3 * hour,
    })
    expect(judge({ lateGapMs: null }, { history })).toEqual({ verdict: 'start' })
    expect(judge({ lateGapMs: hour }, { history })).toEqual({ verdict: 'start' })
  })
})

it('asks for as much history as caps and gap look back at, a day more for calendar days', () => {
  const back = (guard: Partial<IntentGuard>) => historyNeededMs(aGuard('ana', guard))
  expect(back({})).toBe(0)
  expect(back({ lateGapMs: 4 * hour })).toBe(4 * hour)
  expect(back({ caps: [{ max: 1, per: 'P7D', outside: 'skip' }] })).toBe(8 * day)
  expect(back({ caps: [{ max: 1, per: { calendar: 'week' }, outside: 'skip' }] })).toBe(8 * day)
  expect(back({ caps: [{ max: 1, per: { calendar: 'day' }, outside: 'skip' }] })).toBe(2 * day)
})
