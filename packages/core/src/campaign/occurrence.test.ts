import { describe, expect, it } from 'vitest'
import { formatInstant } from '../schedule/instant.js'
import type { EntryTrigger } from './entry-rule.js'
import { isRecurring, nextOccurrence } from './occurrence.js'

const next = (
  trigger: EntryTrigger,
  from: string,
  { zone = 'Europe/Berlin', attributes = {} }: { zone?: string; attributes?: Record<string, string> } = {},
) => {
  const campaign = { entry: { trigger, again: 'never' as const }, zone: 'America/New_York' }
  const found = nextOccurrence(campaign, { zone, attributes }, { from: Date.parse(from), workspaceZone: null })
  return found === null ? null : [formatInstant(found.at), found.runKey]
}

describe('a schedule', () => {
  const weekly: EntryTrigger = { kind: 'schedule', at: '2026-02-22T14:00:00.000Z', every: 'P1W' }

  it('that does not repeat comes once', () => {
    const once: EntryTrigger = { kind: 'schedule', at: '2026-02-22T14:00:00.000Z' }
    expect(next(once, '2026-02-22T14:00Z')).toEqual(['2026-02-22T14:00:00Z', ''])
    expect(next(once, '2026-02-22T14:00:00.001Z')).toBeNull()
  })

  it('that repeats keeps its time of day in the campaign’s zone, each time with a key of its own', () => {
    // New York's clocks go forward on 8 March: 09:00 there is 14:00 UTC before, and 13:00 after.
    expect(next(weekly, '2026-02-22T14:00Z')).toEqual(['2026-02-22T14:00:00Z', '2026-02-22T14:00:00.000Z'])
    expect(next(weekly, '2026-02-22T14:00:00.001Z')?.[0]).toBe('2026-03-01T14:00:00Z')
    expect(next(weekly, '2026-03-02T00:00Z')?.[0]).toBe('2026-03-08T13:00:00Z')
    expect(next(weekly, '2030-01-01T00:00Z')?.[0]).toBe('2030-01-06T14:00:00Z')
  })

  it('that repeats monthly counts from the first, so that a short month does not shorten the others', () => {
    const monthly: EntryTrigger = { kind: 'schedule', at: '2026-01-31T14:00:00.000Z', every: 'P1M' }
    expect(next(monthly, '2026-02-01T00:00Z')?.[0]).toBe('2026-02-28T14:00:00Z')
    expect(next(monthly, '2026-03-01T00:00Z')?.[0]).toBe('2026-03-31T13:00:00Z')
  })
})

describe('a date of the contact’s', () => {
  const renewal: EntryTrigger = { kind: 'attributeDate', attribute: 'renewal', offset: '-P7D', time: '09:30' }
  const birthday: EntryTrigger = { kind: 'attributeDate', attribute: 'born', time: '08:00', yearly: true }

  it('is met at its offset and time of day, in the contact’s zone', () => {
    const attributes = { renewal: '2026-04-01' }
    expect(next(renewal, '2026-03-01T00:00Z', { attributes })).toEqual(['2026-03-25T08:30:00Z', ''])
    expect(next(renewal, '2026-03-26T00:00Z', { attributes })).toBeNull()
    expect(next(renewal, '2026-03-01T00:00Z')).toBeNull()
  })

  it('that comes every year comes at the first time from then on, with the year as its key', () => {
    const attributes = { born: '1990-07-15' }
    expect(next(birthday, '2026-03-01T00:00Z', { attributes })).toEqual(['2026-07-15T06:00:00Z', '2026'])
    expect(next(birthday, '2026-07-15T06:00:00.001Z', { attributes })).toEqual(['2027-07-15T06:00:00Z', '2027'])
    expect(next(birthday, '2026-03-01T00:00Z', { attributes: { born: '1992-02-29' } })?.[0]).toBe(
      '2027-02-28T07:00:00Z',
    )
  })
})

it('only what repeats is recurring', () => {
  const of = (trigger: EntryTrigger) => isRecurring({ entry: { trigger, again: 'never' } })
  expect(of({ kind: 'schedule', at: '2026-01-01T00:00:00Z', every: 'P1W' })).toBe(true)
  expect(of({ kind: 'attributeDate', attribute: 'born', time: '08:00', yearly: true })).toBe(true)
  expect(of({ kind: 'attributeDate', attribute: 'born', time: '08:00' })).toBe(false)
  expect(of({ kind: 'audience' })).toBe(false)
})
