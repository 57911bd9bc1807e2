import { describe, expect, it } from 'vitest'
import { messageReceived } from '../contact/contact.js'
import type { Interrupt, Step } from '../sequence/step.js'
import { RunStage } from '../testing/run-stage.js'
import { contactExited } from './effect.js'

const steps: { readonly [id: string]: Step } = {
  arrival: {
    kind: 'waitFor',
    cases: [
      { event: 'delivered', next: 'delivered' },
      { reply: true, next: 'replied' },
    ],
    limit: { for: 'P10D' },
    timedOut: 'lost',
  },
  delivered: { kind: 'exit', reason: 'delivered' },
  replied: { kind: 'exit', reason: 'replied' },
  changed: { kind: 'exit', reason: 'changed' },
  lost: { kind: 'exit', reason: 'lost' },
}
const on: Interrupt[] = [{ when: { event: 'changed' }, goto: 'changed' }]

const stage = () =>
  new RunStage({
    steps,
    on,
    campaign: {
      entry: { trigger: { kind: 'event', event: { event: 'ordered' }, key: 'order' }, again: 'never' },
      exits: [{ when: { condition: { event: 'returned' } } }],
    },
    recipient: { runKey: '7' },
  }).due()

const of = (order: string | number) => ({ data: { order } })

describe('a keyed run', () => {
  it.each(['delivered', 'changed', 'returned'])('hears of "%s" only where it carries its key', (name) => {
    expect(stage().event(name, of(8)).recipient.status).toBe('active')
    expect(stage().event(name).recipient.status).toBe('active')
    expect(stage().event(name, of(7)).recipient.status).not.toBe('active')
    expect(stage().event(name, of('7')).recipient.status).not.toBe('active')
  })

  it('hears every reply of its contact, and of every exit with scope contact', () => {
    expect(stage().event(messageReceived).recipient.reason).toBe('replied')
    expect(stage().event(contactExited, { data: { reason: 'goal' } }).recipient.reason).toBe('goal')
  })
})
