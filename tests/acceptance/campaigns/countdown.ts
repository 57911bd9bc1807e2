import { type CampaignInput, defineSequence, event, exit, series } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'

const opening = { fixed: '2026-11-01T12:00', zone: 'America/Los_Angeles' }

/**
 * Counts down to an opening on 1 November, 12:00 in Los Angeles, whatever the contact's zone: a week, a day and an hour before, and at the
 * opening. The hour before is a text message, kept out of the contact's own quiet hours and pointless once the doors are open.
 */
const countdown: CampaignInput = {
  name: 'Countdown',
  entry: { on: event('list.joined') },
  quietHours: { sms: '21:00-08:00' },
  sequence: defineSequence({
    start: 'countdown',
    steps: {
      countdown: series({
        anchor: opening,
        zone: { fixed: 'America/Los_Angeles' },
        items: [
          { id: 'week', channel: 'email', template: 'week', for: '-P7D', ifPast: 'skip' },
          { id: 'day', channel: 'email', template: 'day', for: '-P1D', ifPast: 'skip' },
          {
            id: 'hour',
            channel: 'sms',
            template: 'hour',
            for: '-PT1H',
            ifPast: 'skip',
            notAfter: { anchor: opening },
          },
          { id: 'open', channel: 'email', template: 'open', ifPast: 'exit' },
        ],
        next: 'done',
      }),
      done: exit(),
    },
  }),
}

/** A countdown in another zone than the contact's. */
export const countdownCases: readonly AcceptanceCase[] = [
  {
    sentence: 'a countdown runs by the clock of its own zone, and quiet hours by the contact’s',
    campaign: countdown,
    from: '2026-10-01T00:00:00Z',
    until: '2026-12-01T00:00:00Z',
    contacts: [
      person('near', 'America/Los_Angeles'),
      person('late', 'America/Los_Angeles'),
      person('far', 'Asia/Kolkata'),
      person('missed', 'Asia/Kolkata'),
    ],
    happenings: [
      reported('near', 'list.joined', '2026-10-20T12:00:00Z'),
      reported('far', 'list.joined', '2026-10-20T12:00:00Z'),
      // After the week's message.
      reported('late', 'list.joined', '2026-10-28T12:00:00Z'),
      // After the opening: nothing is left, and the last item says to leave.
      reported('missed', 'list.joined', '2026-11-02T12:00:00Z'),
    ],
    // Clocks in Los Angeles go back on the very day, at 02:00: 12:00 is 19:00 UTC until 31 October and 20:00 UTC from 1 November on.
    // The hour before is 19:00 UTC: 11:00 in Los Angeles, but 00:30 in Kolkata, where it would have to wait until after the opening.
    expected: {
      near: [
        'week 2026-10-25T19:00:00Z',
        'day 2026-10-31T19:00:00Z',
        'hour 2026-11-01T19:00:00Z',
        'open 2026-11-01T20:00:00Z',
      ],
      late: ['day 2026-10-31T19:00:00Z', 'hour 2026-11-01T19:00:00Z', 'open 2026-11-01T20:00:00Z'],
      far: ['week 2026-10-25T19:00:00Z', 'day 2026-10-31T19:00:00Z', 'open 2026-11-01T20:00:00Z'],
    },
  },
]
