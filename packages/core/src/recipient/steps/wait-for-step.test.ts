import { describe, expect, it } from 'vitest'
import { messageReceived } from '../../contact/contact.js'
import type { Step, WaitForStep } from '../../sequence/step.js'
import { RunStage, type StageOptions } from '../../testing/run-stage.js'

const ask: Step = { kind: 'send', channel: 'email', template: 'ask', next: 'answer' }
const answer: WaitForStep = {
  kind: 'waitFor',
  cases: [{ event: 'booked', next: 'thanks' }],
  limit: { for: 'PT48H' },
  timedOut: 'nudge',
}
const thanks: Step = { kind: 'wait', for: 'P1D', next: 'done' }
const nudge: Step = { kind: 'wait', for: 'P2D', next: 'done' }
const done: Step = { kind: 'exit' }

const stageWith = (change: Partial<WaitForStep> = {}, options: Partial<StageOptions> = {}) =>
  new RunStage({ steps: { answer: { ...answer, ...change }, thanks, nudge, done }, ...options }).due()

const at = (text: string) => ({ at: Date.parse(text) })

describe('the limit', () => {
  it('still lets an event at its very instant count', () => {
    expect(stageWith().at('2024-03-06T09:00Z').event('booked').path.at(-1)).toBe('thanks')
  })

  it('lets an event at its very instant count that is only found when the timer fires', () => {
    const stage = stageWith()
    stage.events.push({ seq: 1, id: 'e', contactId: 'ana', name: 'booked', ...at('2024-03-06T09:00Z'), data: {} })
    expect(stage.due().path.at(-1)).toBe('thanks')
  })

  it('is over a millisecond later, also when the event is heard of before the timer fires', () => {
    const stage = stageWith().at('2024-03-06T12:00Z').event('booked', at('2024-03-06T09:00:00.001Z'))
    expect([stage.path.at(-1), stage.base]).toEqual(['nudge', '2024-03-06T09:00'])
  })

  it('takes the timedOut path, and becomes the base', () => {
    const stage = stageWith().due(5_000)
    expect([stage.path.at(-1), stage.base, stage.dueAt]).toEqual(['nudge', '2024-03-06T09:00', '2024-03-08T09:00'])
  })

  it('ends at once when it is past', () => {
    expect(stageWith({ limit: { anchor: { fixed: '2024-03-01' } } }).path.at(-1)).toBe('nudge')
  })

  it('follows its anchor, and never takes the base back', () => {
    const limit = { anchor: { attribute: 'until' } }
    const stage = stageWith({ limit }, { contact: { attributes: { until: '2024-03-10' } } })
    expect(stage.dueAt).toBe('2024-03-10T00:00')
    stage.at('2024-03-05T09:00Z').attributes({ until: '2024-03-01' })
    expect([stage.path.at(-1), stage.base]).toEqual(['nudge', '2024-03-04T09:00'])
  })
})

describe('an event', () => {
  const steps = { ask, answer, thanks, nudge, done }

  it('becomes the base at its own time', () => {
    const stage = stageWith().at('2024-03-05T10:00Z').event('booked', at('2024-03-05T09:55Z'))
    expect([stage.base, stage.dueAt]).toEqual(['2024-03-05T09:55', '2024-03-06T09:55'])
  })

  it('between the message and the wait counts', () => {
    const stage = new RunStage({ steps }).due().at('2024-03-04T09:00:02Z').event('booked').sent(1_000)
    expect(stage.path).toEqual(['ask', 'answer', 'thanks'])
  })

  it('from before the message does not count', () => {
    const stage = new RunStage({ steps }).event('booked', at('2024-03-04T08:59:59Z')).due().sent(1_000)
    expect(stage.recipient.stepId).toBe('answer')
  })

  it('from before the step counts with since: enrollment or ever, and takes no base back', () => {
    for (const since of ['enrollment', 'ever'] as const) {
      const first: Step = { kind: 'wait', for: 'P1D', next: 'answer' }
      const stage = new RunStage({ steps: { first, answer: { ...answer, since }, thanks, nudge, done } }).due()
      stage.event('booked', at('2024-03-04T09:00Z')).due()
      expect([stage.path.at(-1), stage.base]).toEqual(['thanks', '2024-03-05T09:00'])
    }
  })

  it('of another name, or whose data does not match, is passed over', () => {
    const cases = [{ event: 'booked', where: [{ field: 'seats', op: 'gte', value: 2 }], next: 'thanks' }] as const
    const stage = stageWith({ cases })
      .event('other')
      .event('booked', { data: { seats: 1 } })
    expect(stage.recipient.stepId).toBe('answer')
    expect(stage.event('booked', { data: { seats: 2 } }).recipient.stepId).toBe('thanks')
  })

  it('is consumed once: a second waitFor does not take it again', () => {
    const first: WaitForStep = { ...answer, cases: [{ event: 'booked', next: 'again' }] }
    const again: WaitForStep = { ...answer, cases: [{ event: 'booked', next: 'done' }] }
    const stage = new RunStage({ steps: { first, again, nudge, done } }).due().event('booked')
    expect(stage.recipient.stepId).toBe('again')
    for (const event of stage.events) stage.hear({ kind: 'event', event })
    expect(stage.recipient.stepId).toBe('again')
    expect(stage.event('booked').recipient.status).toBe('completed')
  })

  it('satisfies the earliest case in the list', () => {
    const cases = [
      { event: 'booked', next: 'thanks' },
      { event: 'booked', next: 'nudge' },
    ]
    expect(stageWith({ cases }).event('booked').recipient.stepId).toBe('thanks')
  })
})

describe('a reply', () => {
  const cases = [{ reply: true as const, keyword: 'yes' as const, next: 'thanks' }]

  it('counts when a person wrote it and says the keyword', () => {
    expect(stageWith({ cases }).event(messageReceived, { data: { keyword: 'yes' } }).recipient.stepId).toBe('thanks')
  })

  it('does not count when it is automatic, or says something else', () => {
    const stage = stageWith({ cases }).event(messageReceived, { data: { keyword: 'yes', automatic: true } })
    expect(stage.event(messageReceived, { data: { keyword: 'no' } }).recipient.stepId).toBe('answer')
  })
})

it('goes on as soon as a condition becomes true', () => {
  const cases = [{ condition: { attribute: 'paid', op: 'is', value: true } as const, next: 'thanks' }]
  const stage = stageWith({ cases }).at('2024-03-05T07:00Z').attributes({ paid: true })
  expect([stage.base, stage.recipient.stepId]).toEqual(['2024-03-05T07:00', 'thanks'])
})
