import { describe, expect, it } from 'vitest'
import type { SplitStep, Step, UpdateStep } from '../../sequence/step.js'
import { RunStage, type StageOptions } from '../../testing/run-stage.js'

const pause = (next = 'done'): Step => ({ kind: 'wait', for: 'P1D', next })
const done: Step = { kind: 'exit' }

describe('a branch', () => {
  const branch: Step = {
    kind: 'branch',
    cases: [
      { when: { attribute: 'plan', op: 'is', value: 'pro' }, next: 'a' },
      { when: { attribute: 'plan', op: 'exists' }, next: 'b' },
    ],
    otherwise: 'c',
  }
  const path = (options: Partial<StageOptions>) =>
    new RunStage({ steps: { branch, a: pause(), b: pause(), c: pause(), done }, ...options }).due().recipient.memory
      .path

  it('takes the first case that holds, and says which', () => {
    expect(path({ contact: { attributes: { plan: 'pro' } } }).at(-1)).toMatchObject({ step: 'a', via: 'case 1' })
    expect(path({ contact: { attributes: { plan: 'free' } } }).at(-1)).toMatchObject({ step: 'b', via: 'case 2' })
    expect(path({}).at(-1)).toMatchObject({ step: 'c', via: 'otherwise' })
  })
})

describe('an update', () => {
  const update = (change: Partial<UpdateStep>): UpdateStep => ({ kind: 'update', next: 'after', ...change })

  it('asks for the change, and the steps behind it see the contact changed', () => {
    const after: Step = {
      kind: 'branch',
      cases: [{ when: { all: [{ attribute: 'plan', op: 'is', value: 'pro' }, { tag: 'vip' }] }, next: 'done' }],
      otherwise: 'wait',
    }
    const set = update({ set: { plan: 'pro' }, addTags: ['vip'], removeTags: ['new'] })
    const stage = new RunStage({ steps: { set, after, wait: pause(), done }, contact: { tags: ['new'] } }).due()
    expect(stage.recipient.status).toBe('completed')
    expect(stage.effects).toContainEqual({
      kind: 'update',
      contact: { id: 'ana', attributes: { plan: 'pro' }, tags: ['vip'] },
      permissions: [],
    })
  })

  it('closes the channel for the message right behind it', () => {
    const after: Step = { kind: 'send', channel: 'email', template: 'a', next: 'done' }
    const revoke = update({ consent: [{ channel: 'email', status: 'revoked' }] })
    expect(new RunStage({ steps: { revoke, after, done } }).due().records).toEqual(['after skipped consent_revoked'])
    const suppress = update({ suppress: ['email'] })
    expect(new RunStage({ steps: { suppress, after, done } }).due().records).toEqual([
      'after skipped suppressed_manual',
    ])
  })

  it('reports an event', () => {
    const emit = update({ emit: { event: 'scored', data: { points: 3 } } })
    const stage = new RunStage({ steps: { emit, after: done } }).due()
    expect(stage.effects).toContainEqual({ kind: 'emit', event: 'scored', data: { points: 3 } })
  })
})

describe('a split', () => {
  const arms = { a: { weight: 50, next: 'a' }, b: { weight: 50, next: 'b' } }
  const split: SplitStep = { kind: 'split', arms, salt: 'subject' }
  const held: SplitStep = {
    ...split,
    experiment: {
      metric: { event: 'bought' },
      horizon: 'P1D',
      testShare: 0.000001,
      decideAt: { for: 'P2D' },
      test: 'two-proportion-z',
      alpha: 0.05,
      sides: 2,
      fallback: 'b',
    },
  }
  const stageWith = (step: SplitStep, options: Partial<StageOptions> = {}) =>
    new RunStage({ steps: { split: step, a: pause('split'), b: pause('split'), done }, ...options })

  it('gives a person the same arm at every visit', () => {
    const stage = stageWith(split).due().due().due()
    const arm = stage.recipient.memory.arms.split
    expect(stage.path).toEqual(['split', arm, 'split', arm, 'split', arm])
  })

  it('holds people outside the test share until the decision moment, counted from the campaign start', () => {
    const stage = stageWith(held).due()
    expect([stage.recipient.waiting, stage.dueAt]).toEqual(['hold', '2024-03-06T09:00'])
    stage.decisions = { split: 'a' }
    expect([stage.due().path.at(-1), stage.base]).toEqual(['a', '2024-03-06T09:00'])
  })

  it('takes the fallback where nothing was decided', () => {
    expect(stageWith(held).due().due().path.at(-1)).toBe('b')
  })

  it('sends later arrivals where the decision says', () => {
    const stage = stageWith(held)
    stage.decisions = { split: 'a' }
    expect(stage.due().path).toEqual(['split', 'a'])
  })

  it('takes no base back for people who are held after the decision moment', () => {
    const campaign = { startedAt: Date.parse('2024-02-01T09:00Z') }
    const stage = stageWith(held, { campaign }).due().due()
    expect([stage.path.at(-1), stage.base]).toEqual(['b', '2024-03-04T09:00'])
  })

  it('notes when somebody in the test was assigned', () => {
    const all = {
      ...held,
      experiment: { ...(held.experiment as NonNullable<SplitStep['experiment']>), testShare: 100 },
    }
    const stage = stageWith(all).due(5_000)
    expect(stage.recipient.memory.assignedAt).toEqual({ split: stage.now })
  })
})

describe('a call', () => {
  const call: Step = { kind: 'webhook', url: 'https://example.com', next: 'score', failed: 'lost' }
  const score: Step = { kind: 'action', action: 'score', exits: { next: 'done', high: 'vip' } }
  const steps = {
    call,
    score,
    vip: { kind: 'exit', reason: 'vip' } as Step,
    lost: { kind: 'exit', reason: 'lost' } as Step,
    done,
  }

  it('is started under a delivery of its own, and its reply is kept for later steps', () => {
    const stage = new RunStage({ steps }).due()
    expect(stage.openDelivery()).toMatchObject({ kind: 'webhook', state: 'sending', attempts: 1 })
    stage.sent(0, { reply: { risk: 0.2 } })
    expect(stage.recipient.memory.replies).toEqual({ call: { risk: 0.2 } })
    expect(stage.openDelivery()).toMatchObject({ kind: 'action', stepId: 'score' })
  })

  it('leads where an action says, and to next for an exit it does not declare', () => {
    const reason = (exit: string) => new RunStage({ steps, start: 'score' }).due().sent(0, { exit }).recipient.reason
    expect([reason('high'), reason('unheard_of'), reason('constructor')]).toEqual(['vip', 'completed', 'completed'])
  })

  it('is tried again, given up, or left to be found out like a message', () => {
    const stage = new RunStage({ steps }).due()
    stage.outcome({ state: 'retry_wait', reason: '503', until: stage.now + 1_000 }).due()
    expect(stage.openDelivery()).toMatchObject({ id: 1, attempts: 2 })
    expect(stage.outcome({ state: 'failed', reason: '400' }).recipient.reason).toBe('lost')
    const unknown = new RunStage({ steps }).due()
    unknown.outcome({ state: 'unknown', reason: 'timeout', until: unknown.now + 1_000 }).due()
    expect([unknown.recipient.stepId, unknown.latest[0]]).toEqual(['score', { kind: 'detach', deliveryId: 1 }])
  })
})
