import { expect, it } from 'vitest'
import { eventsOfRun } from '../outbox/recipient-events.js'
import { RunStage } from '../testing/run-stage.js'
import { quarantinedRun, releasedRun } from './quarantine.js'
import type { Recipient } from './recipient.js'

const { recipient } = new RunStage({ steps: { done: { kind: 'exit' } } })
const run: Recipient = { ...recipient, claims: 7, parked: true }
const positions: readonly Partial<Recipient>[] = [
  { waiting: 'timer', dueAt: 5 },
  { waiting: 'event', dueAt: 9_000_000_000_000 },
  { waiting: 'delivery', dueAt: 7, deliveryId: 12 },
  { waiting: 'hold', dueAt: 8 },
]

it.each(positions)('a run that is quarantined and released is where it was: %j', (position) => {
  const before = { ...run, ...position, memory: { ...run.memory, why: { rule: 'for' } } }
  const aside = quarantinedRun(before, 'decision_failed', { error: 'unreadable' })
  expect(aside).toMatchObject({ status: 'quarantined', reason: 'decision_failed', dueAt: null, deliveryId: null })
  expect(aside.memory.why).toEqual({ error: 'unreadable' })
  expect(releasedRun(aside, 100)).toEqual({ ...before, claims: 0, parked: false })
})

it('one that was quarantined before positions were kept is due at once', () => {
  const aside = { ...run, status: 'quarantined', reason: 'no_progress', dueAt: null } as const
  expect(releasedRun(aside, 100)).toMatchObject({ status: 'active', waiting: 'timer', dueAt: 100, deliveryId: null })
})

it('each time that a run is quarantined is told by itself', () => {
  const told = (fence: number) => eventsOfRun({ ...quarantinedRun(run, 'no_progress'), fence }, 100)[0]
  expect(told(3)?.type).toBe('recipient.quarantined')
  expect(told(3)?.id).toBe(told(3)?.id)
  expect(told(4)?.id).not.toBe(told(3)?.id)
})
