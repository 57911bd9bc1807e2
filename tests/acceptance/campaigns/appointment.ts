import { type CampaignInput, defineSequence, event, exit, series } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'
import type { Happening } from '../play.js'

/**
 * A reminder one calendar day and one two elapsed hours before an appointment, wherever it moves. Booking again under the same id moves
 * it; a reminder whose moment has passed by then is left out; canceling ends the reminders of that appointment.
 */
const reminders: CampaignInput = {
  name: 'Appointment reminders',
  entry: { on: event('appointment.booked'), key: 'appointment' },
  exitOn: event('appointment.canceled'),
  category: 'transactional',
  sequence: defineSequence({
    start: 'reminders',
    steps: {
      reminders: series({
        anchor: { event: 'appointment.booked', field: 'startsAt' },
        items: [
          { id: 'day', channel: 'email', template: 'tomorrow', for: '-P1D', ifPast: 'skip' },
          { id: 'hours', channel: 'sms', template: 'soon', for: '-PT2H', ifPast: 'skip' },
        ],
        next: 'done',
      }),
      done: exit(),
    },
  }),
}

const booked = (at: string, startsAt: string, appointment = 'first'): Happening =>
  reported('mia', 'appointment.booked', at, { appointment, startsAt })

// Clocks in Berlin go forward on Sunday 29 March: +01:00 before, +02:00 after.
const mia = {
  campaign: reminders,
  from: '2026-03-20T00:00:00Z',
  until: '2026-05-01T00:00:00Z',
  contacts: [person('mia', 'Europe/Berlin')],
}
const sunday = booked('2026-03-20T10:00:00+01:00', '2026-03-29T15:00')

/** Reminders around an appointment that moves. */
export const appointmentCases: readonly AcceptanceCase[] = [
  {
    ...mia,
    sentence: 'reminders come a calendar day and two elapsed hours before an appointment',
    happenings: [sunday],
    // Saturday 15:00 +01:00, which is 23 hours before; Sunday 13:00 +02:00.
    expected: { mia: ['day 2026-03-28T14:00:00Z', 'hours 2026-03-29T11:00:00Z'] },
  },
  {
    ...mia,
    sentence: 'an appointment that moves takes its reminders along',
    happenings: [sunday, booked('2026-03-25T12:00:00+01:00', '2026-04-02T09:30')],
    // 1 April 09:30 and 2 April 07:30, both +02:00.
    expected: { mia: ['day 2026-04-01T07:30:00Z', 'hours 2026-04-02T05:30:00Z'] },
  },
  {
    ...mia,
    sentence: 'a reminder that was sent is not repeated when the appointment moves',
    happenings: [sunday, booked('2026-03-28T18:00:00+01:00', '2026-04-02T09:30')],
    expected: { mia: ['day 2026-03-28T14:00:00Z', 'hours 2026-04-02T05:30:00Z'] },
  },
  {
    ...mia,
    sentence: 'a reminder that was past is due again when the appointment moves once more',
    happenings: [
      sunday,
      // On the same day at 16:00: the day before is past, two hours before is 14:00 +01:00 …
      booked('2026-03-27T12:00:00+01:00', '2026-03-27T16:00'),
      // … but an hour ahead of that it moves to Tuesday 11:00 +02:00, and both reminders are ahead again.
      booked('2026-03-27T13:00:00+01:00', '2026-03-31T11:00'),
    ],
    expected: { mia: ['day 2026-03-30T09:00:00Z', 'hours 2026-03-31T07:00:00Z'] },
  },
  {
    ...mia,
    sentence: 'an appointment that moves to today is reminded of once',
    happenings: [sunday, booked('2026-03-27T12:00:00+01:00', '2026-03-27T16:00')],
    expected: { mia: ['hours 2026-03-27T13:00:00Z'] },
  },
  {
    ...mia,
    sentence: 'an appointment that moves at the very instant of its reminder is not reminded of at the old time',
    happenings: [sunday, booked('2026-03-28T15:00:00+01:00', '2026-04-02T09:30')],
    expected: { mia: ['day 2026-04-01T07:30:00Z', 'hours 2026-04-02T05:30:00Z'] },
  },
  {
    ...mia,
    sentence: 'of two appointments of one person each moves and ends on its own',
    happenings: [
      sunday,
      booked('2026-03-21T10:00:00+01:00', '2026-04-10T08:00', 'second'),
      booked('2026-03-22T10:00:00+01:00', '2026-04-20T12:00', 'third'),
      booked('2026-03-23T10:00:00+01:00', '2026-04-11T08:00', 'second'),
      reported('mia', 'appointment.canceled', '2026-04-01T10:00:00+02:00', { appointment: 'third' }),
    ],
    expected: {
      mia: [
        'day 2026-03-28T14:00:00Z',
        'hours 2026-03-29T11:00:00Z',
        // The second: 10 April 08:00 and 11 April 06:00, +02:00.
        'day 2026-04-10T06:00:00Z',
        'hours 2026-04-11T04:00:00Z',
      ],
    },
  },
]
