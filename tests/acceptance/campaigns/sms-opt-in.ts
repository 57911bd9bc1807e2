import { type CampaignInput, defineSequence, event, exit, send, toInstant, update, wait, waitFor } from '@drumbeat/core'
import { expect } from 'vitest'
import { type AcceptanceCase, numberOf, person, reported } from '../case.js'
import type { Happening, Play } from '../play.js'

/**
 * Double opt-in: asks at once; only a "yes" within two days is consent. Then a welcome, an offer on the next day at 10:00, and another two
 * days after, none of which may go out without consent, or by night.
 */
const optIn: CampaignInput = {
  name: 'SMS double opt-in',
  entry: { on: event('number.given') },
  quietHours: { sms: '21:00-09:00' },
  sequence: defineSequence({
    start: 'pending',
    steps: {
      pending: update({ consent: [{ channel: 'sms', status: 'pending' }], next: 'ask' }),
      ask: send({
        channel: 'sms',
        template: 'ask',
        category: 'transactional',
        rules: { quietHours: 'ignore' },
        next: 'answer',
      }),
      answer: waitFor({
        cases: [
          { reply: true, keyword: 'yes', next: 'grant' },
          { reply: true, keyword: 'no', next: 'declined' },
        ],
        within: 'P2D',
        timedOut: 'silent',
      }),
      grant: update({ consent: [{ channel: 'sms', status: 'granted' }], next: 'welcome' }),
      welcome: send({ channel: 'sms', template: 'welcome', next: 'next-day' }),
      'next-day': wait({ onDay: 1, at: '10:00', next: 'offer' }),
      offer: send({ channel: 'sms', template: 'offer', next: 'two-days' }),
      'two-days': wait({ for: 'P2D', next: 'last' }),
      last: send({ channel: 'sms', template: 'last', next: 'done' }),
      done: exit(),
      declined: exit('declined'),
      silent: exit('not_confirmed'),
    },
  }),
}

const says = (id: string, text: string, at: string): Happening => ({
  at,
  does: (workspace) => workspace.receive({ channel: 'sms', from: numberOf(id), text, at: toInstant(at, 'at') }),
})
const gives = (id: string): Happening => reported(id, 'number.given', '2026-07-01T20:30:00-05:00')

const chicago = {
  campaign: optIn,
  settings: { consent: { sms: { marketing: 'granted' } } },
  from: '2026-07-01T00:00:00Z',
  until: '2026-08-01T00:00:00Z',
} satisfies Partial<AcceptanceCase>

const ask = 'ask 2026-07-02T01:30:00Z'

/** What became of a contact's messages that were not sent, and how the run ended. */
async function unsent({ workspace, campaignId }: Play, contactId: string): Promise<readonly string[]> {
  const runs = await workspace.explain({ campaignId, contactId })
  return runs.flatMap(({ reason, deliveries }) => [
    ...deliveries.flatMap(({ stepId, state, reason: why }) => (state === 'sent' ? [] : [`${stepId} ${state} ${why}`])),
    `ended ${reason}`,
  ])
}

/** Double opt-in by text message. */
export const smsOptInCases: readonly AcceptanceCase[] = [
  {
    ...chicago,
    sentence: 'marketing by text begins with a confirmed "yes", and never without one',
    contacts: ['uma', 'val', 'vic', 'ned', 'eve', 'tom'].map((id) => person(id, 'America/Chicago')),
    happenings: [
      ...['uma', 'val', 'vic', 'ned', 'eve', 'tom'].map(gives),
      says('uma', 'YES!', '2026-07-01T20:45:00-05:00'),
      says('val', 'Yes please', '2026-07-01T21:30:00-05:00'),
      says('ned', 'no', '2026-07-01T20:45:00-05:00'),
      says('ned', 'yes', '2026-07-01T20:50:00-05:00'),
      // Two days after the question to the minute, and a minute later.
      says('eve', 'yes', '2026-07-03T20:30:00-05:00'),
      says('tom', 'yes', '2026-07-03T20:31:00-05:00'),
    ],
    expected: {
      // The welcome at 20:45 (-05:00), the offer on 2 July at 10:00, the last on 4 July at 10:00.
      uma: [ask, 'welcome 2026-07-02T01:45:00Z', 'offer 2026-07-02T15:00:00Z', 'last 2026-07-04T15:00:00Z'],
      // 21:30 is quiet: the welcome on 2 July at 09:00, the offer on the day after that, the last on 5 July.
      val: [ask, 'welcome 2026-07-02T14:00:00Z', 'offer 2026-07-03T15:00:00Z', 'last 2026-07-05T15:00:00Z'],
      vic: [ask],
      ned: [ask],
      eve: [ask, 'welcome 2026-07-04T01:30:00Z', 'offer 2026-07-04T15:00:00Z', 'last 2026-07-06T15:00:00Z'],
      tom: [ask],
    },
    async also(play) {
      expect(await unsent(play, 'vic')).toEqual(['ended not_confirmed'])
      expect(await unsent(play, 'ned')).toEqual(['ended declined'])
      expect(await unsent(play, 'tom')).toEqual(['ended not_confirmed'])
    },
  },
  {
    ...chicago,
    sentence: 'a "stop" ends the texts, a "yes" after it lifts nothing, and only a start word does',
    contacts: ['wes', 'xia', 'yul'].map((id) => person(id, 'America/Chicago')),
    happenings: [
      ...['wes', 'xia', 'yul'].map(gives),
      says('wes', 'STOP', '2026-07-01T20:40:00-05:00'),
      says('wes', 'yes', '2026-07-01T20:50:00-05:00'),
      says('xia', 'yes', '2026-07-01T20:45:00-05:00'),
      // While the offer lies ahead; the "yes" comes long after the question.
      says('xia', 'Stop it please', '2026-07-02T09:30:00-05:00'),
      says('xia', 'yes', '2026-07-02T09:40:00-05:00'),
      says('yul', 'yes', '2026-07-01T20:45:00-05:00'),
      says('yul', 'stop', '2026-07-02T09:30:00-05:00'),
      says('yul', 'START', '2026-07-03T12:00:00-05:00'),
    ],
    expected: {
      wes: [ask],
      xia: [ask, 'welcome 2026-07-02T01:45:00Z'],
      yul: [ask, 'welcome 2026-07-02T01:45:00Z', 'last 2026-07-04T15:00:00Z'],
    },
    async also(play) {
      expect(await unsent(play, 'wes')).toEqual([
        'welcome skipped suppressed_stop',
        'offer skipped suppressed_stop',
        'last skipped suppressed_stop',
        'ended completed',
      ])
      expect(await unsent(play, 'xia')).toEqual([
        'offer skipped suppressed_stop',
        'last skipped suppressed_stop',
        'ended completed',
      ])
      expect(await unsent(play, 'yul')).toEqual(['offer skipped suppressed_stop', 'ended completed'])
    },
  },
]
