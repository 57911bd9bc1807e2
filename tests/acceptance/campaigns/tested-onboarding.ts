import {
  armOf,
  type CampaignInput,
  defineSequence,
  type ExperimentSpec,
  exit,
  isInTest,
  send,
  split,
  wait,
} from '@drumbeat/core'
import { expect } from 'vitest'
import { type AcceptanceCase, changed, person, reported } from '../case.js'
import type { Happening, Play } from '../play.js'

const salt = 'onboarding-subject'
const arms = { benefit: { weight: 50, next: 'benefit' }, question: { weight: 50, next: 'question' } } as const

/**
 * Two subjects are tested on a fifth of the people; the others are held until the winner is decided two days after the campaign starts, and
 * take it. Everybody gets a tip a day after their first message.
 */
const onboarding = (metric: ExperimentSpec['metric']): CampaignInput => ({
  name: 'Tested onboarding',
  entry: { when: 'matching' },
  sequence: defineSequence({
    start: 'subject',
    steps: {
      subject: split({
        salt,
        arms,
        experiment: {
          metric,
          horizon: 'P1D',
          testShare: 20,
          decideAt: { anchor: 'campaignStart', for: 'P2D' },
          test: 'two-proportion-z',
          alpha: 0.05,
          sides: 2,
          fallback: 'benefit',
        },
      }),
      benefit: send({ channel: 'email', template: 'benefit', next: 'a-day' }),
      question: send({ channel: 'email', template: 'question', next: 'a-day' }),
      'a-day': wait({ for: 'P1D', next: 'tip' }),
      tip: send({ channel: 'email', template: 'tip', next: 'done' }),
      done: exit(),
    },
  }),
})

const people = Array.from({ length: 200 }, (_, index) => `c${String(index + 1).padStart(3, '0')}`)
const tested = people.filter((id) => isInTest(salt, id, 20))
const held = people.filter((id) => !tested.includes(id))
const given = (name: keyof typeof arms) => tested.filter((id) => armOf(salt, id, arms) === name)
// The hash never changes, so these are known: 47 of 200 are tested, 23 and 24 of them with each subject, and 153 are held.
const [benefit, question] = [given('benefit'), given('question')]

const latecomer = 'latecomer'

/** The tested get their subject at once, the held the winner two days later, a latecomer on arrival; a tip a day after for all. */
const sendsWith = (winner: keyof typeof arms): AcceptanceCase['expected'] =>
  Object.fromEntries([
    ...benefit.map((id) => [id, ['benefit 2026-05-04T09:00:00Z', 'tip 2026-05-05T09:00:00Z']]),
    ...question.map((id) => [id, ['question 2026-05-04T09:00:00Z', 'tip 2026-05-05T09:00:00Z']]),
    ...held.map((id) => [id, [`${winner} 2026-05-06T09:00:00Z`, 'tip 2026-05-07T09:00:00Z']]),
    [latecomer, [`${winner} 2026-05-08T14:30:00Z`, 'tip 2026-05-09T14:30:00Z']],
  ])

const story = {
  from: '2026-05-04T09:00:00Z',
  until: '2026-05-20T00:00:00Z',
  contacts: people.map((id) => person(id, 'UTC')),
}
const arrives = changed('2026-05-08T14:30:00Z', person(latecomer, 'UTC'))

/** The provider reports an open, or the fetch of a machine, of the first message of each of these people. */
const opened = (at: string, ids: readonly string[], kind: 'opened' | 'machine_opened' = 'opened'): Happening => ({
  at,
  does: (workspace, { messages }) =>
    workspace.report(
      ids.map((id) => {
        const message = messages().find(({ to }) => to === `${id}@example.com`)
        if (message === undefined) throw new Error(`Nothing was sent to ${id}`)
        return { delivery: { deliveryRef: message.deliveryRef }, facts: [{ kind, at: Date.parse(at) }] }
      }),
    ),
})

/** The counts of the experiment's step, as analytics show them. */
async function countsAre({ workspace, campaignId }: Play, winner: keyof typeof arms): Promise<void> {
  const counters = await workspace.campaigns.counters(campaignId)
  const count = (name: string) =>
    counters
      .filter((counter) => counter.stepId === 'subject' && counter.name === name)
      .reduce((sum, c) => sum + c.value, 0)
  // 153 held, and the latecomer, take the winner.
  const taken = { benefit: 23, question: 24 }
  taken[winner] += 154
  expect([count('entered'), count('held'), count('arm.benefit'), count('arm.question')]).toEqual([
    201,
    153,
    taken.benefit,
    taken.question,
  ])
}

/** An onboarding whose subject is tested, with a held-back share. */
export const testedOnboardingCases: readonly AcceptanceCase[] = [
  {
    ...story,
    sentence: 'the subject after which more people do what is hoped for goes to everybody who was held',
    campaign: onboarding({ event: 'project.created' }),
    happenings: [
      ...benefit.slice(0, 3).map((id) => reported(id, 'project.created', '2026-05-04T20:00:00Z')),
      ...question.slice(0, 15).map((id) => reported(id, 'project.created', '2026-05-04T20:00:00Z')),
      // More than a day after the message: too late to count. By number, "benefit" would have won.
      ...benefit.slice(3).map((id) => reported(id, 'project.created', '2026-05-05T09:01:00Z')),
      // They were held, and had no message yet that could have moved them.
      ...held.slice(0, 50).map((id) => reported(id, 'project.created', '2026-05-04T20:00:00Z')),
      arrives,
    ],
    // 15 of 24 against 3 of 23.
    expected: sendsWith('question'),
    also: (play) => countsAre(play, 'question'),
  },
  {
    ...story,
    sentence: 'the subject that more people open wins, and machines that fetch every picture do not count',
    campaign: onboarding({ fact: 'opened' }),
    happenings: [
      opened('2026-05-04T12:00:00Z', question.slice(0, 16)),
      opened('2026-05-04T12:00:00Z', benefit.slice(0, 4)),
      opened('2026-05-04T09:00:01Z', benefit, 'machine_opened'),
      arrives,
    ],
    // 16 of 24 against 4 of 23.
    expected: sendsWith('question'),
    also: (play) => countsAre(play, 'question'),
  },
  {
    ...story,
    sentence: 'where no difference was found, the held take the fallback',
    campaign: onboarding({ fact: 'opened' }),
    happenings: [
      opened('2026-05-04T12:00:00Z', question.slice(0, 12)),
      opened('2026-05-04T12:00:00Z', benefit.slice(0, 9)),
      arrives,
    ],
    // 12 of 24 against 9 of 23: better, but not by enough.
    expected: sendsWith('benefit'),
    also: (play) => countsAre(play, 'benefit'),
  },
]
