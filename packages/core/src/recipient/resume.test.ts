import { describe, expect, it } from 'vitest'
import type { ResumePolicy } from '../campaign/campaign.js'
import type { SendStep, Step } from '../sequence/step.js'
import { RunStage } from '../testing/run-stage.js'

const wait: Step = { kind: 'wait', for: 'P1D', next: 'mail' }
const mail: SendStep = { kind: 'send', channel: 'email', template: 'a', next: 'then' }
const then: Step = { kind: 'wait', for: 'P1D', next: 'done' }
const done: Step = { kind: 'exit' }
const steps = { wait, mail, then, done }
const pausedAt = Date.parse('2024-03-04T12:00Z')

const resumed = (stage: RunStage, policy: ResumePolicy, at: string) =>
  stage.at(at).hear({ kind: 'resume', policy, pausedAt })

const paused = (all: { readonly [id: string]: Step } = steps) =>
  new RunStage({ steps: all, recipient: { parked: true } }).due()

describe('after a pause in which a message fell due', () => {
  it('send leaves it to be sent now', () => {
    const stage = resumed(paused(), 'send', '2024-03-06T09:00Z')
    expect([stage.recipient.parked, stage.due().starts]).toEqual([false, ['mail@2024-03-06T09:00']])
  })

  it('skip drops it with a record, and goes on behind it from its moment', () => {
    const stage = resumed(paused(), 'skip', '2024-03-05T15:00Z').due()
    expect([stage.records, stage.recipient.stepId, stage.dueAt]).toEqual([
      ['mail skipped paused'],
      'then',
      '2024-03-06T09:00',
    ])
  })

  it('skip drops what would have followed it in the pause too, and no later message', () => {
    const second: Step = { ...mail, next: 'week' }
    const week: Step = { kind: 'wait', for: 'P1W', next: 'third' }
    const third: SendStep = { ...mail, next: 'done' }
    const all = { wait, mail, then: { ...then, next: 'second' }, second, week, third, done }
    const stage = resumed(paused(all), 'skip', '2024-03-06T15:00Z').due()
    expect(stage.records).toEqual(['mail skipped paused', 'second skipped paused'])
    expect(stage.at('2024-03-13T09:00Z').due().starts).toEqual(['third@2024-03-13T09:00'])
  })

  it('skip drops a message that lies behind steps without a wait', () => {
    const through: Step = { kind: 'branch', cases: [], otherwise: 'mail' }
    const all = { wait: { ...wait, next: 'through' } as Step, through, mail, then, done }
    expect(resumed(paused(all), 'skip', '2024-03-05T15:00Z').due().records).toEqual(['mail skipped paused'])
  })

  it('exit ends the run', () => {
    expect(resumed(paused(), 'exit', '2024-03-06T09:00Z').due().recipient.reason).toBe('paused')
  })

  it('shift moves it by the length of the pause', () => {
    expect(resumed(paused(), 'shift', '2024-03-06T12:00Z').dueAt).toBe('2024-03-07T09:00')
  })
})

describe('whatever the policy', () => {
  const policies: readonly ResumePolicy[] = ['send', 'skip', 'shift', 'exit']

  it('a call under way is left to its outcome', () => {
    for (const policy of policies) {
      const stage = new RunStage({ steps: { mail, then, done } }).due()
      stage.outcome({ state: 'unknown', reason: 'timeout', until: Date.parse('2024-03-05T09:00Z') })
      expect(resumed(stage, policy, '2024-03-06T09:00Z').records, policy).toEqual(['mail unknown timeout'])
      expect(stage.dueAt, policy).toBe('2024-03-05T09:00')
    }
  })

  it('a moment that lies ahead stays, but for shift', () => {
    for (const policy of policies) {
      const stage = resumed(paused(), policy, '2024-03-04T18:00Z')
      expect(stage.dueAt, policy).toBe(policy === 'shift' ? '2024-03-05T15:00' : '2024-03-05T09:00')
    }
  })
})

it('shift counts no more of the pause than what lies behind the base', () => {
  const stage = new RunStage({ steps: { mail, then, done } }).due().at('2024-03-04T13:00Z').sent()
  expect(stage.base).toBe('2024-03-04T13:00')
  expect(resumed(stage, 'shift', '2024-03-04T15:00Z').dueAt).toBe('2024-03-05T15:00')
})

it('shift leaves waits on dates alone', () => {
  const dated: Step = { kind: 'wait', anchor: { fixed: '2024-03-08T09:00' }, next: 'mail' }
  expect(resumed(paused({ ...steps, wait: dated }), 'shift', '2024-03-06T12:00Z').dueAt).toBe('2024-03-08T09:00')
})

it('skip drops a message that waited to be tried again, and what a series had due', () => {
  const retrying = new RunStage({ steps: { mail, then, done } }).due()
  retrying.outcome({ state: 'retry_wait', reason: 'busy', until: pausedAt })
  expect(resumed(retrying, 'skip', '2024-03-06T09:00Z').due().records).toEqual(['mail skipped paused'])
  const items = [1, 3].map((day) => ({ id: `d${day}`, channel: 'email', template: 'a', for: `P${day}D` }))
  const series: Step = { kind: 'series', anchor: 'enrollment', items, next: 'done' }
  const stage = resumed(paused({ series, done }), 'skip', '2024-03-06T09:00Z').due()
  expect([stage.records, stage.dueAt]).toEqual([['d1 skipped paused'], '2024-03-07T09:00'])
})
