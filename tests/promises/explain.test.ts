import {
  attribute,
  type CampaignInput,
  defineSequence,
  type Explanation,
  event,
  exit,
  isInTest,
  type Sequence,
  send,
  series,
  split,
  toInstant,
  wait,
  waitFor,
} from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { begins, type PromiseStage, person, promiseStage } from './stage.js'

const done = exit()
const oneText = defineSequence({
  start: 'text',
  steps: { text: send({ channel: 'sms', template: 'text', next: 'done' }), done },
})
const oneMail = defineSequence({
  start: 'mail',
  steps: { mail: send({ channel: 'email', template: 'mail', next: 'done' }), done },
})
const at = (text: string): number => toInstant(text, 'at')

/** Puts one person into a campaign at the beginning, plays to an instant, and has it explained. */
async function explained(
  stage: PromiseStage,
  sequence: Sequence,
  {
    campaign = {},
    contact = person('ana'),
    until = begins,
  }: { campaign?: Partial<CampaignInput>; contact?: ReturnType<typeof person>; until?: string } = {},
): Promise<Explanation> {
  const campaignId = await enrolled(stage, sequence, campaign, contact)
  await stage.playTo(until)
  return only(await stage.acme.explain({ campaignId, contactId: contact.id }))
}

async function enrolled(
  { acme, campaign: create }: PromiseStage,
  sequence: Sequence,
  campaign: Partial<CampaignInput> = {},
  contact = person('ana'),
): Promise<string> {
  await acme.contacts.import([contact])
  const campaignId = await create(sequence, campaign)
  await acme.enroll(campaignId, contact.id)
  return campaignId
}

function only(explanations: readonly Explanation[]): Explanation {
  expect(explanations).toHaveLength(1)
  return explanations[0] as Explanation
}

describe('where somebody is, and what comes next', () => {
  it('enrolled and not yet looked at', async () => {
    const stage = await promiseStage()
    const campaignId = await enrolled(stage, oneMail)
    expect(only(await stage.acme.explain({ campaignId, contactId: 'ana' }))).toMatchObject({
      status: 'active',
      stepId: 'mail',
      dueAt: at(begins),
      why: { rule: 'enrolled' },
      path: [],
    })
  })

  it('waits by a rule: the anchor, the rule and the zone that set the time, and the step behind', async () => {
    const overnight = wait({ for: 'P1D', until: '08:00', next: 'mail' })
    const sequence = defineSequence({ start: 'overnight', steps: { overnight, ...oneMail.steps } as never })
    expect(await explained(await promiseStage(), sequence)).toMatchObject({
      status: 'active',
      reason: null,
      stepId: 'overnight',
      waitsFor: 'timer',
      dueAt: at('2026-03-08T07:00Z'),
      dueLocally: '2026-03-08T08:00+01:00',
      why: { anchor: 'base', for: 'P1D', until: '08:00', zone: 'Europe/Berlin' },
      pausedBy: null,
      next: [{ exit: 'next', stepId: 'mail' }],
      planned: [],
      zone: { name: 'Europe/Berlin', from: 'contact', invalid: null },
    })
  })

  it('reads a zone that is none as the next one, and says so', async () => {
    const stage = await promiseStage()
    await stage.acme.configure({ zone: 'Asia/Tokyo' })
    const overnight = wait({ until: '08:00', next: 'done' })
    const sequence = defineSequence({ start: 'overnight', steps: { overnight, done } })
    expect(await explained(stage, sequence, { contact: person('ana', { zone: 'Berlin' }) })).toMatchObject({
      dueLocally: '2026-03-07T08:00+09:00',
      zone: { name: 'Asia/Tokyo', from: 'workspace', invalid: 'Berlin' },
    })
  })

  it('waits for an event, at most until its limit, with both ways on', async () => {
    const invited = waitFor({ event: 'teammate.invited', within: 'PT48H', then: 'done', timedOut: 'late' })
    const sequence = defineSequence({ start: 'invited', steps: { invited, late: exit('late'), done } })
    expect(await explained(await promiseStage(), sequence)).toMatchObject({
      stepId: 'invited',
      waitsFor: 'event',
      dueAt: at('2026-03-08T15:00Z'),
      why: { for: 'PT48H', anchor: 'base' },
      next: [
        { exit: 'case 1', stepId: 'done' },
        { exit: 'timedOut', stepId: 'late' },
      ],
    })
  })

  it('is held by an experiment until it is decided', async () => {
    const held = Array.from({ length: 100 }, (_, index) => `p${index}`).find((id) => !isInTest('salt', id, 20)) ?? ''
    const sequence = defineSequence({
      start: 'subject',
      steps: {
        subject: split({
          salt: 'salt',
          arms: { a: { weight: 50, next: 'mail' }, b: { weight: 50, next: 'done' } },
          experiment: {
            metric: { fact: 'opened' },
            horizon: 'P1D',
            testShare: 20,
            decideAt: { anchor: 'campaignStart', for: 'P2D' },
            test: 'two-proportion-z',
            alpha: 0.05,
            sides: 2,
            fallback: 'a',
          },
        }),
        mail: send({ channel: 'email', template: 'mail', next: 'done' }),
        done,
      },
    })
    expect(await explained(await promiseStage(), sequence, { contact: person(held) })).toMatchObject({
      stepId: 'subject',
      waitsFor: 'hold',
      dueAt: at('2026-03-08T15:00Z'),
      why: { rule: 'experiment', anchor: 'campaignStart', for: 'P2D' },
      next: [
        { exit: 'a', stepId: 'mail' },
        { exit: 'b', stepId: 'done' },
      ],
    })
  })

  it('a series says which messages lie ahead, and what set the time of the next', async () => {
    const sequence = defineSequence({
      start: 'reminders',
      steps: {
        reminders: series({
          anchor: { attribute: 'appointmentAt' },
          items: [
            { id: 'hour', channel: 'sms', template: 'text', for: '-PT1H' },
            { id: 'day', channel: 'email', template: 'mail', for: '-P1D' },
          ],
          next: 'done',
        }),
        done,
      },
    })
    const contact = person('ana', { attributes: { name: 'Ana', appointmentAt: '2026-03-09T10:00:00+01:00' } })
    expect(await explained(await promiseStage(), sequence, { contact })).toMatchObject({
      waitsFor: 'timer',
      dueLocally: '2026-03-08T10:00+01:00',
      why: { item: 'day', anchor: { attribute: 'appointmentAt' }, for: '-P1D', zone: 'Europe/Berlin' },
      planned: [
        { itemId: 'day', dueLocally: '2026-03-08T10:00+01:00' },
        { itemId: 'hour', dueLocally: '2026-03-09T09:00+01:00' },
      ],
    })
  })

  it('the path says by which exits somebody came here, and the steps taken are explained after the end too', async () => {
    const sequence = defineSequence({
      start: 'known?',
      steps: {
        'known?': waitFor({ event: 'a', within: 'PT1H', then: 'done', timedOut: 'mail' }),
        mail: send({ channel: 'email', template: 'mail', next: 'done' }),
        done,
      },
    })
    expect(await explained(await promiseStage(), sequence, { until: '2026-03-07T00:00Z' })).toMatchObject({
      status: 'completed',
      reason: 'completed',
      enrolledAt: at(begins),
      endedAt: at('2026-03-06T16:00Z'),
      waitsFor: null,
      dueAt: null,
      why: null,
      next: [],
      path: [
        { step: 'known?', at: at(begins) },
        { step: 'mail', at: at('2026-03-06T16:00Z'), via: 'timedOut' },
        { step: 'done', via: 'next' },
      ],
      deliveries: [{ channel: 'email', state: 'sent', attempts: 1, sentAt: at('2026-03-06T16:00Z') }],
    })
  })
})

describe('what put a message off', () => {
  const deferred: readonly (readonly [sentence: string, campaign: Partial<CampaignInput>, expected: object])[] = [
    [
      'quiet hours of the campaign',
      { quietHours: { sms: '15:00-09:00' } },
      { why: { rule: 'quiet_hours', setBy: 'campaign', zone: 'Europe/Berlin' }, dueLocally: '2026-03-07T09:00+01:00' },
    ],
    [
      'a window, in the zone that it names',
      { rules: { sms: { windows: [{ hours: '09:00-17:00', weekdays: ['mon'] }], zone: { fixed: 'Asia/Tokyo' } } } },
      { why: { rule: 'window', setBy: 'campaign', zone: 'Asia/Tokyo' }, dueLocally: '2026-03-09T01:00+01:00' },
    ],
    [
      'a blackout',
      { rules: { '*': { blackouts: [{ on: '2026-03-06' }] } } },
      { why: { rule: 'blackout', setBy: 'campaign' }, dueLocally: '2026-03-07T00:00+01:00' },
    ],
  ]

  it.each(deferred)('%s', async (_, campaign, expected) => {
    const explanation = await explained(await promiseStage(), oneText, { campaign })
    expect(explanation).toMatchObject({ waitsFor: 'timer', ...expected })
    expect(explanation.why).toMatchObject({ plannedAt: at(begins) })
    expect(explanation.planned).toEqual([
      { itemId: null, plannedAt: at(begins), dueAt: explanation.dueAt, dueLocally: explanation.dueLocally },
    ])
    expect(explanation.deliveries).toMatchObject([{ state: 'scheduled', attempts: 0, dueAt: explanation.dueAt }])
  })

  it('quiet hours of the workspace, and of the step itself', async () => {
    const stage = await promiseStage()
    await stage.acme.configure({ rules: { sms: { quietHours: '15:00-10:00' } } })
    expect(await explained(stage, oneText)).toMatchObject({ why: { rule: 'quiet_hours', setBy: 'workspace' } })
    const text = send({ channel: 'sms', template: 'text', rules: { quietHours: '12:00-20:00' }, next: 'done' })
    const own = defineSequence({ start: 'text', steps: { text, done } })
    expect(await explained(stage, own, { contact: person('bo') })).toMatchObject({
      why: { rule: 'quiet_hours', setBy: 'step' },
      dueLocally: '2026-03-06T20:00+01:00',
    })
  })

  it('a frequency cap', async () => {
    const twice = defineSequence({
      start: 'one',
      steps: {
        one: send({ channel: 'email', template: 'mail', next: 'two' }),
        two: send({ channel: 'email', template: 'mail', next: 'done' }),
        done,
      },
    })
    const campaign = { caps: [{ max: 1, per: 'PT24H', outside: 'defer' }] } as const
    expect(await explained(await promiseStage(), twice, { campaign })).toMatchObject({
      stepId: 'two',
      waitsFor: 'timer',
      dueAt: at('2026-03-07T15:00Z'),
      why: { rule: 'frequency_cap', plannedAt: at(begins) },
      deliveries: [{ state: 'sent' }, { state: 'scheduled', reason: 'frequency_cap', attempts: 0 }],
    })
  })

  it('the least gap between late messages', async () => {
    const stage = await promiseStage()
    const [first, second] = [await enrolled(stage, oneMail), await stage.campaign(oneMail)]
    await stage.acme.enroll(second, 'ana')
    // Nothing runs for three hours: both messages are late.
    stage.clock.moveTo('2026-03-06T18:00Z')
    await stage.drumbeat.tick()
    const both = await Promise.all(
      [first, second].map((campaignId) => stage.acme.explain({ campaignId, contactId: 'ana' })),
    )
    expect(
      both
        .flat()
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['active', 'completed'])
    expect(both.flat().find(({ status }) => status === 'active')).toMatchObject({
      waitsFor: 'timer',
      dueAt: at('2026-03-06T22:00Z'),
      why: { rule: 'late_gap', plannedAt: at(begins) },
      deliveries: [{ state: 'scheduled', reason: 'late_gap' }],
    })
  })

  it('a retry: what the provider said, how often it was called, and when it is called again', async () => {
    const refusing = { answer: () => ({ outcome: 'not_accepted', code: '429', retryAfterMs: 60_000 }) as const }
    const explanation = await explained(await promiseStage({ email: refusing }), oneMail)
    expect(explanation).toMatchObject({
      waitsFor: 'delivery',
      why: { rule: 'retry_wait', reason: '429' },
      deliveries: [{ state: 'retry_wait', reason: '429', attempts: 1 }],
    })
    expect(explanation.dueAt).toBeGreaterThanOrEqual(at('2026-03-06T15:01Z'))
  })

  it('an outcome that is not known, and how long the run waits for it', async () => {
    const silent = { answer: () => 'accept_silently' as const, lookup: false }
    expect(await explained(await promiseStage({ email: silent }), oneMail)).toMatchObject({
      waitsFor: 'delivery',
      dueAt: at('2026-03-06T16:00Z'),
      why: { rule: 'unknown', reason: 'no_answer' },
      deliveries: [{ state: 'unknown', reason: 'no_answer', attempts: 1 }],
    })
  })

  it('a pause that shifted what lay ahead', async () => {
    const stage = await promiseStage()
    const sequence = defineSequence({ start: 'day', steps: { day: wait({ for: 'P1D', next: 'done' }), done } })
    const campaignId = await enrolled(stage, sequence)
    await stage.drumbeat.tick()
    await stage.acme.campaigns.pause(campaignId)
    stage.clock.moveTo('2026-03-06T18:00Z')
    await stage.acme.campaigns.resume(campaignId, { policy: 'shift' })
    expect(only(await stage.acme.explain({ campaignId, contactId: 'ana' }))).toMatchObject({
      dueAt: at('2026-03-07T18:00Z'),
      why: { for: 'P1D', shiftedByPauseMs: 3 * 60 * 60 * 1000 },
    })
  })
})

describe('what was not sent, and why not', () => {
  const reasonsOf = (explanation: Explanation): readonly string[] =>
    explanation.deliveries.map(({ state, reason, attempts }) => `${state} ${reason} ${attempts}`)

  it('consent that has not been given, or was withdrawn', async () => {
    const stage = await promiseStage()
    await stage.acme.configure({ consent: { email: { marketing: 'granted' } } })
    expect(reasonsOf(await explained(stage, oneMail))).toEqual(['skipped consent_missing 0'])
    await stage.acme.contacts.import([person('bo')])
    await stage.acme.contacts.consent('bo', { channel: 'email', status: 'revoked', source: 'form' })
    expect(reasonsOf(await explained(stage, oneMail, { contact: person('bo') }))).toEqual(['skipped consent_revoked 0'])
  })

  it('an address that is closed', async () => {
    const stage = await promiseStage()
    await stage.acme.contacts.suppress({ channel: 'email', address: 'ana@example.com', reason: 'complaint' })
    expect(reasonsOf(await explained(stage, oneMail))).toEqual(['skipped suppressed_complaint 0'])
  })

  it('no address, and a value that the message needs', async () => {
    const nowhere = person('ana', { addresses: {} })
    expect(reasonsOf(await explained(await promiseStage(), oneMail, { contact: nowhere }))).toEqual([
      'skipped no_address 0',
    ])
    const nameless = person('ana', { attributes: {} })
    expect(reasonsOf(await explained(await promiseStage(), oneMail, { contact: nameless }))).toEqual([
      'skipped missing_token:name 0',
    ])
  })

  it('a condition of the step', async () => {
    const skipWhen = attribute('plan').is('paid')
    const mail = send({ channel: 'email', template: 'mail', skipWhen, next: 'done' })
    const sequence = defineSequence({ start: 'mail', steps: { mail, done } })
    const contact = person('ana', { attributes: { name: 'Ana', plan: 'paid' } })
    expect(reasonsOf(await explained(await promiseStage(), sequence, { contact }))).toEqual(['skipped skip_when 0'])
  })

  it('lateness, and a moment after which it is not wanted', async () => {
    const stage = await promiseStage()
    const late = send({ channel: 'email', template: 'mail', maxLateness: 'PT1H', onLate: 'skip', next: 'old' })
    const old = send({
      channel: 'email',
      template: 'mail',
      notAfter: { anchor: 'enrollment', for: 'PT2H' },
      next: 'done',
    })
    const campaignId = await enrolled(stage, defineSequence({ start: 'late', steps: { late, old, done } }))
    stage.clock.moveTo('2026-03-06T20:00Z')
    await stage.drumbeat.tick()
    const explanation = only(await stage.acme.explain({ campaignId, contactId: 'ana' }))
    expect(reasonsOf(explanation)).toEqual(['skipped late 0', 'expired not_after 0'])
  })

  it('a rejection by the provider', async () => {
    const rejecting = { answer: () => ({ outcome: 'rejected', code: 'no_such_user' }) as const }
    expect(reasonsOf(await explained(await promiseStage({ email: rejecting }), oneMail))).toEqual([
      'failed no_such_user 1',
    ])
  })

  it('a holdout', async () => {
    const sequence = defineSequence({
      start: 'split',
      steps: {
        split: split({ arms: { all: { weight: 100, next: 'mail', holdout: true } } }),
        mail: send({ channel: 'email', template: 'mail', next: 'done' }),
        done,
      },
    })
    expect(reasonsOf(await explained(await promiseStage(), sequence))).toEqual(['skipped holdout 0'])
  })

  it('an exit cancels what was put off, and says which', async () => {
    const stage = await promiseStage()
    const campaign = { quietHours: { sms: '15:00-09:00' }, exitOn: event('subscribed') }
    const campaignId = await enrolled(stage, oneText, campaign)
    await stage.drumbeat.tick()
    await stage.acme.track({ contactId: 'ana', event: 'subscribed' })
    await stage.drumbeat.tick()
    const explanation = only(await stage.acme.explain({ campaignId, contactId: 'ana' }))
    expect(explanation).toMatchObject({ status: 'exited', reason: 'goal', why: null, next: [], planned: [] })
    expect(reasonsOf(explanation)).toEqual(['canceled goal 0'])
  })
})

describe('what holds somebody', () => {
  const sequence = defineSequence({ start: 'hour', steps: { hour: wait({ for: 'PT1H', next: 'done' }), done } })

  it('a pause of the campaign, of the step, and a stop of the workspace, each by its name, until it is over', async () => {
    const stage = await promiseStage()
    const campaignId = await enrolled(stage, sequence)
    await stage.drumbeat.tick()
    const { acme } = stage
    const held = async () => only(await acme.explain({ campaignId, contactId: 'ana' })).pausedBy
    expect(await held()).toBeNull()
    await acme.campaigns.pause(campaignId)
    expect(await held()).toBe('campaign')
    await acme.campaigns.resume(campaignId)
    expect(await held()).toBeNull()
    await acme.campaigns.pause(campaignId, { step: 'hour' })
    expect(await held()).toBe('step')
    await acme.campaigns.resume(campaignId, { step: 'hour' })
    await acme.emergencyStop()
    expect(await held()).toBe('workspace')
    // What it waits for is still told.
    expect(only(await acme.explain({ campaignId, contactId: 'ana' }))).toMatchObject({
      waitsFor: 'timer',
      why: { for: 'PT1H' },
    })
    await acme.resumeAfterStop()
    expect(await held()).toBeNull()
  })

  it('somebody taken out of the way because a decision fails is told apart, with the reason', async () => {
    const stage = await promiseStage()
    await stage.acme.configure({ calendars: { work: { weekend: ['sat', 'sun'], holidays: [] } } })
    const days = wait({ businessDays: 1, calendar: 'work', next: 'done' })
    const campaignId = await enrolled(stage, defineSequence({ start: 'days', steps: { days, done } }))
    // Somebody takes the calendar away under the running campaign.
    await stage.acme.configure({ calendars: {} })
    await stage.drumbeat.tick()
    expect(only(await stage.acme.explain({ campaignId, contactId: 'ana' }))).toMatchObject({
      status: 'quarantined',
      reason: 'decision_failed',
      why: { error: expect.stringContaining('There is no calendar "work"') as string },
      waitsFor: null,
      dueAt: null,
      next: [],
    })
  })

  it('somebody who was withdrawn', async () => {
    const stage = await promiseStage()
    const campaignId = await enrolled(stage, sequence)
    await stage.acme.withdraw(campaignId, 'ana', { reason: 'asked_by_phone' })
    expect(only(await stage.acme.explain({ campaignId, contactId: 'ana' }))).toMatchObject({
      status: 'exited',
      reason: 'asked_by_phone',
      endedAt: at(begins),
    })
  })
})

it('every run is explained on its own, oldest first; somebody who never entered has none', async () => {
  const stage = await promiseStage()
  const campaignId = await enrolled(stage, oneMail, { entry: { when: 'api', again: 'afterExit' } })
  await stage.playTo('2026-03-06T16:00Z')
  await stage.acme.enroll(campaignId, 'ana')
  const runs = await stage.acme.explain({ campaignId, contactId: 'ana' })
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'active'])
  expect(await stage.acme.explain({ campaignId, contactId: 'nobody' })).toEqual([])
  await expect(stage.acme.explain({ campaignId: 'nope', contactId: 'ana' })).rejects.toMatchObject({
    code: 'not_found',
  })
})
