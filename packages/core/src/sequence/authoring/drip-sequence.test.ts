import { describe, expect, it } from 'vitest'
import { SequenceInvalidError } from '../../errors.js'
import { attribute } from '../condition.js'
import { lintSequence } from '../lint.js'
import { dripSequence } from './drip-sequence.js'

describe('dripSequence', () => {
  it('writes a flat list of messages as a sequence that waits, looks, and sends', () => {
    const paying = attribute('plan').is('paid')
    const sequence = dripSequence([
      { channel: 'email', template: 'welcome' },
      { channel: 'email', template: 'tips', wait: 'P1D', until: '08:00' },
      { channel: 'sms', template: 'offer', topic: 'deals', wait: { onDay: 3, at: '14:00' }, when: paying },
    ])
    expect(sequence).toEqual({
      schema: 1,
      start: 'welcome',
      steps: {
        welcome: { kind: 'send', channel: 'email', template: 'welcome', next: 'tips/wait' },
        'tips/wait': { kind: 'wait', for: 'P1D', until: '08:00', next: 'tips' },
        tips: { kind: 'send', channel: 'email', template: 'tips', next: 'offer/wait' },
        'offer/wait': { kind: 'wait', onDay: 3, at: '14:00', next: 'offer/when' },
        'offer/when': { kind: 'branch', cases: [{ when: paying, next: 'offer' }], otherwise: 'done' },
        offer: { kind: 'send', channel: 'sms', template: 'offer', topic: 'deals', next: 'done' },
        done: { kind: 'exit' },
      },
    })
    expect(Object.keys(sequence.steps)).toEqual([
      'welcome',
      'tips/wait',
      'tips',
      'offer/wait',
      'offer/when',
      'offer',
      'done',
    ])
    expect(lintSequence(sequence)).toEqual([])
  })

  it('leaves a message out whose condition does not hold, and turns to what comes before the next one', () => {
    const when = attribute('plan').is('paid')
    const { steps } = dripSequence([
      { channel: 'email', template: 'a', when },
      { channel: 'email', template: 'b', wait: 'P1D' },
    ])
    expect(steps['a/when']).toMatchObject({ otherwise: 'b/wait' })
  })

  it('numbers templates that are used again, and takes ids that are given', () => {
    const drip = dripSequence([
      { channel: 'email', template: 'hi' },
      { channel: 'email', template: { id: 'hi', version: 2 } },
      { channel: 'email', template: 'hi', id: 'last' },
      { channel: 'email', template: 'done' },
    ])
    expect(Object.keys(drip.steps)).toEqual(['hi', 'hi-2', 'last', 'done-2', 'done'])
  })

  it('of nothing is an exit', () => {
    expect(dripSequence([])).toEqual({ schema: 1, start: 'done', steps: { done: { kind: 'exit' } } })
  })

  it('refuses one id for two steps, and what is no message', () => {
    const message = { channel: 'email', template: 'hi', id: 'a' }
    expect(() => dripSequence([message, message])).toThrow('Two steps would have the id "a".')
    expect(() => dripSequence([{ channel: 'email', template: 'x', id: 'done' }])).toThrow(SequenceInvalidError)
    // @ts-expect-error: "temlate" is no key of a message
    expect(() => dripSequence([{ channel: 'email', temlate: 'hi' }])).toThrow(SequenceInvalidError)
  })
})
