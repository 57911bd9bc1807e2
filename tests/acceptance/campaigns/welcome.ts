import { type CampaignInput, defineSequence, event, exit, send, wait } from '@drumbeat/core'
import { type AcceptanceCase, caseOfOne } from '../case.js'

/** E1 at once; E2 a day later; E3 on the second day after at 09:00; E4 next Tuesday 10:00; E5 120 elapsed hours after. */
const welcome: CampaignInput = {
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

/** The case `welcome` of `campaigns.json`. */
export const welcomeCases: readonly AcceptanceCase[] = [
  caseOfOne({
    sentence: 'the welcome series keeps local time over the beginning of summer time',
    campaign: welcome,
    zone: 'America/New_York',
    from: '2026-03-01T00:00:00Z',
    until: '2026-04-01T00:00:00Z',
    events: { signed_up: '2026-03-06T16:20:00-05:00' },
    expected: [
      'E1 2026-03-06T21:20:00Z',
      'E2 2026-03-07T21:20:00Z',
      'E3 2026-03-09T13:00:00Z',
      'E4 2026-03-10T14:00:00Z',
      'E5 2026-03-15T14:00:00Z',
    ],
  }),
]
