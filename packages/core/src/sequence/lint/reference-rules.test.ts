import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../json.js'
import { all, arm, delivery, not, webhookReply } from '../condition.js'
import type { ExperimentSpec, Step } from '../step.js'
import { lint, sending } from './test-sequences.js'

const asking = (when: Extract<Step, { kind: 'branch' }>['cases'][number]['when']): Step => ({
  kind: 'branch',
  cases: [{ when, next: 'done' }],
  otherwise: 'done',
})

describe('splits', () => {
  const split = (...weights: readonly number[]): Step => ({
    kind: 'split',
    arms: Object.fromEntries(weights.map((weight, index) => [`arm${index}`, { weight, next: 'done' }])),
  })

  it('whose arms are not 100 percent together are told with the sum', () => {
    expect(lint({ test: split(40, 50) })).toEqual([
      {
        code: 'split_not_100',
        path: ['steps', 'test', 'arms'],
        severity: 'error',
        message: 'The arms of step "test" are together 90 percent.',
        fix: 'Give every arm a weight from 0 to 100, so that together they are 100.',
      },
    ])
    expect(lint({ test: split(120, -20) })).toMatchObject([{ code: 'split_not_100' }])
    expect(lint({ test: split(33.33, 33.33, 33.34) })).toEqual([])
  })
})

describe('experiments', () => {
  const good: ExperimentSpec = {
    metric: { fact: 'clicked' },
    horizon: 'P3D',
    testShare: 20,
    decideAt: { anchor: 'campaignStart', for: 'P4D' },
    test: 'two-proportion-z',
    alpha: 0.05,
    sides: 2,
    fallback: 'a',
  }
  const testing = (change: Partial<ExperimentSpec>): Step => ({
    kind: 'split',
    arms: {
      a: { weight: 40, next: 'done' },
      b: { weight: 50, next: 'done' },
      none: { weight: 10, next: 'done', holdout: true },
    },
    experiment: { ...good, ...change },
  })

  it('that can be decided are fine', () => {
    expect(lint({ test: testing({}) })).toEqual([])
    expect(lint({ test: testing({ testShare: 100, decideAt: { anchor: { fixed: '2030-01-01' } } }) })).toEqual([])
  })

  it.each<[string, Partial<ExperimentSpec>, string]>([
    ['a fallback that is no arm', { fallback: 'bb' }, 'experiment_fallback'],
    ['a fallback that sends nothing', { fallback: 'none' }, 'experiment_fallback'],
    ['nobody in the test', { testShare: 0 }, 'experiment_test_share'],
    ['more than everybody in the test', { testShare: 101 }, 'experiment_test_share'],
    ['an alpha of 5', { alpha: 5 }, 'experiment_alpha'],
    ['a decision per person', { decideAt: { for: 'P4D' } }, 'experiment_decide_at'],
    ['a horizon that is no duration', { horizon: '3 days' }, 'bad_duration'],
  ])('with %s are told', (_name, change, code) => {
    const [issue] = lint({ test: testing(change) })
    expect(issue?.code).toBe(code)
    expect(issue?.message).toContain('Step "test"')
    expect(issue?.fix).not.toBe('')
  })

  it('of one arm have nothing to compare', () => {
    const step: Step = { kind: 'split', arms: { a: { weight: 100, next: 'done' } }, experiment: good }
    expect(lint({ test: step })).toMatchObject([{ code: 'experiment_arms' }])
  })
})

describe('references', () => {
  const steps = {
    welcome: sending({ next: 'test' }),
    test: { kind: 'split', arms: { short: { weight: 100, next: 'score' } } },
    score: { kind: 'webhook', url: 'https://a.test', next: 'asked' },
  } as const

  it('to steps that exist and can have what is asked for are fine', () => {
    const when = all(delivery('welcome', 'opened'), not(arm('test', 'short')), webhookReply('score', 'risk').gt(1))
    expect(lint({ ...steps, asked: asking(when) })).toEqual([])
  })

  it.each([
    ['a step that does not exist', delivery('welcom', 'opened'), 'unknown_reference', 'Did you mean "welcome"?'],
    ['the delivery of a split', delivery('test', 'opened'), 'wrong_reference', 'send'],
    ['the arm of a send', arm('welcome', 'short'), 'wrong_reference', 'split'],
    ['an arm that does not exist', arm('test', 'shrt'), 'unknown_arm', 'Did you mean "short"?'],
    ['the reply of a send', webhookReply('welcome', 'x').exists(), 'wrong_reference', 'webhook, action'],
  ] as const)('to %s are told at their place', (_name, condition, code, fix) => {
    const [issue, ...others] = lint({ ...steps, asked: asking(all(not(condition))) })
    expect(others).toEqual([])
    expect(issue).toMatchObject({
      code,
      path: ['steps', 'asked', 'cases', 0, 'when', 'all', 0, 'not'],
      severity: 'error',
    })
    expect(issue?.message).toContain('A condition of step "asked"')
    expect(issue?.fix).toContain(fix)
  })

  it('are looked at in skipWhen and waitFor too', () => {
    const bad = delivery('nowhere', 'opened')
    const paths = lint({
      a: sending({ skipWhen: bad, next: 'b' }),
      b: { kind: 'waitFor', cases: [{ condition: bad, next: 'done' }], limit: { for: 'P1D' }, timedOut: 'done' },
    }).map(({ path }) => path.join('.'))
    expect(paths).toEqual(['steps.a.skipWhen', 'steps.b.cases.0.condition'])
  })
})

describe('threads', () => {
  const continuing = (sameAs: string, channel = 'email') => sending({ thread: { sameAs }, channel })

  it('continue an earlier send of the same channel', () => {
    expect(lint({ first: sending({ next: 'second' }), second: continuing('first') })).toEqual([])
  })

  it.each<[string, string, Step]>([
    ['a step that does not exist', 'which is not a step', continuing('frst')],
    ['a step that does not send', 'which is of the kind exit', continuing('done')],
    ['a message of another channel', 'which goes out by email and not by sms', continuing('first', 'sms')],
    ['itself', 'which does not come before it', continuing('second')],
  ])('of %s are told', (_name, problem, second) => {
    const [issue] = lint({ first: sending({ next: 'second' }), second })
    expect(issue).toMatchObject({ code: 'bad_thread', path: ['steps', 'second', 'thread', 'sameAs'] })
    expect(issue?.message).toContain('Step "second"')
    expect(issue?.message).toContain(problem)
    expect(issue?.fix).not.toBe('')
  })

  it('of a later message are told', () => {
    const issues = lint({ first: { ...continuing('second'), next: 'second' }, second: sending() })
    expect(issues).toMatchObject([
      { code: 'bad_thread', message: expect.stringContaining('does not come before') as string },
    ])
  })
})

describe('what is around a sequence', () => {
  it('a channel that is not configured is told', () => {
    expect(lint({ nudge: sending({ channel: 'smss' }) }, { channels: ['email', 'sms'] })).toMatchObject([
      {
        code: 'unknown_channel',
        message: 'Step "nudge" goes out by the channel "smss", which is not configured.',
        fix: expect.stringContaining('Did you mean "sms"?') as string,
      },
    ])
  })

  it('an action that is not registered is told', () => {
    const step: Step = { kind: 'action', action: 'crm.updat', exits: { next: 'done' } }
    expect(lint({ call: step }, { actions: ['crm.update'] })).toMatchObject([
      {
        code: 'unknown_action',
        message: expect.stringContaining('Step "call"') as string,
        fix: expect.stringContaining('"crm.update"') as string,
      },
    ])
  })

  it('an input that its action does not accept is told, with the reason that the action gives', () => {
    const step: Step = { kind: 'action', action: 'crm.update', input: { tag: 7 }, exits: { next: 'done' } }
    const inputProblems = (action: string, input: JsonObject) =>
      action === 'crm.update' && typeof input.tag !== 'string' ? ['tag must be text.'] : []
    expect(lint({ call: step }, { actions: ['crm.update'], inputProblems })).toMatchObject([
      {
        code: 'bad_action_input',
        path: ['steps', 'call', 'input'],
        severity: 'error',
        message: 'Step "call" gives the action "crm.update" an input that it does not accept: tag must be text.',
      },
    ])
    expect(lint({ call: { ...step, input: { tag: 'a' } } }, { actions: ['crm.update'], inputProblems })).toEqual([])
  })

  it.each(['http://a.test', 'https://me:secret@a.test', 'ftp://a.test', 'not a url'])('the URL %s is told', (url) => {
    const [issue] = lint({ call: { kind: 'webhook', url, next: 'done' } })
    expect(issue).toMatchObject({ code: 'bad_url', path: ['steps', 'call', 'url'] })
    expect(issue?.message).toContain('Step "call"')
    expect(issue?.message).not.toContain('secret')
  })

  it('two messages of a series with one id are told', () => {
    const item = { id: 'day', channel: 'sms', template: 'a', for: 'P1D' }
    const step: Step = { kind: 'series', anchor: 'enrollment', items: [item, item], next: 'done' }
    expect(lint({ reminders: step })).toMatchObject([
      { code: 'duplicate_item', path: ['steps', 'reminders', 'items', 1, 'id'], fix: 'Rename one of them.' },
    ])
  })
})
