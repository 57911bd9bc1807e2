import { type CampaignInput, defineSequence, event, exit, type RawInbound, send, toInstant, wait } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'
import type { Happening } from '../play.js'

/** M1 at once; M2 and M3 two business days after the one before; M4 on the fourth business day after at 09:00. A reply ends it. */
const cadence: CampaignInput = {
  name: 'Sales cadence',
  entry: { on: event('lead.assigned') },
  exits: [{ when: { reply: true } }],
  sequence: defineSequence({
    start: 'M1',
    steps: {
      M1: send({ channel: 'email', template: 'm1', next: 'two-days' }),
      'two-days': wait({ businessDays: 2, calendar: 'office', next: 'M2' }),
      M2: send({ channel: 'email', template: 'm2', thread: { sameAs: 'M1' }, next: 'two-more' }),
      'two-more': wait({ businessDays: 2, calendar: 'office', next: 'M3' }),
      M3: send({ channel: 'email', template: 'm3', thread: { sameAs: 'M1' }, next: 'four-days' }),
      'four-days': wait({ businessDays: 4, calendar: 'office', at: '09:00', next: 'M4' }),
      M4: send({ channel: 'email', template: 'm4', next: 'done' }),
      done: exit(),
    },
  }),
}

const answered = (at: string, mail: Pick<RawInbound, 'text' | 'headers'>): Happening => ({
  at,
  does: (workspace) =>
    workspace.receive({ channel: 'email', from: 'Lea <lea@example.com>', at: toInstant(at, 'at'), ...mail }),
})
const away = { text: 'Ich bin bis Januar nicht im Büro.' }

const assigned = reported('lea', 'lead.assigned', '2026-12-21T10:15:00+01:00')
const lea = {
  campaign: cadence,
  settings: {
    calendars: { office: { weekend: ['sat', 'sun'], holidays: ['2026-12-25', '2027-01-01'] } },
  },
  from: '2026-12-01T00:00:00Z',
  until: '2027-02-01T00:00:00Z',
  contacts: [person('lea', 'Europe/Berlin')],
} satisfies Partial<AcceptanceCase>

// From Mon 21 December, all +01:00. Tue 22, Wed 23: M2. Thu 24 counts, Fri 25 is a holiday, then the weekend, Mon 28: M3.
// Tue 29, Wed 30, Thu 31, not Fri 1 January, Mon 4 January at 09:00: M4.
const [M1, M2, M3, M4] = [
  'M1 2026-12-21T09:15:00Z',
  'M2 2026-12-23T09:15:00Z',
  'M3 2026-12-28T09:15:00Z',
  'M4 2027-01-04T08:00:00Z',
]

/** A sales cadence over business days and holidays that stops on a reply. */
export const salesCadenceCases: readonly AcceptanceCase[] = [
  {
    ...lea,
    sentence: 'a sales cadence counts business days and leaves holidays out',
    happenings: [assigned],
    expected: { lea: [M1, M2, M3, M4] },
  },
  {
    ...lea,
    sentence: 'a reply ends a sales cadence',
    happenings: [assigned, answered('2026-12-23T16:00:00+01:00', { text: 'Sounds good, call me.' })],
    expected: { lea: [M1, M2] },
  },
  {
    ...lea,
    sentence: 'out-of-office notes do not end a sales cadence, whether they say so in a header or in the subject',
    happenings: [
      assigned,
      answered('2026-12-21T10:16:00+01:00', { ...away, headers: { 'Auto-Submitted': 'auto-replied' } }),
      answered('2026-12-23T10:16:00+01:00', { ...away, headers: { Subject: 'Abwesenheitsnotiz: Angebot' } }),
      answered('2026-12-28T10:16:00+01:00', { ...away, headers: { 'X-Auto-Response-Suppress': 'All' } }),
    ],
    expected: { lea: [M1, M2, M3, M4] },
  },
  {
    ...lea,
    sentence: 'a reply after an out-of-office note, at the very instant of a message, still wins over it',
    happenings: [
      assigned,
      answered('2026-12-23T10:16:00+01:00', { ...away, headers: { 'Auto-Submitted': 'auto-replied' } }),
      answered('2026-12-28T10:15:00+01:00', { text: 'Back again. Not interested, thanks.' }),
    ],
    expected: { lea: [M1, M2] },
  },
]
