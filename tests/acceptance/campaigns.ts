import { type CampaignInput, defineSequence, event, exit, send, wait } from '@drumbeat/core'

/** E1 at once; E2 a day later; E3 on the second day after at 09:00; E4 next Tuesday 10:00; E5 120 elapsed hours after. */
export const welcome: CampaignInput = {
  name: 'Welcome',
  entry: { on: event('signed_up') },
  sequence: defineSequence({
    start: 'E1',
    steps: {
      E1: send({ channel: 'email', template: 'e1', next: 'a-day' }),
      'a-day': wait({ for: 'P1D', next: 'E2' }),
      E2: send({ channel: 'email', template: 'e2', next: 'second-day' }),
      'second-day': wait({ onDay: 2, at: '09:00', next: 'E3' }),
      E3: send({ channel: 'email', template: 'e3', next: 'tuesday' }),
      tuesday: wait({ until: { time: '10:00', weekdays: ['tue'] }, next: 'E4' }),
      E4: send({ channel: 'email', template: 'e4', next: 'five-days' }),
      'five-days': wait({ for: 'PT120H', next: 'E5' }),
      E5: send({ channel: 'email', template: 'e5', next: 'done' }),
      done: exit(),
    },
  }),
}

/** S1 60 minutes after the cart was abandoned, outside quiet hours; E1 24 elapsed hours after it; E2 a day after E1; a purchase ends it. */
export const abandonedCart: CampaignInput = {
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

/** Every step relative to the failed payment: D0 at once, D1 the day after at 09:30 on a weekday, D3 and D7 at 14:00. */
export const dunning: CampaignInput = {
  name: 'Dunning',
  entry: { on: event('payment_failed') },
  category: 'transactional',
  exitOn: event('payment_succeeded'),
  sequence: defineSequence({
    start: 'D0',
    steps: {
      D0: send({ channel: 'email', template: 'd0', next: 'first' }),
      first: wait({
        anchor: 'entryEvent',
        onDay: 1,
        at: '09:30',
        dates: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], otherwise: 'nextDateSameTime' },
        next: 'D1',
      }),
      D1: send({ channel: 'sms', template: 'd1', next: 'third' }),
      third: wait({ anchor: 'entryEvent', onDay: 3, at: '14:00', next: 'D3' }),
      D3: send({ channel: 'email', template: 'd3', next: 'seventh' }),
      seventh: wait({ anchor: 'entryEvent', onDay: 7, at: '14:00', next: 'D7' }),
      D7: send({ channel: 'email', template: 'd7', next: 'done' }),
      done: exit(),
    },
  }),
}
