import { attribute, type CampaignInput, defineSequence, exit, series } from '@drumbeat/core'
import { type AcceptanceCase, changed, person } from '../case.js'

/** A notice a week before the contact's renewal date at 10:00, and one on its eve at 18:00, wherever the host moves the date. */
const renewal: CampaignInput = {
  name: 'Renewal',
  audience: attribute('renewsOn').exists(),
  sequence: defineSequence({
    start: 'notices',
    steps: {
      notices: series({
        anchor: { attribute: 'renewsOn' },
        items: [
          { id: 'week', channel: 'email', template: 'week', onDay: -7, at: '10:00', ifPast: 'skip' },
          { id: 'eve', channel: 'email', template: 'eve', onDay: -1, at: '18:00', ifPast: 'skip' },
        ],
        next: 'done',
      }),
      done: exit(),
    },
  }),
}

const renewsOn = (date: string) => ({ attributes: { renewsOn: date } })

/** Notices around a date of the contact that the host changes. */
export const renewalCases: readonly AcceptanceCase[] = [
  {
    sentence: 'notices follow a renewal date that is imported anew, and one that was sent is not repeated',
    campaign: renewal,
    from: '2026-06-01T00:00:00Z',
    until: '2026-08-01T00:00:00Z',
    contacts: [
      person('stays', 'Asia/Tokyo', renewsOn('2026-06-30')),
      person('before', 'Asia/Tokyo', renewsOn('2026-06-30')),
      person('between', 'Asia/Tokyo', renewsOn('2026-06-30')),
      person('travels', 'Asia/Tokyo', renewsOn('2026-06-30')),
      person('renews-never', 'Asia/Tokyo'),
    ],
    happenings: [
      changed('2026-06-20T00:00:00Z', { id: 'before', ...renewsOn('2026-07-15') }),
      changed('2026-06-25T00:00:00Z', { id: 'between', ...renewsOn('2026-07-15') }),
      // Moves to New York: the eve's 18:00 is now that of the new zone.
      changed('2026-06-25T00:00:00Z', { id: 'travels', zone: 'America/New_York' }),
    ],
    // Tokyo is +09:00 all year, New York -04:00 in June: 10:00 is 01:00 UTC, 18:00 is 09:00 or 22:00 UTC.
    expected: {
      stays: ['week 2026-06-23T01:00:00Z', 'eve 2026-06-29T09:00:00Z'],
      before: ['week 2026-07-08T01:00:00Z', 'eve 2026-07-14T09:00:00Z'],
      between: ['week 2026-06-23T01:00:00Z', 'eve 2026-07-14T09:00:00Z'],
      travels: ['week 2026-06-23T01:00:00Z', 'eve 2026-06-29T22:00:00Z'],
    },
  },
]
