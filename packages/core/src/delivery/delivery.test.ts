import { describe, expect, it } from 'vitest'
import { aDelivery, aNewRun, aSettlement } from '../testing/builders.js'
import { RunStage } from '../testing/run-stage.js'
import { type DeliveryState, isTerminal, mayFollow } from './delivery.js'
import { settledDelivery } from './settled-delivery.js'

const states: readonly DeliveryState[] = [
  'scheduled',
  'sending',
  'retry_wait',
  'unknown',
  'sent',
  'failed',
  'skipped',
  'expired',
  'canceled',
  'unresolved',
]

describe('the state machine of a delivery', () => {
  it('never leaves a terminal state, and leaves every other one', () => {
    for (const from of states) {
      expect(
        states.some((to) => mayFollow(from, to)),
        from,
      ).toBe(!isTerminal(from))
    }
  })

  it('reaches sending only from what was proven not to be under way', () => {
    expect(states.filter((from) => mayFollow(from, 'sending'))).toEqual(['scheduled', 'retry_wait'])
  })

  it('never skips, expires or cancels what may have been accepted', () => {
    for (const from of ['sending', 'unknown', 'sent'] as const) {
      expect((['skipped', 'expired', 'canceled'] as const).filter((to) => mayFollow(from, to))).toEqual([])
    }
  })

  it('leaves unknown only by finding out, or by giving up', () => {
    const after = states.filter((to) => mayFollow('unknown', to))
    expect(after).toEqual(['retry_wait', 'sent', 'failed', 'unresolved'])
  })
})

describe('the end of an attempt', () => {
  const { recipient } = new RunStage({ steps: { mail: { kind: 'exit' } } })
  const run = { ...recipient, ...aNewRun({ workspaceId: 'acme', id: 'onboarding' }, 'ana').recipient }
  const sending = aDelivery(run, {
    id: 1,
    state: 'sending',
    attempts: 2,
    intendedAt: 5,
    providerId: 'p',
    facts: { delivered: 9 },
  })

  it('is noted, and keeps what it says nothing about', () => {
    const facts = [{ kind: 'accepted', at: 7 }] as const
    const settled = settledDelivery(sending, aSettlement(sending, { state: 'sent', sentAt: 7, facts }))
    expect(settled).toMatchObject({ state: 'sent', sentAt: 7, providerId: 'p', attempts: 2, intendedAt: 5 })
    expect(settled.facts).toEqual({ accepted: 7, delivered: 9 })
  })

  it('that does not count takes the attempt back, and the first one the intent', () => {
    const blocked = { state: 'scheduled', attemptCounts: false } as const
    const again = settledDelivery(sending, aSettlement(sending, blocked))
    expect([again.attempts, again.intendedAt]).toEqual([1, 5])
    const first = settledDelivery({ ...sending, attempts: 1 }, aSettlement(sending, blocked))
    expect([first.attempts, first.intendedAt]).toEqual([0, null])
  })

  it('never takes the mark of a possible duplicate away', () => {
    const flagged = { ...sending, possibleDuplicate: true }
    expect(settledDelivery(flagged, aSettlement(sending)).possibleDuplicate).toBe(true)
  })
})
