import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { NewRun } from '../../ports/store-inbox.js'
import type { RunDefinition, RunFacts } from '../../recipient/run-facts.js'
import { transition } from '../../recipient/transition.js'
import { anyStage } from '../../testing/arbitraries.js'
import { aNewRun, minute, testStart } from '../../testing/builders.js'
import { RunStage, type StageOptions } from '../../testing/run-stage.js'
import { firstWait } from './first-wait.js'

const now = minute(2)
const zones = [null, 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Nowhere/None']

function newRun({ campaign, sequence }: RunDefinition): NewRun {
  return aNewRun(campaign, 'ana', { stepId: sequence.start, visit: 0 })
}

/** What the engine would decide about this very contact. */
function decided(stage: RunStage, run: NewRun) {
  const { again: _, recipient, ...identity } = run
  const facts: RunFacts = {
    contact: stage.contact,
    permissions: stage.permissions,
    events: [{ seq: 1, id: 'e', contactId: 'ana', name: 'ordered', at: testStart, data: {} }],
    deliveries: [],
    decisions: {},
    newDeliveryId: () => 1,
  }
  const fresh = { ...recipient, ...identity, id: 7, entryNo: 1, fence: 0, claims: 0 }
  return transition(stage.definition, fresh, { kind: 'due' }, facts, now)
}

const beginning = (options: StageOptions, zone: string | null = 'Europe/Berlin') => {
  const { definition } = new RunStage(options)
  return firstWait(definition, newRun(definition), zone, now)
}

it('is what is decided about any contact of the zone, or nothing', () => {
  let known = 0
  fc.assert(
    fc.property(anyStage, fc.constantFrom(...zones), fc.boolean(), (options, zone, revoked) => {
      const consents = revoked
        ? [{ channel: 'email', topic: null, status: 'revoked' as const, at: testStart, source: 'test' }]
        : []
      const contact = { ...options.contact, zone, tags: ['vip'] }
      const stage = new RunStage({ ...options, contact, permissions: { consents } })
      const run = newRun(stage.definition)
      const begun = firstWait(stage.definition, run, zone, now)
      if (begun === null) return
      known++
      const { recipient, effects } = decided(stage, run)
      expect(recipient).toMatchObject(begun.recipient)
      expect(effects).toEqual(begun.counters.map((counter) => ({ kind: 'count', ...counter })))
    }),
    { numRuns: 2_000 },
  )
  expect(known).toBeGreaterThan(20)
})

const exit = { kind: 'exit' } as const
const morning = { kind: 'wait', for: 'P1D', until: '09:00', next: 'done' } as const

it('waits for nine o’clock in each zone', () => {
  const dueIn = (zone: string) => beginning({ steps: { morning, done: exit } }, zone)?.recipient.dueAt
  expect(dueIn('Europe/Berlin')).toBe(Date.parse('2024-03-06T08:00Z'))
  expect(dueIn('America/New_York')).toBe(Date.parse('2024-03-05T14:00Z'))
})

it('leaves alone what depends on more than the zone, or does not wait', () => {
  expect(beginning({ steps: { morning: { ...morning, anchor: { attribute: 'due' } }, done: exit } })).toBeNull()
  expect(beginning({ steps: { morning: { ...morning, for: 'PT1M', until: undefined }, done: exit } })).toBeNull()
  expect(beginning({ steps: { done: exit } })).toBeNull()
  const asks = { exits: [{ when: { condition: { event: 'ordered' } } }] }
  expect(beginning({ steps: { morning, done: exit }, campaign: asks })).toBeNull()
  expect(beginning({ steps: { morning, done: exit }, campaign: { pausedSteps: { morning: testStart } } })).toBeNull()
})
