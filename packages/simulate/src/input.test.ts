import { defineSequence, exit, isDrumbeatError, send, webhook } from '@drumbeat/core'
import { expect, it } from 'vitest'
import type { SimulationInput } from './input.js'
import { simulate } from './simulate.js'
import { begins, campaignOf, person, realStage } from './test-workspace.js'

const sequence = defineSequence({
  start: 'welcome',
  steps: {
    welcome: send({ channel: 'email', template: 'welcome', next: 'score' }),
    score: webhook({ url: 'https://acme.test/score', next: 'done' }),
    done: exit(),
  },
})
const contacts = [person('ana', 'Europe/Berlin')]
const at = begins

const wrong: readonly (readonly [sentence: string, input: unknown, message: string])[] = [
  ['no contacts', { contacts: undefined }, 'contacts is not a list'],
  ['no beginning', { from: undefined }, 'from is not an instant'],
  ['a beginning without an offset', { from: '2026-03-06' }, 'from is not an instant'],
  ['no days', { days: 0 }, 'days is 0; give a whole number from 1 to 3650'],
  ['too many days', { days: 3651 }, 'days is 3651; give a whole number from 1 to 3650'],
  ['part of a day', { days: 1.5 }, 'days is 1.5; give a whole number from 1 to 3650'],
  ['an end beyond all years', { from: '9999-01-01T00:00Z', days: 3650 }, 'beyond the year 9999'],
  ['a seed that is no whole number', { seed: 0.5 }, 'seed is 0.5; give a whole number from 0 to 4294967295'],
  ['a seed that is no number', { seed: 'x' }, 'seed is "x"; give a whole number'],
  ['a probability above 1', { behavior: { opens: 45 } }, 'behavior.opens is 45; give a number from 0 to 1'],
  ['a probability that is no number', { behavior: { stops: Number.NaN } }, 'behavior.stops is NaN'],
  ['no time to react', { behavior: { withinMinutes: 0 } }, 'behavior.withinMinutes is 0; give a number from 1'],
  ['an empty reply', { behavior: { replyText: '' } }, 'behavior.replyText'],
  ['a behavior that is none', { behavior: { open: 0.4 } }, 'behavior has no "open"; it may say opens, clicks'],
  ['a script that is none', { script: {} }, 'script is not a list'],
  ['a happening of no kind', { script: [{ at, contactId: 'ana' }] }, 'script[0] has to say one of event, changes'],
  [
    'a happening of two kinds',
    { script: [{ at, contactId: 'ana', event: 'a', enroll: true }] },
    'it says event and enroll',
  ],
  ['a stranger', { script: [{ at, contactId: 'bo', event: 'a' }] }, 'script[0].contactId is "bo"'],
  ['no instant', { script: [{ at: 'soon', contactId: 'ana', event: 'a' }] }, 'script[0].at is not an instant'],
  [
    'a channel that is not there',
    { script: [{ at, contactId: 'ana', inbound: { channel: 'smss', text: 'a' } }] },
    'script[0] names the channel "smss"; configured are email, sms',
  ],
  [
    'an answer for a send',
    { answers: { welcome: { outcome: 'done', reply: null } } },
    'answers names "welcome", which is no webhook or action step; these are score',
  ],
  ['an answer that is none', { answers: { score: { outcome: 'ok' } } }, 'answers["score"].outcome may be done, failed'],
  [
    'an exit that is none',
    { answers: { score: { outcome: 'done', reply: null, exit: 'busy' } } },
    'answers["score"].exit is "busy"; the step\'s exits are next',
  ],
]

it.each(wrong)('%s is refused, and the message names the part and what is legal', async (_, input, message) => {
  const { workspace } = await realStage()
  const id = await campaignOf(workspace, sequence)
  const whole = { contacts, from: begins, days: 2, ...(input as object) } as SimulationInput
  const error: unknown = await simulate(workspace, id, whole).catch((thrown: unknown) => thrown)
  expect(isDrumbeatError(error)).toBe(true)
  expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining(message) as string })
})

it('a campaign that is not there is not found', async () => {
  const { workspace } = await realStage()
  await expect(simulate(workspace, 'nope', { contacts, from: begins, days: 2 })).rejects.toMatchObject({
    code: 'not_found',
  })
})
