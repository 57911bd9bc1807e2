import { type CampaignInput, defineSequence, event, exit, send, wait } from '@drumbeat/core'
import { type AcceptanceCase, caseOfOne } from '../case.js'

/** Every step relative to the failed payment: D0 at once, D1 the day after at 09:30 on a weekday, D3 and D7 at 14:00. */
const dunning: CampaignInput = {
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

const failure = {
  campaign: dunning,
  zone: 'America/New_York',
  from: '2026-10-29T00:00:00Z',
  until: '2026-11-20T00:00:00Z',
}
const failed = { payment_failed: '2026-10-30T22:40:00-04:00' }

/** The case `dunning` of `campaigns.json`. */
export const dunningCases: readonly AcceptanceCase[] = [
  caseOfOne({
    ...failure,
    sentence: 'every dunning step counts from the failure, and a Saturday becomes a Monday',
    events: failed,
    expected: [
      'D0 2026-10-31T02:40:00Z',
      'D1 2026-11-02T14:30:00Z',
      'D3 2026-11-02T19:00:00Z',
      'D7 2026-11-06T19:00:00Z',
    ],
  }),
  caseOfOne({
    ...failure,
    sentence: 'a payment ends dunning',
    events: { ...failed, payment_succeeded: '2026-11-02T12:00:00-05:00' },
    expected: ['D0 2026-10-31T02:40:00Z', 'D1 2026-11-02T14:30:00Z'],
  }),
]
