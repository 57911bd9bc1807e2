import { type CampaignInput, defineSequence, event, exit, send, wait } from '@drumbeat/core'
import { type AcceptanceCase, caseOfOne } from '../case.js'

/** S1 60 minutes after the cart was abandoned, outside quiet hours; E1 24 elapsed hours after it; E2 a day after E1; a purchase ends it. */
const abandonedCart: CampaignInput = {
  name: 'Abandoned cart',
  entry: { on: event('cart_abandoned') },
  quietHours: { sms: '21:00-09:00' },
  exitOn: event('order_placed'),
  sequence: defineSequence({
    start: 'an-hour',
    steps: {
      'an-hour': wait({ anchor: 'entryEvent', for: 'PT60M', next: 'S1' }),
      S1: send({ channel: 'sms', template: 's1', next: 'a-day-of-hours' }),
      'a-day-of-hours': wait({ anchor: 'entryEvent', for: 'PT24H', next: 'E1' }),
      E1: send({ channel: 'email', template: 'e1', next: 'a-day' }),
      'a-day': wait({ for: 'P1D', next: 'E2' }),
      E2: send({ channel: 'email', template: 'e2', next: 'done' }),
      done: exit(),
    },
  }),
}

const cart = {
  campaign: abandonedCart,
  zone: 'America/Los_Angeles',
  from: '2026-10-30T00:00:00Z',
  until: '2026-11-20T00:00:00Z',
}
const abandoned = { cart_abandoned: '2026-10-31T20:15:00-07:00' }

/** The case `abandoned-cart` of `campaigns.json`, and a purchase at the instant of a message. */
export const abandonedCartCases: readonly AcceptanceCase[] = [
  caseOfOne({
    ...cart,
    sentence: 'an abandoned cart is written about after the quiet hours, then by elapsed hours',
    events: abandoned,
    expected: ['S1 2026-11-01T17:00:00Z', 'E1 2026-11-02T03:15:00Z', 'E2 2026-11-03T03:15:00Z'],
  }),
  caseOfOne({
    ...cart,
    sentence: 'a purchase ends the messages about a cart',
    events: { ...abandoned, order_placed: '2026-11-01T10:00:00-08:00' },
    expected: ['S1 2026-11-01T17:00:00Z'],
  }),
  caseOfOne({
    ...cart,
    sentence: 'a purchase at the very instant of a message wins over it',
    // E1 is due at 03:15 UTC.
    events: { ...abandoned, order_placed: '2026-11-02T03:15:00Z' },
    expected: ['S1 2026-11-01T17:00:00Z'],
  }),
  caseOfOne({
    ...cart,
    sentence: 'a purchase at the very instant at which quiet hours end wins over the message they put off',
    // S1 was due at 21:15 and waits for 09:00 local.
    events: { ...abandoned, order_placed: '2026-11-01T09:00:00-08:00' },
    expected: [],
  }),
  caseOfOne({
    ...cart,
    sentence: 'a purchase a minute after a message does not take it back',
    events: { ...abandoned, order_placed: '2026-11-02T03:16:00Z' },
    expected: ['S1 2026-11-01T17:00:00Z', 'E1 2026-11-02T03:15:00Z'],
  }),
]
