import { describe, expect, it } from 'vitest'
import type { Campaign } from '../campaign/campaign.js'
import { messageReceived } from '../contact/contact.js'
import type { Interrupt, SendStep, Step } from '../sequence/step.js'
import { RunStage } from '../testing/run-stage.js'
import { contactExited } from './effect.js'

const mail: SendStep = { kind: 'send', channel: 'email', template: 'a', next: 'wait' }
const wait: Step = { kind: 'wait', for: 'P1D', next: 'last' }
const last: SendStep = { ...mail, next: 'done' }
const done: Step = { kind: 'exit' }
const steps = { mail, wait, last, done }
const quiet = { '*': { quietHours: '08:00-12:00' } }

const stageWith = (campaign: Partial<Campaign> = {}) => new RunStage({ steps, campaign })

describe('a run', () => {
  it('begins at its nominal entry, and completes behind its last step', () => {
    const stage = stageWith().play()
    expect(stage.path).toEqual(['mail', 'wait', 'last', 'done'])
    expect([stage.recipient.status, stage.recipient.reason, stage.dueAt]).toEqual(['completed', 'completed', 'never'])
  })

  it('does not begin before it is due', () => {
    expect(stageWith().at('2024-03-04T08:59Z').hear({ kind: 'due' }).path).toEqual([])
  })

  it('that has ended hears nothing any more', () => {
    const stage = stageWith().play()
    const ended = stage.recipient
    stage.event('x').hear({ kind: 'withdraw', reason: 'stopped' })
    expect(stage.recipient).toBe(ended)
  })

  it('ends where its step is gone', () => {
    const stage = new RunStage({ steps, recipient: { stepId: 'gone', visit: 1 } }).due()
    expect([stage.recipient.status, stage.recipient.reason]).toEqual(['exited', 'step_missing'])
  })

  it('reads no step from the prototype', () => {
    expect(new RunStage({ steps, recipient: { stepId: 'constructor', visit: 1 } }).due().recipient.reason).toBe(
      'step_missing',
    )
  })

  it('completes at an exit step with the reason goal, and exits with any other', () => {
    const status = (reason: string) => new RunStage({ steps: { end: { kind: 'exit', reason } } }).due().recipient.status
    expect([status('goal'), status('completed'), status('lost')]).toEqual(['completed', 'completed', 'exited'])
  })

  it('ends at the visit limit of a loop', () => {
    const loop: Step = { kind: 'wait', for: 'P1D', next: 'again' }
    const stage = new RunStage({ steps: { again: { ...mail, next: 'loop' }, loop }, maxVisits: 3 }).play()
    expect([stage.starts.length, stage.recipient.reason]).toEqual([3, 'visit_limit'])
  })

  it('remembers at most its last 50 steps', () => {
    const loop: Step = { kind: 'wait', for: 'P1D', next: 'loop' }
    const stage = new RunStage({ steps: { loop }, maxVisits: 100 }).play()
    expect([stage.path.length, stage.recipient.visit]).toEqual([50, 100])
  })
})

describe('an exit rule', () => {
  const goal = { when: { condition: { event: 'bought' } } } as const

  it('ends the run at once, and cancels a deferred message', () => {
    const stage = stageWith({ rules: quiet, exits: [goal] }).due()
    expect(stage.records).toEqual(['mail scheduled quiet_hours'])
    stage.event('bought')
    expect([stage.recipient.reason, stage.records]).toEqual(['goal', ['mail canceled goal']])
  })

  it('cancels a message that waits to be tried again', () => {
    const stage = stageWith({ exits: [goal] }).due()
    stage.outcome({ state: 'retry_wait', reason: 'busy', until: stage.now + 60_000 }).event('bought')
    expect(stage.records).toEqual(['mail canceled goal'])
  })

  it('leaves a call that has started to its outcome, and one that is not known to be found out', () => {
    const started = stageWith({ exits: [goal] })
      .due()
      .event('bought')
    expect([started.recipient.status, started.records]).toEqual(['exited', ['mail sending']])
    const unknown = stageWith({ exits: [goal] }).due()
    unknown.outcome({ state: 'unknown', reason: 'timeout', until: unknown.now + 60_000 }).event('bought')
    expect(unknown.latest).toContainEqual({ kind: 'detach', deliveryId: 1 })
  })

  it('that comes first in the list wins', () => {
    const exits = [{ ...goal, reason: 'first' }, goal]
    expect(stageWith({ exits }).due().event('bought').recipient.reason).toBe('first')
  })

  it('is looked at before each step only, where it says so', () => {
    const stage = stageWith({ exits: [{ ...goal, timing: 'beforeStep' }] })
      .due()
      .sent()
      .event('bought')
    expect(stage.recipient.status).toBe('active')
    expect(stage.due().path.at(-1)).toBe('last')
    expect([stage.recipient.reason, stage.starts.length]).toEqual(['goal', 1])
  })

  it('is looked at before each message only, where it says so', () => {
    const stage = stageWith({ exits: [{ ...goal, timing: 'beforeSend' }] })
      .event('bought')
      .due()
    expect([stage.recipient.reason, stage.starts]).toEqual(['goal', []])
  })

  it('comes before an interrupt and before the step', () => {
    const on: Interrupt[] = [{ when: { event: 'bought' }, goto: 'last' }]
    const stage = new RunStage({ steps, on, campaign: { exits: [goal] } }).due().event('bought')
    expect(stage.path).toEqual(['mail'])
  })

  it('on the audience, a reply or a revocation says which it was', () => {
    const left = stageWith({
      exits: [{ when: { leavesAudience: true } }],
      audience: { attribute: 'plan', op: 'exists' },
    })
    expect(left.due().recipient.reason).toBe('audience_left')
    const replied = stageWith({ exits: [{ when: { reply: true } }] }).due()
    expect(replied.event(messageReceived, { data: { automatic: true } }).recipient.status).toBe('active')
    expect(replied.event(messageReceived).recipient.reason).toBe('reply')
    const revoked = stageWith({ exits: [{ when: { unsubscribed: true } }] }).due()
    const consent = { channel: 'sms', topic: null, status: 'revoked', at: revoked.now, source: 'link' } as const
    revoked.permissions = { consents: [consent], suppressions: [] }
    expect(revoked.hear({ kind: 'changed' }).recipient.reason).toBe('unsubscribed')
  })

  it('with scope contact tells the other runs, which end for the same reason unless they began later', () => {
    const first = stageWith({ exits: [{ ...goal, scope: 'contact' }] })
      .due()
      .event('bought')
    expect(first.latest).toContainEqual({ kind: 'emit', event: contactExited, data: { reason: 'goal' } })
    expect(
      stageWith()
        .due()
        .event(contactExited, { data: { reason: 'goal' } }).recipient.reason,
    ).toBe('goal')
    const later = stageWith().event(contactExited, { at: Date.parse('2024-03-04T08:00Z') })
    expect(later.recipient.status).toBe('active')
  })
})

describe('an interrupt', () => {
  const on: Interrupt[] = [{ when: { event: 'canceled' }, goto: 'sorry' }]
  const sorry: Step = { kind: 'wait', for: 'P7D', next: 'done' }
  const interrupted = (change: Partial<Interrupt> = {}) =>
    new RunStage({
      steps: { ...steps, sorry },
      on: on.map((one) => ({ ...one, ...change })),
      campaign: { rules: quiet },
    })

  it('leaves the step, cancels a deferred message, and goes on with the event as trigger', () => {
    const stage = interrupted()
      .due()
      .at('2024-03-04T10:00Z')
      .event('canceled', { data: { order: 7 } })
    expect([stage.recipient.stepId, stage.records]).toEqual(['sorry', ['mail canceled interrupted']])
    expect(stage.recipient.memory.trigger).toMatchObject({ name: 'canceled', data: { order: 7 } })
    expect([stage.base, stage.dueAt]).toEqual(['2024-03-04T10:00', '2024-03-11T10:00'])
  })

  it('is taken once for one event, however often it is reported', () => {
    const stage = interrupted().due().event('canceled')
    const { visit } = stage.recipient
    for (const event of stage.events) stage.hear({ kind: 'event', event })
    expect(stage.recipient.visit).toBe(visit)
    expect(stage.event('canceled').recipient.visit).toBe(visit + 1)
  })

  it('is taken once per run where it says so', () => {
    const stage = interrupted({ once: true }).due().event('canceled').event('canceled')
    expect(stage.path).toEqual(['mail', 'sorry'])
  })

  it('is taken only within the steps it names, and only by events of the run', () => {
    expect(
      interrupted({ within: ['wait'] })
        .due()
        .event('canceled').recipient.stepId,
    ).toBe('mail')
    expect(interrupted().event('canceled', { at: 0 }).due().recipient.stepId).toBe('mail')
  })

  it('takes no base back when its event comes late', () => {
    const stage = interrupted().due().due().sent().at('2024-03-04T12:05Z')
    expect(stage.event('canceled', { at: Date.parse('2024-03-04T09:30Z') }).base).toBe('2024-03-04T12:00')
  })
})

it('withdraws a run with the reason it is given, and cancels what was deferred', () => {
  const stage = stageWith({ rules: quiet }).due().hear({ kind: 'withdraw', reason: 'removed' })
  expect([stage.recipient.status, stage.records]).toEqual(['exited', ['mail canceled removed']])
})
