import { type CampaignInput, data, defineSequence, event, exit, send, wait, waitFor } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'
import type { Happening } from '../play.js'

/**
 * One run per order: a confirmation at once; on the third day after delivery at 18:00 a request for a review; thanks for a good one, an
 * apology for a bad one, as soon as it is written within a week. Returning the order ends it.
 */
const orderReview: CampaignInput = {
  name: 'Order review',
  entry: { on: event('order.placed'), key: 'order' },
  exitOn: event('order.returned'),
  sequence: defineSequence({
    start: 'confirm',
    steps: {
      confirm: send({ channel: 'email', template: 'confirm', category: 'transactional', next: 'delivered?' }),
      'delivered?': waitFor({ event: 'order.delivered', within: 'P10D', then: 'third-day', timedOut: 'lost' }),
      'third-day': wait({ onDay: 3, at: '18:00', next: 'ask' }),
      ask: send({ channel: 'email', template: 'ask', next: 'review?' }),
      'review?': waitFor({
        cases: [
          { event: 'review.written', where: [data('rating').gte(4)], next: 'thanks' },
          { event: 'review.written', where: [data('rating').lt(4)], next: 'sorry' },
        ],
        within: 'P7D',
        timedOut: 'done',
      }),
      thanks: send({ channel: 'email', template: 'thanks', next: 'done' }),
      sorry: send({ channel: 'email', template: 'sorry', category: 'transactional', next: 'done' }),
      done: exit(),
      lost: exit('never_delivered'),
    },
  }),
}

const kim =
  (order: string) =>
  (what: string, at: string, more = {}): Happening =>
    reported('kim', what, at, { order, ...more })
const [first, second, third] = [kim('A-1'), kim('A-2'), kim('A-3')]

/** A keyed campaign with several orders of one contact, branching on a value in an event. */
export const orderReviewCases: readonly AcceptanceCase[] = [
  {
    sentence: 'each order of one person is followed up on its own, by the events that carry its number',
    campaign: orderReview,
    from: '2026-04-01T00:00:00Z',
    until: '2026-06-01T00:00:00Z',
    contacts: [person('kim', 'Europe/Paris')],
    happenings: [
      first('order.placed', '2026-04-01T10:00:00+02:00'),
      second('order.placed', '2026-04-02T09:00:00+02:00'),
      third('order.placed', '2026-04-03T08:00:00+02:00'),
      // Reported again under another id: it is the same order.
      first('order.placed', '2026-04-03T10:00:00+02:00'),
      first('order.delivered', '2026-04-03T12:30:00+02:00'),
      second('order.delivered', '2026-04-04T11:00:00+02:00'),
      third('order.delivered', '2026-04-05T11:00:00+02:00'),
      // Names no order: nobody's.
      reported('kim', 'order.returned', '2026-04-05T12:00:00+02:00'),
      second('order.returned', '2026-04-07T10:00:00+02:00'),
      first('review.written', '2026-04-08T09:00:00+02:00', { rating: 5 }),
      third('review.written', '2026-04-09T10:00:00+02:00', { rating: 2 }),
      // There is nothing that this could begin.
      reported('kim', 'order.placed', '2026-04-10T10:00:00+02:00'),
    ],
    expected: {
      kim: [
        'confirm 2026-04-01T08:00:00Z',
        'confirm 2026-04-02T07:00:00Z',
        'confirm 2026-04-03T06:00:00Z',
        // The first: on 6 April at 18:00 (+02:00). The second would be on the 7th, but came back that morning. The third: on the 8th.
        'ask 2026-04-06T16:00:00Z',
        'thanks 2026-04-08T07:00:00Z',
        'ask 2026-04-08T16:00:00Z',
        'sorry 2026-04-09T08:00:00Z',
      ],
    },
  },
]
