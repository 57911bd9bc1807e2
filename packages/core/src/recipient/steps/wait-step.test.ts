import { describe, expect, it } from 'vitest'
import type { Moment } from '../../schedule/moment.js'
import type { Step } from '../../sequence/step.js'
import { RunStage } from '../../testing/run-stage.js'

const minute = 60 * 1000
const mail: Step = { kind: 'send', channel: 'email', template: 'a', next: 'wait' }
const after: Step = { kind: 'send', channel: 'email', template: 'b', next: 'done' }
const done: Step = { kind: 'exit' }

const waiting = (moment: Moment, change: { readonly past?: string } = {}) => ({
  wait: { kind: 'wait', ...moment, ...change, next: 'after' } as Step,
  after,
  late: { ...after, template: 'late' } as Step,
  done,
})

describe('the base', () => {
  const steps = { mail, ...waiting({ for: 'P1D' }) }

  it('stays the planned instant when the message left 0.4 s later', () => {
    const stage = new RunStage({ steps }).due().sent(400)
    expect([stage.base, stage.dueAt]).toEqual(['2024-03-04T09:00', '2024-03-05T09:00'])
  })

  it('stays the planned instant when the message left up to 15 minutes later', () => {
    expect(new RunStage({ steps }).due().sent(15 * minute).dueAt).toBe('2024-03-05T09:00')
  })

  it('is the instant of sending when the message left 20 minutes later', () => {
    expect(new RunStage({ steps }).due().sent(20 * minute).dueAt).toBe('2024-03-05T09:20')
  })

  it('does not drift over many late timers', () => {
    const days = { wait: { kind: 'wait', for: 'P1D', next: 'mail' }, mail, done } as { [id: string]: Step }
    const stage = new RunStage({ steps: days, maxVisits: 100 }).due()
    for (let day = 0; day < 30; day++) stage.due(400).sent(700)
    expect(stage.base).toBe('2024-04-03T09:00')
  })

  it('is the instant after deferral when a window moved the message', () => {
    const rules = { '*': { quietHours: '08:00-12:00' } }
    const stage = new RunStage({ steps, campaign: { rules } }).due().due().sent(300)
    expect(stage.dueAt).toBe('2024-03-05T12:00')
  })

  it('is handed on by a message that was skipped', () => {
    const skipped: Step = { ...mail, skipWhen: { all: [] } }
    expect(new RunStage({ steps: { ...steps, mail: skipped } }).due(3 * minute).dueAt).toBe('2024-03-05T09:00')
  })

  it('is the moment of a wait, however late its timer fired', () => {
    const stage = new RunStage({ steps: waiting({ for: 'P1D' }) }).due()
    expect(stage.due(45 * minute).base).toBe('2024-03-05T09:00')
  })
})

describe('a moment that was past when the run came to it', () => {
  const past: Moment = { anchor: { fixed: '2024-03-01T10:00Z' } }

  it('is sent now by default, and not as late', () => {
    const stage = new RunStage({ steps: waiting(past) }).due()
    expect(stage.starts).toEqual(['after@2024-03-04T09:00'])
  })

  it('takes the past exit with ifPast: skip', () => {
    const stage = new RunStage({ steps: waiting({ ...past, ifPast: 'skip' }, { past: 'late' }) }).due()
    expect(stage.path).toEqual(['wait', 'late'])
  })

  it('goes on to the next step with ifPast: skip and no past exit', () => {
    expect(new RunStage({ steps: waiting({ ...past, ifPast: 'skip' }) }).due().path).toEqual(['wait', 'after'])
  })

  it('ends the run with ifPast: exit', () => {
    const { recipient } = new RunStage({ steps: waiting({ ...past, ifPast: 'exit' }) }).due()
    expect([recipient.status, recipient.reason]).toEqual(['exited', 'past'])
  })

  it('is not what a timer that fires days late is: the message is late, not past', () => {
    const stage = new RunStage({ steps: waiting({ for: 'PT1H', ifPast: 'exit' }) }).due().due(2 * 24 * 60 * minute)
    expect(stage.starts).toEqual(['after@2024-03-06T10:00'])
  })
})

describe('a wait on an attribute', () => {
  const steps = waiting({ anchor: { attribute: 'visitAt' }, for: '-P1D', ifPast: 'exit' })
  const visitAt = (at: string) => ({ contact: { attributes: { visitAt: at } } })
  const campaign = { rules: { '*': { quietHours: '08:00-12:00' } } }

  it('follows the attribute while it waits', () => {
    const stage = new RunStage({ steps, ...visitAt('2024-03-08T10:00') }).due()
    expect(stage.dueAt).toBe('2024-03-07T10:00')
    expect(stage.attributes({ visitAt: '2024-03-10T10:00' }).dueAt).toBe('2024-03-09T10:00')
  })

  it('treats a moment that moved into the past as past', () => {
    const stage = new RunStage({ steps, ...visitAt('2024-03-08T10:00') }).due().at('2024-03-06T09:00Z')
    expect(stage.attributes({ visitAt: '2024-03-06T12:00' }).recipient.reason).toBe('past')
  })

  it('does not treat a late timer as past when another attribute changes', () => {
    const stage = new RunStage({ steps, ...visitAt('2024-03-08T10:00') }).due().at('2024-03-07T11:00Z')
    expect(stage.attributes({ shoeSize: 43 }).recipient.status).toBe('active')
    expect(stage.due().starts).toEqual(['after@2024-03-07T11:00'])
  })

  it('looks at the attribute once more when its timer fires before the change was reported', () => {
    const stage = new RunStage({ steps, ...visitAt('2024-03-08T10:00') }).due()
    stage.contact = { ...stage.contact, attributes: { visitAt: '2024-03-12T10:00' } }
    expect(stage.due().dueAt).toBe('2024-03-11T10:00')
    expect(stage.starts).toEqual([])
  })

  it('plans a deferred message behind it again, as another delivery', () => {
    const stage = new RunStage({ steps, ...visitAt('2024-03-08T10:00'), campaign }).due().due()
    expect(stage.records).toEqual(['after scheduled quiet_hours'])
    stage.attributes({ visitAt: '2024-03-10T15:00' })
    expect([stage.records, stage.dueAt]).toEqual([['after canceled replanned'], '2024-03-09T15:00'])
    expect(stage.due().starts).toEqual(['after@2024-03-09T15:00'])
  })

  it('leaves a deferred message alone while its anchor stands still', () => {
    const past = waiting({ anchor: { attribute: 'visitAt' }, for: '-P1D' })
    const stage = new RunStage({ steps: past, ...visitAt('2024-03-02T10:00'), campaign }).due()
    for (let change = 0; change < 5; change++) stage.attributes({ change })
    expect([stage.records, stage.recipient.visit]).toEqual([['after scheduled quiet_hours'], 2])
  })

  it('goes on at once when the attribute is missing', () => {
    expect(new RunStage({ steps }).due().path).toEqual(['wait', 'after'])
  })
})

it('comes earlier for a message whose windows are closed at the moment and that asks for it', () => {
  const rules = { '*': { quietHours: '21:00-08:00', outside: 'earlier' as const } }
  expect(new RunStage({ steps: waiting({ for: 'PT14H' }), campaign: { rules } }).due().dueAt).toBe('2024-03-04T20:59')
})

it('does nothing when it is woken before its moment', () => {
  const stage = new RunStage({ steps: waiting({ for: 'P1D' }) }).due().at('2024-03-05T08:59Z').hear({ kind: 'due' })
  expect([stage.latest, stage.dueAt]).toEqual([[], '2024-03-05T09:00'])
})
