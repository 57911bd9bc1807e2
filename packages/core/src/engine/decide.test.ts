import { describe, expect, it } from 'vitest'
import type { SendStep, Step } from '../sequence/step.js'
import { RunStage } from '../testing/run-stage.js'
import { defaultEngineSettings, type EngineContext } from './context.js'
import { changeOf, counterOf, decide, leftToClaim } from './decide.js'

const wait: Step = { kind: 'wait', for: 'P1D', next: 'first' }
const first: SendStep = { kind: 'send', channel: 'email', template: 'a', next: 'second' }
const second: SendStep = { ...first, next: 'done' }
const done: Step = { kind: 'exit' }
const steps = { wait, first, second, done }
const context = { settings: defaultEngineSettings } as EngineContext

const loadedOf = (stage: RunStage) => ({
  definition: stage.definition,
  contact: stage.contact,
  facts: stage.facts(),
  asks: false,
  mostDeliveries: 10,
})

describe('a message that is decided on outside a claim', () => {
  it('is left to the next claim, due at once, and counts as no attempt', () => {
    const stage = new RunStage({ steps, start: 'first' }).due()
    const outcome = { state: 'sent', sentAt: stage.now, intendedAt: stage.now, reply: null, exit: null } as const
    const decision = decide(loadedOf(stage), stage.recipient, { kind: 'outcome', outcome }, stage.now)
    expect(decision.start).not.toBeNull()
    const { after, start } = leftToClaim(decision, stage.now)
    expect(start).toBeNull()
    expect(after).toMatchObject({ stepId: 'second', waiting: 'timer', dueAt: stage.now, deliveryId: null })
    expect(after.memory.plans['']).toMatchObject({ state: 'planned', attempts: 0, deliveryId: null })
  })
})

describe('the claims of a run', () => {
  const claimsAfter = (stage: RunStage) => {
    const run = { ...stage.recipient, claims: 3 }
    return changeOf(context, decide(loadedOf(stage), run, { kind: 'due' }, stage.now), stage.now).recipient.claims
  }

  it('begin at nothing again when it has got somewhere', () => {
    expect(claimsAfter(new RunStage({ steps }))).toBe(0)
  })

  it('go on being counted when it has not, so that it is taken out of the way in the end', () => {
    const stuck = new RunStage({ steps, start: 'first' }).due()
    stuck.deliveries.clear()
    expect(claimsAfter(stuck)).toBe(3)
  })
})

it('decides again on top of what it has recorded, in one write', () => {
  const skipped: Step = { ...first, skipWhen: { all: [] } }
  const stage = new RunStage({ steps: { first: skipped, second: { ...second, skipWhen: { all: [] } }, done } })
  const change = changeOf(context, decide(loadedOf(stage), stage.recipient, { kind: 'due' }, stage.now), stage.now)
  expect(change.deliveries.map(counterOf)).toEqual(['delivery.skipped.skip_when', 'delivery.skipped.skip_when'])
  expect(change.counters.filter(({ name }) => name === 'entered').map(({ stepId }) => stepId)).toEqual([
    'first',
    'second',
    'done',
  ])
  expect(change.recipient.status).toBe('completed')
})

it('ends a run whose contact is gone', () => {
  const stage = new RunStage({ steps }).due()
  const decision = decide({ ...loadedOf(stage), contact: null }, stage.recipient, { kind: 'due' }, stage.now)
  expect([decision.after.status, decision.after.reason]).toEqual(['exited', 'removed'])
})
