import { describe, expect, it } from 'vitest'
import type { SeriesItem, SeriesStep, Step } from '../../sequence/step.js'
import { RunStage, type StageOptions } from '../../testing/run-stage.js'

const item = (id: string, change: Partial<SeriesItem>): SeriesItem => ({
  id,
  channel: 'email',
  template: id,
  ...change,
})
const reminders: SeriesStep = {
  kind: 'series',
  anchor: { attribute: 'visitAt' },
  items: [
    item('week', { for: '-P7D', ifPast: 'skip' }),
    item('day', { for: '-P1D', ifPast: 'skip' }),
    item('hour', { for: '-PT1H', ifPast: 'skip' }),
  ],
  next: 'done',
}
const done: Step = { kind: 'exit' }
const missed: Step = { kind: 'exit', reason: 'missed' }

const stageWith = (visitAt: string, change: Partial<SeriesStep> = {}, options: Partial<StageOptions> = {}) =>
  new RunStage({
    steps: { reminders: { ...reminders, ...change }, done, missed },
    contact: { attributes: { visitAt } },
    ...options,
  }).due()

const quiet = { campaign: { rules: { '*': { quietHours: '20:00-12:00' } } } }

it('sends each item at its own moment, and goes on after the last', () => {
  const stage = stageWith('2024-03-14T10:00').play()
  expect(stage.starts).toEqual(['week@2024-03-07T10:00', 'day@2024-03-13T10:00', 'hour@2024-03-14T09:00'])
  expect(stage.recipient.status).toBe('completed')
})

it('leaves out what was past when the run came, and takes the past exit when everything was', () => {
  expect(stageWith('2024-03-08T10:00').play().starts).toEqual(['day@2024-03-07T10:00', 'hour@2024-03-08T09:00'])
  expect(stageWith('2024-03-01T10:00', { past: 'missed' }).recipient.reason).toBe('missed')
})

it('does not delay the other items when one is deferred', () => {
  const items = [item('a', { for: 'PT1H' }), item('b', { for: 'PT2H', rules: { quietHours: 'ignore' } })]
  const stage = stageWith('2024-03-05T09:00', { items }, quiet).due()
  expect(stage.records).toEqual(['a scheduled quiet_hours'])
  expect(stage.play().starts).toEqual(['b@2024-03-05T11:00', 'a@2024-03-05T12:00'])
})

describe('when the anchor moves', () => {
  it('what was sent is not repeated, and the rest is planned again', () => {
    const stage = stageWith('2024-03-14T10:00').due().sent()
    expect(stage.attributes({ visitAt: '2024-03-21T10:00' }).dueAt).toBe('2024-03-20T10:00')
    expect(stage.play().starts).toEqual(['week@2024-03-07T10:00', 'day@2024-03-20T10:00', 'hour@2024-03-21T09:00'])
  })

  it('what was past is eligible again', () => {
    const stage = stageWith('2024-03-06T10:00').attributes({ visitAt: '2024-03-20T10:00' })
    expect(stage.play().starts).toEqual(['week@2024-03-13T10:00', 'day@2024-03-19T10:00', 'hour@2024-03-20T09:00'])
  })

  it('a deferred message keeps its delivery, with its new instant', () => {
    const stage = stageWith('2024-03-14T10:00', {}, quiet).due()
    expect(stage.records).toEqual(['week scheduled quiet_hours'])
    stage.attributes({ visitAt: '2024-03-16T14:00' })
    expect([stage.records, stage.dueAt]).toEqual([['week scheduled replanned'], '2024-03-09T14:00'])
    expect(stage.due().recipient.deliveryId).toBe(1)
  })

  it('a deferred message that is past now may become eligible again, and is skipped in the end', () => {
    const stage = stageWith('2024-03-14T10:00', {}, quiet).due()
    stage.attributes({ visitAt: '2024-03-10T14:00' })
    expect(stage.records).toEqual(['week scheduled past'])
    stage.attributes({ visitAt: '2024-03-20T14:00' })
    expect(stage.records).toEqual(['week scheduled replanned'])
    stage.attributes({ visitAt: '2024-03-10T14:00' }).play()
    expect(stage.records[0]).toBe('week skipped past')
  })

  it('a message under way is left to its outcome', () => {
    const stage = stageWith('2024-03-14T10:00').due().attributes({ visitAt: '2024-03-21T10:00' })
    expect(stage.recipient.waiting).toBe('delivery')
    expect(stage.sent().starts).toEqual(['week@2024-03-07T10:00'])
  })

  it('and lies behind now, an item with ifPast: send goes out at once and does not count as late', () => {
    const items = [item('day', { for: '-P1D', maxLateness: 'PT1H', onLate: 'skip' })]
    const stage = stageWith('2024-03-14T10:00', { items }).at('2024-03-06T10:00Z')
    expect(stage.attributes({ visitAt: '2024-03-05T10:00' }).starts).toEqual(['day@2024-03-06T10:00'])
  })
})

it('does not plan items around a base again, which each message moves', () => {
  const items = [item('a', { for: 'PT1H' }), item('b', { for: 'PT3H' })]
  const stage = stageWith('never', { anchor: 'base', items }).due().sent().attributes({ shoeSize: 43 })
  expect(stage.dueAt).toBe('2024-03-04T12:00')
})

it('leaves deferred messages alone while the anchor stands still', () => {
  const stage = stageWith('2024-03-14T10:00', { items: [item('now', { for: '-P30D' })] }, quiet)
  for (let change = 0; change < 3; change++) stage.attributes({ change })
  expect(stage.records).toEqual(['now scheduled quiet_hours'])
})

it('waits while an account is blocked, and does not try again before', () => {
  const stage = stageWith('2024-03-14T10:00').due()
  stage.outcome({ state: 'scheduled', reason: 'unauthorized', until: stage.now + 60_000, byRule: false })
  expect([stage.recipient.waiting, stage.dueAt, stage.starts.length]).toEqual(['timer', '2024-03-07T10:01', 1])
})

it('goes on with the others when an item failed, and tries an item again that was not accepted', () => {
  const stage = stageWith('2024-03-14T10:00').due().outcome({ state: 'failed', reason: 'rejected' })
  expect(stage.dueAt).toBe('2024-03-13T10:00')
  stage
    .due()
    .outcome({ state: 'retry_wait', reason: 'busy', until: stage.now + 5_000 })
    .due()
    .sent()
  expect(stage.records.slice(0, 2)).toEqual(['week failed rejected', 'day sent'])
})

it('cancels what it has deferred when another item ends the run in the same decision', () => {
  const items = [
    item('a', { for: 'PT1H' }),
    item('b', { for: 'PT1H', channel: 'push', rules: { quietHours: 'ignore' } }),
  ]
  const stage = stageWith('2024-03-05T09:00', { items }, { campaign: { ...quiet.campaign, whenClosed: 'exit' } }).due()
  expect([stage.recipient.status, stage.records]).toEqual(['exited', ['a canceled no_address', 'b skipped no_address']])
})
