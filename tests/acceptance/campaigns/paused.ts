import { type CampaignInput, defineSequence, event, exit, type ResumePolicy, send, wait } from '@drumbeat/core'
import { type AcceptanceCase, person, reported } from '../case.js'
import type { Happening } from '../play.js'

/** P1 at once; P2 two days after; P3 a day after; P4 on the tenth day after sign-up at 10:00. */
const course: CampaignInput = {
  name: 'Course',
  entry: { on: event('signed_up') },
  sequence: defineSequence({
    start: 'P1',
    steps: {
      P1: send({ channel: 'email', template: 'p1', next: 'two-days' }),
      'two-days': wait({ for: 'P2D', next: 'P2' }),
      P2: send({ channel: 'email', template: 'p2', next: 'a-day' }),
      'a-day': wait({ for: 'P1D', next: 'P3' }),
      P3: send({ channel: 'email', template: 'p3', next: 'tenth-day' }),
      'tenth-day': wait({ anchor: 'entryEvent', onDay: 10, at: '10:00', next: 'P4' }),
      P4: send({ channel: 'email', template: 'p4', next: 'done' }),
      done: exit(),
    },
  }),
}

const pause = (at: string): Happening => ({
  at,
  does: (workspace, { campaignId }) => workspace.campaigns.pause(campaignId),
})
const resume = (at: string, policy: ResumePolicy): Happening => ({
  at,
  does: (workspace, { campaignId }) => workspace.campaigns.resume(campaignId, { policy }),
})

// Everybody lives by UTC here: what a pause shifts is elapsed time. It lasts 54 hours.
const paused = pause('2026-09-08T12:00:00Z')
const resumedAt = '2026-09-10T18:00:00Z'
const story = {
  campaign: course,
  from: '2026-08-01T00:00:00Z',
  until: '2026-10-01T00:00:00Z',
  contacts: ['yan', 'zoe', 'dot'].map((id) => person(id, 'UTC')),
}
const joined = [
  // Waits for P4 when the pause begins.
  reported('dot', 'signed_up', '2026-08-30T08:00:00Z'),
  // Waits for P2.
  reported('yan', 'signed_up', '2026-09-07T08:00:00Z'),
  // Joins during the pause.
  reported('zoe', 'signed_up', '2026-09-09T06:00:00Z'),
]
const early = {
  dot: ['P1 2026-08-30T08:00:00Z', 'P2 2026-09-01T08:00:00Z', 'P3 2026-09-02T08:00:00Z'],
  yan: ['P1 2026-09-07T08:00:00Z'],
}
// P1 goes out when the campaign does, and counts from there; the tenth day is still that after signing up.
const zoe = ['P1 2026-09-10T18:00:00Z', 'P2 2026-09-12T18:00:00Z', 'P3 2026-09-13T18:00:00Z', 'P4 2026-09-19T10:00:00Z']

/** A campaign that is paused and resumed. */
export const pausedCases: readonly AcceptanceCase[] = [
  {
    ...story,
    sentence: 'resuming with "shift" moves what counts from a step by the length of the pause, and keeps dates',
    happenings: [...joined, paused, resume(resumedAt, 'shift')],
    expected: {
      // P4's date, 9 September 10:00, fell into the pause: it goes out with the campaign.
      dot: [...early.dot, 'P4 2026-09-10T18:00:00Z'],
      // P2 on 9 September 08:00 plus 54 hours, P3 a day after; P4 keeps 17 September.
      yan: [...early.yan, 'P2 2026-09-11T14:00:00Z', 'P3 2026-09-12T14:00:00Z', 'P4 2026-09-17T10:00:00Z'],
      zoe,
    },
  },
  {
    ...story,
    sentence: 'resuming with "send" sends at once what fell due, once',
    happenings: [...joined, paused, resume(resumedAt, 'send')],
    expected: {
      dot: [...early.dot, 'P4 2026-09-10T18:00:00Z'],
      yan: [...early.yan, 'P2 2026-09-10T18:00:00Z', 'P3 2026-09-11T18:00:00Z', 'P4 2026-09-17T10:00:00Z'],
      zoe,
    },
  },
  {
    ...story,
    sentence: 'resuming with "skip" leaves out what fell due, and goes on behind it',
    happenings: [...joined, paused, resume(resumedAt, 'skip')],
    expected: {
      dot: early.dot,
      // P2's moment was 9 September 08:00, so P3's, a day after, is 10 September 08:00: it falls due within the pause too.
      yan: [...early.yan, 'P4 2026-09-17T10:00:00Z'],
      zoe,
    },
  },
]
