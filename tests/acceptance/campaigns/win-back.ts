import { type CampaignInput, defineSequence, event, exit, send, wait } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'

/**
 * Thirty days after a subscription lapsed, and only on weekdays between 10:00 and 20:00, never on a bank holiday: W1; W2 by text three
 * days after it; W3 60 elapsed hours after that; W4 a day after. Coming back ends it.
 */
const winBack: CampaignInput = {
  name: 'Win-back',
  entry: { on: event('subscription.lapsed') },
  exitOn: event('subscription.renewed'),
  quietHours: { '*': '20:00-10:00' },
  rules: {
    '*': {
      windows: [{ weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: '00:00-24:00' }],
      blackouts: [{ on: '2026-08-31', name: 'Summer bank holiday' }],
    },
  },
  sequence: defineSequence({
    start: 'a-month',
    steps: {
      'a-month': wait({ for: 'P30D', next: 'W1' }),
      W1: send({ channel: 'email', template: 'w1', next: 'three-days' }),
      'three-days': wait({ for: 'P3D', next: 'W2' }),
      W2: send({ channel: 'sms', template: 'w2', next: 'sixty-hours' }),
      'sixty-hours': wait({ for: 'PT60H', next: 'W3' }),
      W3: send({ channel: 'email', template: 'w3', next: 'a-day' }),
      'a-day': wait({ for: 'P1D', next: 'W4' }),
      W4: send({ channel: 'email', template: 'w4', next: 'done' }),
      done: exit(),
    },
  }),
}

/** A win-back on weekdays only, with quiet hours. */
export const winBackCases: readonly AcceptanceCase[] = [
  {
    sentence: 'a win-back waits out nights, weekends and a bank holiday, and counts on from when it really went out',
    campaign: winBack,
    from: '2026-07-01T00:00:00Z',
    until: '2026-11-01T00:00:00Z',
    contacts: [
      person('rui', 'Europe/London'),
      person('sol', 'America/Sao_Paulo'),
      person('tia', 'America/Sao_Paulo'),
      person('ugo', 'Europe/London'),
    ],
    happenings: [
      reported('rui', 'subscription.lapsed', '2026-08-01T19:30:00+01:00'),
      reported('sol', 'subscription.lapsed', '2026-08-05T23:15:00-03:00'),
      reported('tia', 'subscription.lapsed', '2026-08-05T23:15:00-03:00'),
      reported('ugo', 'subscription.lapsed', '2026-08-12T20:00:00+01:00'),
      // While W1 waits for Monday.
      reported('tia', 'subscription.renewed', '2026-09-05T12:00:00-03:00'),
    ],
    expected: {
      // Mon 31 August 19:30 is the bank holiday → Tue 10:00 (+01:00). Fri 4 September 10:00 is open. 60 hours on is Sun 22:00 →
      // Mon 7 September 10:00. A day on is Tue 10:00.
      rui: ['W1 2026-09-01T09:00:00Z', 'W2 2026-09-04T09:00:00Z', 'W3 2026-09-07T09:00:00Z', 'W4 2026-09-08T09:00:00Z'],
      // Fri 4 September 23:15 is quiet, then comes the weekend → Mon 7 September 10:00 (-03:00). Thu 10. Sat 12 22:00 → Mon 14. Tue 15.
      sol: ['W1 2026-09-07T13:00:00Z', 'W2 2026-09-10T13:00:00Z', 'W3 2026-09-14T13:00:00Z', 'W4 2026-09-15T13:00:00Z'],
      // Fri 11 September 20:00 is the first quiet minute → Mon 14 10:00, the first open one. Thu 17. Sat 19 22:00 → Mon 21. Tue 22.
      ugo: ['W1 2026-09-14T09:00:00Z', 'W2 2026-09-17T09:00:00Z', 'W3 2026-09-21T09:00:00Z', 'W4 2026-09-22T09:00:00Z'],
    },
  },
]
