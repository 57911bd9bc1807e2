import { describe, expect, it } from 'vitest'
import { all, arm, attribute, consent, delivery, event, not, reply, tag, trigger, webhookReply } from './condition.js'
import { asksFor, mergeNeeds, noNeeds, stepAsksFor, triggerAsksFor } from './fact-plan.js'
import { exit, send, series, wait, waitFor } from './steps.js'

describe('the fact plan', () => {
  it('names everything that a condition can ask for, whichever way it turns out', () => {
    const condition = all(
      attribute('plan').is('trial'),
      not(all(attribute('address.city').exists(), tag('vip'))),
      event('order', { since: 'ever' }),
      delivery('welcome', 'opened'),
      arm('test', 'a'),
      trigger('rating').gte(4),
      webhookReply('score', 'risk').gt(0.5),
      consent('sms', 'granted', { topic: 'news' }),
      reply(),
    )
    expect(asksFor(condition)).toEqual({
      attributes: ['address.city', 'plan'],
      tags: ['vip'],
      events: [
        { name: 'message.received', since: 'enrollment' },
        { name: 'order', since: 'ever' },
      ],
      deliveries: ['welcome'],
      arms: ['test'],
      trigger: ['rating'],
      replies: ['score'],
      consents: [{ channel: 'sms', topic: 'news' }],
    })
  })

  it('asks for nothing where nothing is asked', () => {
    expect(asksFor(all())).toEqual(noNeeds)
    expect(stepAsksFor(exit())).toEqual(noNeeds)
  })

  it('merges in any order, to the widest span of an event and each thing once', () => {
    const one = asksFor(all(event('a', { since: 'stepEntry' }), attribute('x').exists(), consent('sms', 'granted')))
    const other = asksFor(all(event('a'), attribute('x').exists(), consent('sms', 'revoked')))
    expect(mergeNeeds(one, other)).toEqual(mergeNeeds(other, one))
    expect(mergeNeeds(one, one)).toEqual(one)
    expect(mergeNeeds(one, other)).toMatchObject({
      events: [{ name: 'a', since: 'enrollment' }],
      attributes: ['x'],
      consents: [{ channel: 'sms', topic: null }],
    })
  })

  it('of a step covers its conditions, what it waits for, and the anchors of its moments', () => {
    const invited = waitFor({ cases: [{ event: 'invited', next: 'done' }], limit: { for: 'PT48H' }, timedOut: 'done' })
    expect(stepAsksFor(invited).events).toEqual([{ name: 'invited', since: 'stepEntry' }])
    const reminders = series({
      anchor: { attribute: 'appointment.at' },
      items: [
        { id: 'before', channel: 'sms', template: 'x', for: '-P1D', skipWhen: delivery('welcome', 'clicked') },
        { id: 'after', channel: 'sms', template: 'x', anchor: { event: 'visited' }, for: 'P1D' },
      ],
      next: 'done',
    })
    expect(stepAsksFor(reminders)).toMatchObject({
      attributes: ['appointment.at'],
      deliveries: ['welcome'],
      events: [{ name: 'visited', since: 'enrollment' }],
    })
    expect(stepAsksFor(wait({ for: 'P1D', next: 'done' }))).toEqual(noNeeds)
    expect(stepAsksFor(send({ channel: 'sms', template: 'x', skipWhen: tag('vip'), next: 'done' })).tags).toEqual([
      'vip',
    ])
  })

  it('of an interrupt is its event, its reply or its condition', () => {
    expect(triggerAsksFor({ event: 'order' }).events).toEqual([{ name: 'order', since: 'enrollment' }])
    expect(triggerAsksFor({ reply: true }).events).toEqual([{ name: 'message.received', since: 'enrollment' }])
    expect(triggerAsksFor({ condition: tag('vip') }).tags).toEqual(['vip'])
  })
})
