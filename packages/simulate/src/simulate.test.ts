import {
  type Action,
  action,
  attribute,
  branch,
  createDrumbeat,
  defineSequence,
  event,
  exit,
  formatInstant,
  sandboxChannel,
  send,
  VirtualClock,
  type WebhookCaller,
  wait,
  waitFor,
  webhook,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { describe, expect, it, vi } from 'vitest'
import { simulate } from './simulate.js'
import { begins, campaignOf, everything, person, realStage } from './test-workspace.js'

const oneMail = defineSequence({
  start: 'welcome',
  steps: { welcome: send({ channel: 'email', template: 'welcome', next: 'done' }), done: exit() },
})

const people = Array.from({ length: 30 }, (_, index) => person(`p${index}`, 'Europe/Berlin'))
const started = people.map(({ id: contactId }) => ({ at: begins, contactId, event: 'trial.started' }))
const lively = { opens: 0.5, clicks: 0.5, replies: 0.4, stops: 0.2, bounces: 0.1 }

describe('chance', () => {
  it('the same seed gives the same trace, and another seed another one', async () => {
    const { workspace } = await realStage()
    const { id } = await workspace.campaigns.create(everything)
    const play = (seed: number) =>
      simulate(workspace, id, { contacts: people, from: begins, days: 10, script: started, behavior: lively, seed })
    const [one, again, other] = [await play(7), await play(7), await play(8)]
    expect(one.trace.length).toBeGreaterThan(100)
    expect(again.trace).toEqual(one.trace)
    expect(again.messages).toEqual(one.messages)
    expect(other.trace).not.toEqual(one.trace)
  })

  it('what somebody does about messages does not depend on who else takes part', async () => {
    const { workspace } = await realStage()
    const { id } = await workspace.campaigns.create(everything)
    const alone = people.slice(10, 20)
    const play = (contacts: typeof people) =>
      simulate(workspace, id, {
        contacts,
        from: begins,
        days: 10,
        script: started.filter(({ contactId }) => contacts.some((contact) => contact.id === contactId)),
        behavior: lively,
      })
    const [few, all] = [await play(alone), await play(people)]
    for (const contact of alone) {
      const lines = ({ timelines }: typeof few) =>
        timelines.get(contact.id)?.map(({ local, text }) => `${local} ${text}`)
      expect(lines(all)).toEqual(lines(few))
    }
  })
})

describe('behavior', () => {
  const sequence = defineSequence({
    start: 'nudge',
    steps: {
      nudge: send({ channel: 'sms', template: 'nudge', next: 'mail' }),
      mail: send({ channel: 'email', template: 'welcome', next: 'days' }),
      days: wait({ for: 'P3D', next: 'last' }),
      last: send({ channel: 'sms', template: 'later', next: 'done' }),
      done: exit(),
    },
  })
  const play = async (behavior: object) => {
    const { workspace } = await realStage()
    const id = await campaignOf(workspace, sequence)
    return simulate(workspace, id, { contacts: people, from: begins, days: 5, behavior })
  }
  const counted = ({ counters }: Awaited<ReturnType<typeof play>>, name: string) =>
    counters.filter((counter) => counter.name === name).reduce((sum, { value }) => sum + value, 0)

  it('nobody reacts unless told to', async () => {
    const played = await play({})
    expect(counted(played, 'fact.opened')).toBe(0)
    expect(played.messages).toHaveLength(people.length * 3)
    expect(played.notSent).toEqual([])
  })

  it('everybody opens and clicks', async () => {
    const played = await play({ opens: 1, clicks: 1 })
    expect(counted(played, 'fact.opened')).toBe(people.length)
    expect(counted(played, 'fact.clicked')).toBe(people.length)
    expect(played.timelines.get('p0')?.map(({ text }) => text)).toEqual(expect.arrayContaining(['Opened', 'Clicked']))
  })

  it('a STOP closes the number, and what comes later is not sent, with the reason', async () => {
    const played = await play({ stops: 1 })
    expect(played.notSent).toEqual([
      { stepId: 'last', reason: 'suppressed_stop', text: 'they answered STOP', count: people.length },
    ])
    const texts = played.timelines.get('p0')?.map(({ kind, stepId, text }) => `${kind} ${stepId} ${text}`)
    expect(texts).toEqual([
      'entered nudge Entered the campaign',
      'sent nudge SMS sent',
      'sent mail Email sent',
      'happened  Wrote "STOP"',
      'not sent last SMS not sent: they answered STOP',
      'ended done Came to the end',
    ])
  })

  it('a bounce closes the address', async () => {
    const played = await play({ bounces: 1 })
    expect(played.notSent).toMatchObject([{ stepId: 'last', reason: 'suppressed_hard_bounce', count: people.length }])
  })

  it('reactions come within the minutes that are given', async () => {
    const { timelines } = await play({ opens: 1, withinMinutes: 30, roundToMinutes: 10 })
    const entries = [...timelines.values()].flat()
    const delays = entries.filter(({ text }) => text === 'Opened').map(({ at }) => (at - Date.parse(begins)) / 60_000)
    expect(new Set(delays)).toEqual(new Set([10, 20, 30]))
  })
})

describe('the script', () => {
  const sequence = defineSequence({
    start: 'reply?',
    steps: {
      'reply?': waitFor({ cases: [{ reply: true, next: 'welcome' }], limit: { for: 'P1D' }, timedOut: 'late' }),
      welcome: send({ channel: 'email', template: 'welcome', next: 'done' }),
      late: send({ channel: 'sms', template: 'later', next: 'done' }),
      done: exit(),
    },
  })

  it('people write from the address that is known by then, and a machine is no person', async () => {
    const { workspace } = await realStage()
    const id = await campaignOf(workspace, sequence)
    const ana = {
      id: 'ana',
      addresses: { email: 'ana@example.com', sms: '+1 (212) 555-0100' },
      attributes: { name: 'A' },
    }
    const bo = { ...ana, id: 'bo', addresses: { ...ana.addresses, sms: '+1 212 555 0101' } }
    const { messages } = await simulate(workspace, id, {
      contacts: [ana, bo],
      from: begins,
      days: 3,
      script: [
        { at: '2026-03-06T16:00Z', contactId: 'ana', changes: { addresses: { sms: '+12125550199' } } },
        { at: '2026-03-06T17:00Z', contactId: 'ana', inbound: { channel: 'sms', text: 'Hello?' } },
        { at: '2026-03-06T17:00Z', contactId: 'bo', inbound: { channel: 'sms', text: 'Away', automatic: true } },
      ],
    })
    expect(messages.map(({ contactId, stepId, at }) => `${contactId} ${stepId} ${formatInstant(at)}`)).toEqual([
      'ana welcome 2026-03-06T17:00:00Z',
      'bo late 2026-03-07T15:00:00Z',
    ])
  })

  it('enrolls, withdraws, consents and creates people', async () => {
    const { workspace } = await realStage()
    await workspace.configure({ consent: { email: { marketing: 'granted' } } })
    const id = await campaignOf(workspace, oneMail, { entry: { when: 'api', again: 'afterExit' } })
    const { timelines, notSent, messages } = await simulate(workspace, id, {
      contacts: people.slice(0, 3),
      from: begins,
      days: 3,
      script: [
        { at: '2026-03-06T16:00Z', contactId: 'p0', enroll: true },
        { at: '2026-03-06T16:00Z', contactId: 'p1', consent: { channel: 'email', status: 'granted' } },
        { at: '2026-03-06T16:30Z', contactId: 'p1', enroll: true },
        { at: '2026-03-06T17:00Z', contactId: 'new', changes: person('new', 'Asia/Tokyo') },
        { at: '2026-03-06T17:30Z', contactId: 'new', enroll: true },
        { at: '2027-01-01T00:00Z', contactId: 'p2', enroll: true },
      ],
    })
    expect(messages.map(({ contactId }) => contactId)).toEqual(['p1'])
    expect(notSent).toEqual([
      { stepId: 'welcome', reason: 'consent_missing', text: 'consent has not been given', count: 2 },
    ])
    expect(timelines.get('new')?.[0]).toMatchObject({ kind: 'entered', local: '2026-03-07T02:30+09:00' })
    expect(timelines.get('p2')).toEqual([])
  })

  it('an event from before the beginning is known from the start', async () => {
    const { workspace } = await realStage()
    const id = await campaignOf(
      workspace,
      defineSequence({
        start: 'known?',
        steps: {
          'known?': branch({
            cases: [{ when: event('project.created', { since: 'ever' }), next: 'tips' }],
            otherwise: 'welcome',
          }),
          tips: send({ channel: 'email', template: 'tips', next: 'done' }),
          welcome: send({ channel: 'email', template: 'welcome', next: 'done' }),
          done: exit(),
        },
      }),
    )
    const { messages } = await simulate(workspace, id, {
      contacts: people.slice(0, 2),
      from: begins,
      days: 1,
      script: [{ at: '2025-03-06T17:00Z', contactId: 'p1', event: 'project.created' }],
    })
    expect(messages.map(({ contactId, stepId }) => `${contactId} ${stepId}`)).toEqual(['p0 welcome', 'p1 tips'])
  })
})

describe('actions and webhooks', () => {
  const sequence = defineSequence({
    start: 'score',
    steps: {
      score: webhook({ url: 'https://acme.test/score', body: { ask: 'points' }, next: 'assign', failed: 'lost' }),
      assign: action({
        action: 'crm.assign',
        input: { team: 'sales' },
        exits: { next: 'welcome', busy: 'later' },
        failed: 'lost',
      }),
      welcome: send({ channel: 'email', template: 'welcome', next: 'done' }),
      later: send({ channel: 'sms', template: 'later', next: 'done' }),
      lost: exit('lost'),
      done: exit(),
    },
  })
  const contacts = people.slice(0, 1)

  it('are never called, and are done unless an answer says otherwise', async () => {
    const run = vi.fn<Action['run']>()
    const call = vi.fn<WebhookCaller['call']>()
    const { workspace } = await realStage({ actions: [{ name: 'crm.assign', run }], webhooks: { call } })
    const id = await campaignOf(workspace, sequence)
    const plain = await simulate(workspace, id, { contacts, from: begins, days: 1 })
    expect(plain.messages.map(({ stepId }) => stepId)).toEqual(['welcome'])
    const score = vi.fn(() => ({ outcome: 'done', reply: null }) as const)
    const assign = vi.fn(() => ({ outcome: 'done', reply: null, exit: 'busy' }) as const)
    const busy = await simulate(workspace, id, {
      contacts,
      from: begins,
      days: 1,
      answers: { score, assign },
    })
    expect(busy.messages.map(({ stepId }) => stepId)).toEqual(['later'])
    expect(score.mock.calls).toEqual([[{ contactId: 'p0', stepId: 'score', input: { ask: 'points' } }]])
    expect(assign.mock.calls).toEqual([[{ contactId: 'p0', stepId: 'assign', input: { team: 'sales' } }]])
    const failed = await simulate(workspace, id, {
      contacts,
      from: begins,
      days: 1,
      answers: { assign: { outcome: 'failed', code: 'gone' } },
    })
    expect(failed.timelines.get('p0')?.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Webhook done', 'Action crm.assign not done: gone', 'Left: lost']),
    )
    expect(run).not.toHaveBeenCalled()
    expect(call).not.toHaveBeenCalled()
  })

  it('what the engine lacks is lacking in the simulation, unless an answer stands in for it', async () => {
    const { workspace } = await realStage({ actions: [], webhooks: null })
    const id = await campaignOf(workspace, sequence)
    await expect(simulate(workspace, id, { contacts, from: begins, days: 1 })).rejects.toMatchObject({
      code: 'sequence_invalid',
      message: expect.stringContaining('"crm.assign", which is not registered') as string,
    })
    const assign = { outcome: 'done', reply: null } as const
    const unwired = await simulate(workspace, id, { contacts, from: begins, days: 1, answers: { assign } })
    expect(unwired.notSent).toMatchObject([{ stepId: 'score', reason: 'webhooks_not_configured' }])
    const both = await simulate(workspace, id, { contacts, from: begins, days: 1, answers: { assign, score: assign } })
    expect(both.messages.map(({ stepId }) => stepId)).toEqual(['welcome'])
  })
})

describe('the workspace', () => {
  it('is only read: its store holds what it held, and nothing was sent', async () => {
    const store = memoryStore()
    const clock = new VirtualClock(begins)
    const email = sandboxChannel({ name: 'email', clock })
    const reading = /^(get|list|page|history|versions|counters|of|workspace|permissions|byAddress|events|nextDueAt)/
    const writes: string[] = []
    const watched = new Proxy(store, {
      get: (target, group) => {
        const found: unknown = Reflect.get(target, group)
        if (typeof found !== 'object' || found === null) return found
        return new Proxy(found, {
          get: (methods, name) => {
            if (watching && !reading.test(String(name))) writes.push(`${String(group)}.${String(name)}`)
            return Reflect.get(methods, name)
          },
        })
      },
    })
    let watching = false
    const drumbeat = createDrumbeat({
      store: watched,
      channels: [email],
      clock,
      unsubscribeUrl: () => 'https://acme.test',
    })
    const acme = drumbeat.workspace('acme')
    await acme.templates.publish('welcome', {
      channel: 'email',
      content: { kind: 'email', subject: 'Hi', html: '<p>Hi <a href="{{unsubscribeUrl}}">Bye</a></p>' },
    })
    const id = await campaignOf(acme, oneMail)
    await acme.contacts.import(people.slice(0, 2))
    watching = true
    const { messages } = await simulate(acme, id, { contacts: people, from: begins, days: 2, behavior: lively })
    expect(messages).toHaveLength(people.length)
    expect(writes).toEqual([])
    expect(email.messages).toEqual([])
    expect((await acme.campaigns.get(id)).status).toBe('draft')
  })

  it('decides with its own wiring: without an unsubscribe address a mail that needs one is not sent', async () => {
    const { workspace } = await realStage({ unsubscribeUrl: null })
    const id = await campaignOf(workspace, oneMail)
    const { notSent } = await simulate(workspace, id, { contacts: people, from: begins, days: 1 })
    expect(notSent).toMatchObject([{ reason: 'missing_token:unsubscribeUrl', count: people.length }])
  })
})

describe('the result', () => {
  it('has everybody: who never entered, who waits and for how long, and what of a contact could not be taken', async () => {
    const { workspace } = await realStage()
    const sequence = defineSequence({
      start: 'days',
      steps: {
        days: wait({ for: 'P9D', next: 'welcome' }),
        welcome: send({ channel: 'email', template: 'welcome', next: 'done' }),
        done: exit(),
      },
    })
    const id = await campaignOf(workspace, sequence, { audience: attribute('name').is('ana') })
    const { timelines, problems } = await simulate(workspace, id, {
      contacts: [
        { ...person('ana', 'Asia/Tokyo'), addresses: { email: 'ana@example.com', sms: '12' } },
        person('bo', 'Asia/Tokyo'),
      ],
      from: begins,
      days: 7,
    })
    expect(timelines.get('bo')).toEqual([])
    expect(timelines.get('ana')?.map(({ kind, local, text }) => `${local} ${kind}: ${text}`)).toEqual([
      '2026-03-07T00:00+09:00 entered: Entered the campaign',
      '2026-03-16T00:00+09:00 waiting: Waits until then',
    ])
    expect(problems).toMatchObject([{ contactId: 'ana', problem: expect.stringContaining('"sms"') as string }])
  })

  it('counts messages by hour, and segments as a provider would', async () => {
    const { workspace } = await realStage()
    await workspace.templates.publish('later', {
      channel: 'sms',
      content: { kind: 'text', body: 'Ž'.repeat(71) },
    })
    const sequence = defineSequence({
      start: 'later',
      steps: {
        later: send({ channel: 'sms', template: 'later', next: 'mail' }),
        mail: send({ channel: 'email', template: 'welcome', next: 'done' }),
        done: exit(),
      },
    })
    const id = await campaignOf(workspace, sequence)
    const { load, segments, messages } = await simulate(workspace, id, { contacts: people, from: begins, days: 1 })
    expect([...load]).toEqual([['2026-03-06T15', people.length * 2]])
    expect(segments).toBe(people.length * 2)
    expect(messages[0]).toMatchObject({ contactId: 'p0', stepId: 'later', itemId: null, content: { kind: 'text' } })
  })

  it('says of a deferred message until when and why, and later that it was put off', async () => {
    const { workspace } = await realStage()
    const sequence = defineSequence({
      start: 'nudge',
      steps: { nudge: send({ channel: 'sms', template: 'nudge', next: 'done' }), done: exit() },
    })
    const id = await campaignOf(workspace, sequence, {
      rules: { sms: { blackouts: [{ from: '2026-03-06', to: '2026-03-08' }] } },
    })
    const play = (days: number) =>
      simulate(workspace, id, { contacts: [person('ana', 'Europe/Berlin')], from: begins, days })
    const texts = async (days: number) =>
      (await play(days)).timelines.get('ana')?.map(({ local, text }) => `${local} ${text}`)
    expect(await texts(1)).toEqual([
      '2026-03-06T16:00+01:00 Entered the campaign',
      '2026-03-09T00:00+01:00 SMS put off: a blackout date',
    ])
    expect(await texts(4)).toContain('2026-03-09T00:00+01:00 SMS sent, put off from 2026-03-06T16:00+01:00')
  })
})
