import { describe, expect, it } from 'vitest'
import { SequenceInvalidError } from '../errors.js'
import { defineTemplates, emailTemplate, smsTemplate } from './authoring/define-templates.js'
import { attribute, event } from './condition.js'
import { defineSequence } from './define-sequence.js'
import { lintSequence } from './lint.js'
import { parseSequence } from './sequence-schema.js'
import {
  action,
  branch,
  exit,
  interrupt,
  send,
  sendVariants,
  series,
  split,
  update,
  wait,
  waitFor,
  webhook,
} from './steps.js'

/** As the design writes it. */
const onboarding = defineSequence({
  start: 'welcome',
  steps: {
    welcome: send({ channel: 'email', template: 'welcome', next: 'overnight' }),
    overnight: wait({ for: 'P1D', until: '08:00', next: 'active?' }),
    'active?': branch({ cases: [{ when: event('project.created'), next: 'tips' }], otherwise: 'nudge' }),
    tips: send({ channel: 'email', template: 'tips', next: 'done' }),
    nudge: send({ channel: 'sms', template: 'nudge', next: 'invited' }),
    invited: waitFor({ event: 'teammate.invited', within: 'PT48H', then: 'done', timedOut: 'help' }),
    help: send({ channel: 'email', template: 'help', next: 'done' }),
    done: exit(),
  },
})

function refused(write: () => unknown): SequenceInvalidError {
  try {
    write()
  } catch (error) {
    if (error instanceof SequenceInvalidError) return error
    throw error
  }
  throw new Error('It was not refused')
}

describe('defineSequence', () => {
  it('writes plain JSON that a person can read and a UI can store', () => {
    expect(onboarding).toEqual({
      schema: 1,
      start: 'welcome',
      steps: {
        welcome: { kind: 'send', channel: 'email', template: 'welcome', next: 'overnight' },
        overnight: { kind: 'wait', for: 'P1D', until: '08:00', next: 'active?' },
        'active?': {
          kind: 'branch',
          cases: [{ when: { event: 'project.created' }, next: 'tips' }],
          otherwise: 'nudge',
        },
        tips: { kind: 'send', channel: 'email', template: 'tips', next: 'done' },
        nudge: { kind: 'send', channel: 'sms', template: 'nudge', next: 'invited' },
        invited: {
          kind: 'waitFor',
          cases: [{ event: 'teammate.invited', next: 'done' }],
          limit: { for: 'PT48H' },
          timedOut: 'help',
        },
        help: { kind: 'send', channel: 'email', template: 'help', next: 'done' },
        done: { kind: 'exit' },
      },
    })
    expect(parseSequence(JSON.parse(JSON.stringify(onboarding)))).toEqual(onboarding)
    expect(lintSequence(onboarding)).toEqual([])
  })

  it('has a builder for every kind of step', () => {
    const sequence = defineSequence({
      start: 'reminders',
      steps: {
        reminders: series({
          anchor: { attribute: 'appointment' },
          items: [{ id: 'day', channel: 'sms', template: 'soon', for: '-P1D', ifPast: 'skip' }],
          next: 'test',
          past: 'done',
        }),
        test: split({ arms: { a: { weight: 50, next: 'tagged' }, b: { weight: 50, next: 'done' } } }),
        tagged: update({ addTags: ['reminded'], next: 'score' }),
        score: webhook({ url: 'https://example.com/score', next: 'crm', failed: 'done' }),
        crm: action({ action: 'crm.note', exits: { next: 'done', lost: 'gone' } }),
        gone: exit('lost'),
        done: exit(),
      },
      on: [interrupt({ when: { event: 'appointment.canceled' }, goto: 'gone', within: ['reminders'], once: true })],
      maxVisits: 3,
    })
    expect(Object.values(sequence.steps).map(({ kind }) => kind)).toEqual([
      'series',
      'split',
      'update',
      'webhook',
      'action',
      'exit',
      'exit',
    ])
    expect(sequence.on).toEqual([
      { when: { event: 'appointment.canceled' }, goto: 'gone', within: ['reminders'], once: true },
    ])
    expect(sequence.maxVisits).toBe(3)
    expect(lintSequence(sequence)).toEqual([])
  })

  it('waits for an event with a filter, a condition, a reply, or several cases with any limit', () => {
    const where = [{ field: 'total', op: 'gt', value: 5 }] as const
    const common = { within: 'PT1H', timedOut: 'late', name: 'Order?', since: 'enrollment' } as const
    expect(waitFor({ ...common, event: 'order', where, then: 'done' })).toEqual({
      kind: 'waitFor',
      name: 'Order?',
      cases: [{ event: 'order', where, next: 'done' }],
      limit: { for: 'PT1H' },
      timedOut: 'late',
      since: 'enrollment',
    })
    const when = attribute('plan').is('paid')
    expect(waitFor({ ...common, condition: when, then: 'done' }).cases).toEqual([{ condition: when, next: 'done' }])
    expect(waitFor({ ...common, reply: true, keyword: 'yes', then: 'done' }).cases).toEqual([
      { reply: true, keyword: 'yes', next: 'done' },
    ])
    const cases = [
      { event: 'a', next: 'done' },
      { reply: true, next: 'other' },
    ] as const
    expect(waitFor({ cases, limit: { onDay: 3, at: '09:00' }, timedOut: 'late' })).toEqual({
      kind: 'waitFor',
      cases,
      limit: { onDay: 3, at: '09:00' },
      timedOut: 'late',
    })
  })

  it('refuses at run time too what does not compile', () => {
    const steps = { welcome: send({ channel: 'email', template: 'welcome', next: 'overnite' }), overnight: exit() }
    // @ts-expect-error: "overnite" is not a step
    const { message, issues } = refused(() => defineSequence({ start: 'welcome', steps }))
    expect(issues).toMatchObject([{ code: 'dangling_edge', path: ['steps', 'welcome', 'next'] }])
    expect(message).toBe(
      'The sequence has a problem. Step "welcome" leads by "next" to "overnite", which is not a step. ' +
        'Name a step that exists, or add that one. Did you mean "overnight"?',
    )
  })

  it('refuses keys that no step has', () => {
    // @ts-expect-error: "untill" is no key of a wait
    const write = () => defineSequence({ start: 'a', steps: { a: wait({ untill: '08:00', next: 'b' }), b: exit() } })
    expect(refused(write).issues[0]?.fix).toContain('Did you mean "until"?')
  })
})

describe('variants of a message', () => {
  it('are written as a split and a send for each', () => {
    const sequence = defineSequence({
      start: 'welcome',
      steps: {
        welcome: sendVariants({
          name: 'Welcome',
          channel: 'email',
          topic: 'news',
          variants: { short: { template: 'welcome-short' }, long: { template: 'welcome-long' } },
          next: 'done',
        }),
        done: exit(),
      },
    })
    expect(sequence.steps).toEqual({
      welcome: {
        kind: 'split',
        name: 'Welcome',
        arms: { short: { weight: 50, next: 'welcome/short' }, long: { weight: 50, next: 'welcome/long' } },
      },
      'welcome/short': { kind: 'send', channel: 'email', topic: 'news', template: 'welcome-short', next: 'done' },
      'welcome/long': { kind: 'send', channel: 'email', topic: 'news', template: 'welcome-long', next: 'done' },
      done: { kind: 'exit' },
    })
    expect(lintSequence(sequence)).toEqual([])
  })

  it('are equally likely in whole percent, unless weights are given', () => {
    const weights = (variants: Record<string, { template: string; weight?: number }>) => {
      const step = sendVariants({ channel: 'email', variants, next: 'done' })
      const { steps } = defineSequence({ start: 'a', steps: { a: step, done: exit() } })
      return steps.a?.kind === 'split' ? Object.values(steps.a.arms).map(({ weight }) => weight) : []
    }
    const template = 'x'
    expect(weights({ a: { template }, b: { template }, c: { template } })).toEqual([34, 33, 33])
    expect(weights({ a: { template, weight: 90 }, b: { template, weight: 10 } })).toEqual([90, 10])
  })

  it('keep the experiment, and refuse a name that is taken', () => {
    const experiment = {
      metric: { fact: 'clicked' },
      horizon: 'P3D',
      testShare: 20,
      decideAt: { anchor: 'campaignStart', for: 'P4D' },
      test: 'two-proportion-z',
      alpha: 0.05,
      sides: 2,
      fallback: 'a',
    } as const
    const variants = { a: { template: 'x' }, b: { template: 'y' } }
    const step = sendVariants({ channel: 'email', variants, experiment, next: 'done' })
    const { steps } = defineSequence({ start: 'mail', steps: { mail: step, done: exit() } })
    expect(steps.mail).toMatchObject({ experiment })
    expect(lintSequence({ schema: 1, start: 'mail', steps })).toEqual([])
    const taken = { mail: step, 'mail/a': exit(), done: exit() }
    expect(refused(() => defineSequence({ start: 'mail', steps: taken })).issues).toMatchObject([
      { code: 'duplicate_step', path: ['steps', 'mail/a'] },
    ])
  })
})

describe('templates', () => {
  const templates = defineTemplates<{ firstName: string }>()({
    welcome: emailTemplate({
      subject: 'Hi {{firstName | there}}',
      html: '<p>{{> sign}}</p>',
      text: 'Hi',
      partials: { sign: 'Yours, {{workspace.name}}' },
      fallbacks: { firstName: 'friend' },
      metadata: { owner: 'ana' },
    }),
    nudge: smsTemplate({ body: 'Hi {{firstName}}', mediaUrls: ['https://example.com/a.png'], trusted: [] }),
  })

  it('are plain JSON, by id, as the templates API takes them', () => {
    expect(JSON.parse(JSON.stringify(templates))).toEqual({
      welcome: {
        channel: 'email',
        content: { kind: 'email', subject: 'Hi {{firstName | there}}', html: '<p>{{> sign}}</p>', text: 'Hi' },
        partials: { sign: 'Yours, {{workspace.name}}' },
        fallbacks: { firstName: 'friend' },
        metadata: { owner: 'ana' },
      },
      nudge: {
        channel: 'sms',
        content: { kind: 'text', body: 'Hi {{firstName}}', mediaUrls: ['https://example.com/a.png'] },
        trusted: [],
      },
    })
  })

  it('are for the compiler only: they are no part of the sequence', () => {
    const steps = { hello: send({ channel: 'email', template: 'welcome', next: 'done' }), done: exit() }
    expect(defineSequence({ templates, start: 'hello', steps })).toEqual(defineSequence({ start: 'hello', steps }))
  })
})
