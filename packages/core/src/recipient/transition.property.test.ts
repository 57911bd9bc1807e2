import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTerminal, mayFollow } from '../delivery/delivery.js'
import { isOpen } from '../schedule/window.js'
import { anyHappening, anyStage, type Happening, type OutcomeState } from '../testing/arbitraries.js'
import { type Decide, RunStage } from '../testing/run-stage.js'
import { Draft } from './draft.js'
import type { Outcome } from './input.js'
import type { RunFacts } from './run-facts.js'
import { windowsOf } from './send-rules.js'
import { transition } from './transition.js'

/** Decides twice on frozen arguments: the same comes out, and nothing was touched. */
const purely: Decide = (definition, recipient, input, facts, now) => {
  for (const argument of [definition, recipient, input, facts]) deepFreeze(argument)
  const ids: number[] = []
  const first = transition(definition, recipient, input, drawing(facts, ids), now)
  const second = transition(definition, recipient, input, replaying(facts, ids), now)
  expect(second).toEqual(first)
  return first
}

const drawing = (facts: RunFacts, ids: number[]): RunFacts => ({
  ...facts,
  newDeliveryId() {
    const id = facts.newDeliveryId()
    ids.push(id)
    return id
  },
})

const replaying = (facts: RunFacts, ids: readonly number[]): RunFacts => {
  const rest = [...ids]
  return { ...facts, newDeliveryId: () => rest.shift() ?? Number.NaN }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) deepFreeze(member)
}

function happen(stage: RunStage, happening: Happening): unknown {
  switch (happening.does) {
    case 'due':
      return stage.due(happening.lateMs)
    case 'early':
      return stage.hear({ kind: 'due' })
    case 'passes':
      return stage.at(stage.now + happening.ms)
    case 'event':
      return stage.event(happening.name, { at: stage.now - happening.agoMs, data: { size: happening.size } })
    case 'again': {
      const event = stage.events.at(-1)
      return event === undefined ? undefined : stage.hear({ kind: 'event', event })
    }
    case 'moves':
      return stage.attributes({ due: happening.anchor })
    case 'permits': {
      const { revoked, address } = happening
      const status = revoked ? 'revoked' : 'granted'
      const consent = { channel: 'email', topic: null, status, at: stage.now, source: 'test' } as const
      stage.permissions = { consents: [consent], suppressions: [] }
      stage.contact = { ...stage.contact, addresses: address ? { email: 'ana@example.com', sms: '+12125550100' } : {} }
      return stage.hear({ kind: 'changed' })
    }
    case 'settles': {
      const ids = [...stage.deliveries.keys()]
      const id = happening.which < 7 ? stage.recipient.deliveryId : ids[happening.which % Math.max(1, ids.length)]
      return stage.outcome(outcomeOf(stage, happening.state, happening.ms), id ?? null)
    }
    case 'decides':
      stage.decisions = Object.fromEntries(
        Object.keys(stage.definition.sequence.steps).map((id) => [id, happening.arm]),
      )
      return stage.hear({ kind: 'changed' })
    case 'resumes':
      return stage.hear({ kind: 'resume', policy: happening.policy, pausedAt: stage.now - happening.agoMs })
    case 'withdraws':
      return stage.hear({ kind: 'withdraw', reason: 'stopped' })
  }
}

function outcomeOf(stage: RunStage, state: OutcomeState, ms: number): Outcome {
  const until = stage.now + Math.max(1, ms)
  switch (state) {
    case 'sent': {
      const intendedAt = stage.openDelivery()?.intendedAt ?? stage.now
      return { state, sentAt: stage.now, intendedAt, reply: null, exit: null }
    }
    case 'put_off':
      return { state: 'scheduled', reason: 'frequency_cap', until, byRule: true }
    case 'blocked':
      return { state: 'scheduled', reason: 'unauthorized', until, byRule: false }
    case 'retry_wait':
    case 'unknown':
      return { state, reason: 'code', until }
    default:
      return { state, reason: 'code' }
  }
}

/** What must be true after every step of every run. */
function check(before: RunStage['recipient'], stage: RunStage): void {
  const { recipient, latest, now, deliveries } = stage
  if (before.status !== 'active') {
    expect(recipient).toBe(before)
    expect(latest).toEqual([])
    return
  }
  expect(recipient.memory.base).toBeGreaterThanOrEqual(before.memory.base)
  expect(recipient.memory.since).toBeGreaterThanOrEqual(before.memory.since)
  expect(recipient.visit).toBeGreaterThanOrEqual(before.visit)
  expect(JSON.parse(JSON.stringify(recipient.memory))).toEqual(recipient.memory)
  if (recipient.status === 'active') {
    expect(recipient.dueAt, 'has a deadline').toEqual(expect.any(Number))
    expect(recipient.deliveryId !== null, `waits for ${recipient.waiting}`).toBe(recipient.waiting === 'delivery')
    if (recipient.waiting === 'delivery') expect(deliveries.get(recipient.deliveryId ?? 0)).toBeDefined()
  } else {
    expect([recipient.dueAt, recipient.deliveryId]).toEqual([null, null])
    const waiting = [...deliveries.values()].filter(({ state }) => state === 'scheduled' || state === 'retry_wait')
    expect(waiting, 'nothing stays scheduled for a run that has ended').toEqual([])
    expect(latest.filter(({ kind }) => kind === 'finish')).toHaveLength(recipient.status === 'quarantined' ? 0 : 1)
  }
  const starts = latest.filter(({ kind }) => kind === 'send' || kind === 'call')
  expect(starts.length).toBeLessThanOrEqual(1)
  for (const effect of starts) {
    const { delivery } =
      effect.kind === 'send' ? effect.send : (effect as Extract<typeof effect, { kind: 'call' }>).call
    expect(delivery.dueAt).toBeLessThanOrEqual(now)
    expect(recipient.deliveryId).toBe(delivery.id)
    if (effect.kind !== 'send') continue
    const draft = new Draft(stage.definition, recipient, stage.facts(), now)
    expect(isOpen(now, windowsOf(draft, effect.send.spec).layers), 'starts in an open window').toBe(true)
  }
}

/** Whatever was written about a delivery follows its state machine, and each visit and item has one. */
function checkDeliveries(stage: RunStage): void {
  const places = [...stage.deliveries.values()].map(({ visit, stepId, itemId }) => `${visit}/${stepId}/${itemId}`)
  expect(new Set(places).size, places.join(' ')).toBe(places.length)
}

test('whatever happens in whatever order, a run keeps its promises', () => {
  const property = fc.property(
    anyStage,
    fc.array(anyHappening, { minLength: 3, maxLength: 25 }),
    (options, happenings) => {
      const states = new Map<number, string>()
      const stage: RunStage = new RunStage(options, (...given) => {
        const decided = purely(...given)
        for (const effect of decided.effects) {
          if (effect.kind !== 'record') continue
          const { id, state } = effect.delivery
          const from = stage.deliveries.get(id)?.state ?? null
          const allowed = from === null || from === state || mayFollow(from, state)
          expect(allowed, `delivery ${id} goes from ${from} to ${state}`).toBe(true)
          expect(from === null || !isTerminal(from) || from === state, `delivery ${id} was over`).toBe(true)
          states.set(id, state)
        }
        return decided
      })
      for (const happening of [{ does: 'due', lateMs: 0 } as const, ...happenings]) {
        const before = stage.recipient
        stage.latest = []
        happen(stage, happening)
        check(before, stage)
        checkDeliveries(stage)
      }
    },
  )
  fc.assert(property, { numRuns: 10_000 })
}, 60_000)
