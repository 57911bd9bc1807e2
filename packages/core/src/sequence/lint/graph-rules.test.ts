import { describe, expect, it } from 'vitest'
import { shortestMs } from '../../testing/shortest-ms.js'
import { lintSequence } from '../lint.js'
import type { Sequence } from '../sequence.js'
import type { Step } from '../step.js'
import { lint, sending, sequenceOf } from './test-sequences.js'

const branch = (otherwise: string, ...cases: readonly string[]): Step => ({
  kind: 'branch',
  cases: cases.map((next) => ({ when: { tag: 'a' }, next })),
  otherwise,
})

describe('the graph', () => {
  it('a sequence with nothing wrong has no issues', () => {
    const steps: Sequence['steps'] = {
      welcome: sending({ next: 'overnight' }),
      overnight: { kind: 'wait', for: 'P1D', until: '08:00', next: 'active?' },
      'active?': branch('done', 'welcome'),
    }
    expect(lint(steps)).toEqual([])
  })

  it('a step that leads nowhere is told with the step that was probably meant', () => {
    expect(lint({ welcome: sending({ next: 'dnoe' }) })).toContainEqual({
      code: 'dangling_edge',
      path: ['steps', 'welcome', 'next'],
      severity: 'error',
      message: 'Step "welcome" leads by "next" to "dnoe", which is not a step.',
      fix: 'Name a step that exists, or add that one. Did you mean "done"?',
    })
  })

  it('a dangling edge is told with its place in a case, an arm or an exit', () => {
    const issues = lint({
      a: branch('b', 'x'),
      b: { kind: 'split', arms: { even: { weight: 100, next: 'y' } } },
    })
    expect(issues.filter(({ code }) => code === 'dangling_edge').map(({ path }) => path.join('.'))).toEqual([
      'steps.a.cases.0.next',
      'steps.b.arms.even.next',
    ])
  })

  it('a start and an interrupt that lead nowhere are told', () => {
    const on = [{ when: { event: 'x' }, goto: 'nowhere', within: ['welcme'] }]
    const issues = lint({ welcome: sending() }, {}, { start: 'welcom', on })
    expect(issues.map(({ code, path }) => [code, path])).toEqual(
      expect.arrayContaining([
        ['unknown_start', ['start']],
        ['dangling_edge', ['on', 0, 'goto']],
        ['dangling_edge', ['on', 0, 'within', 0]],
      ]),
    )
    expect(issues[0]?.fix).toContain('Did you mean "welcome"?')
  })

  it('ids that objects inherit are not steps', () => {
    expect(lint({ welcome: sending({ next: 'toString' }) })[0]).toMatchObject({ code: 'dangling_edge' })
  })

  it('a step that nobody can come to is a warning', () => {
    expect(lint({ welcome: sending(), lost: sending() })).toEqual([
      {
        code: 'unreachable_step',
        path: ['steps', 'lost'],
        severity: 'warning',
        message: 'Nobody can come to step "lost".',
        fix: 'Lead another step to it, or remove it.',
      },
    ])
    const on = [{ when: { event: 'x' }, goto: 'lost' }]
    expect(lint({ welcome: sending(), lost: sending() }, {}, { on })).toEqual([])
  })

  it('a path without an exit is told at each of its steps', () => {
    const steps: Sequence['steps'] = {
      a: branch('b', 'done'),
      b: { kind: 'wait', for: 'P1D', next: 'c' },
      c: sending({ next: 'b' }),
    }
    expect(lint(steps)).toMatchObject([
      { code: 'path_without_exit', severity: 'error', message: 'From step "b" no path leads to an exit.' },
      { code: 'path_without_exit', path: ['steps', 'c'] },
    ])
  })

  it('a step without an exit because of a dangling edge is told once, as that', () => {
    expect(lint({ welcome: sending({ next: 'x' }) }).map(({ code }) => code)).toEqual([
      'dangling_edge',
      'unreachable_step',
    ])
  })

  describe('a loop that can go round at once', () => {
    const codes = (steps: Sequence['steps']) => lint(steps).map(({ code }) => code)
    const loop = (wait: Step): Sequence['steps'] => ({ a: sending({ next: 'b' }), b: branch('done', 'c'), c: wait })

    it('is told with its steps', () => {
      const [issue] = lint({ a: sending({ next: 'b' }), b: branch('done', 'a') })
      expect(issue).toMatchObject({ code: 'zero_delay_loop', severity: 'error' })
      expect(issue?.message).toMatch(/^Step "[ab]" is in a loop of "[ab]", "[ab]" that can go round/)
      expect(issue?.fix).toContain('at least a minute')
    })

    it('is told of a step that leads to itself', () => {
      expect(codes({ a: branch('done', 'a') })).toEqual(['zero_delay_loop'])
    })

    it.each<[string, Step]>([
      ['half a minute', { kind: 'wait', for: 'PT30S', next: 'a' }],
      ['a time of day, which may be now', { kind: 'wait', until: '08:00', next: 'a' }],
      ['the enrollment, which is past', { kind: 'wait', anchor: 'enrollment', for: 'P1D', next: 'a' }],
      ['a date, which is past the second time', { kind: 'wait', anchor: { fixed: '2030-01-01' }, next: 'a' }],
      ['today', { kind: 'wait', onDay: 0, at: '08:00', next: 'a' }],
      ['a condition, which may hold already', waitFor({ condition: { tag: 'x' }, next: 'a' })],
      ['an event of any time, which may have been', { ...waitFor({ event: 'x', next: 'a' }), since: 'ever' }],
    ])('is not stopped by waiting for %s', (_name, wait) => {
      expect(codes(loop(wait))).toContain('zero_delay_loop')
    })

    it.each<[string, Step]>([
      ['a minute', { kind: 'wait', for: 'PT1M', next: 'a' }],
      ['a day and a time', { kind: 'wait', for: 'P1D', until: '08:00', next: 'a' }],
      ['tomorrow', { kind: 'wait', onDay: 1, at: '00:00', next: 'a' }],
      ['a business day', { kind: 'wait', businessDays: 1, calendar: 'us', next: 'a' }],
      ['a new event', waitFor({ event: 'x', next: 'a' })],
      ['a new reply', waitFor({ reply: true, next: 'a' })],
      ['the limit of a waitFor', { ...waitFor({ condition: { tag: 'x' }, next: 'done' }), timedOut: 'a' }],
    ])('is none with a wait for %s', (_name, wait) => {
      expect(codes(loop(wait))).toEqual([])
    })

    function waitFor(trigger: Extract<Step, { kind: 'waitFor' }>['cases'][number]): Extract<Step, { kind: 'waitFor' }> {
      return { kind: 'waitFor', cases: [trigger], limit: { for: 'P1D' }, timedOut: 'done' }
    }
  })

  it('a visit limit has a range', () => {
    expect(lint({ a: sending() }, {}, { maxVisits: 101 })).toMatchObject([{ code: 'visit_limit', path: ['maxVisits'] }])
  })

  it('more than 500 steps or 2,000 edges are told, and nothing else then', () => {
    const many = (size: number, step: Step) =>
      sequenceOf(Object.fromEntries(Array.from({ length: size }, (_, index) => [`s${index}`, step])))
    expect(lintSequence(many(500, sending({ next: 'nowhere' })))).toMatchObject([{ code: 'too_many_steps' }])
    const wide = branch('nowhere', ...new Array<string>(300).fill('nowhere'))
    expect(lintSequence(many(10, wide))).toMatchObject([{ code: 'too_many_edges' }])
  })
})

describe('hostile graphs', () => {
  const size = 499
  const graph = (step: (index: number) => Step) =>
    sequenceOf(Object.fromEntries(Array.from({ length: size }, (_, index) => [`s${index}`, step(index)])))
  const to = (index: number) => `s${((index % size) + size) % size}`

  it.each<[string, Sequence, string]>([
    [
      'one long loop without a wait',
      graph((index) => branch(to(index + 1), to(index - 1), to(index + 7))),
      'zero_delay_loop',
    ],
    ['nothing but dangling edges', graph((index) => branch(`x${index}`, `y${index}`, `z${index}`)), 'dangling_edge'],
    ['steps that lead to themselves', graph((index) => branch(to(index), to(index))), 'zero_delay_loop'],
    [
      'threads of everything to everything',
      graph((index) =>
        sending({ thread: { sameAs: to(index * 31 + 5) }, next: index === 498 ? 'done' : to(index + 1) }),
      ),
      'bad_thread',
    ],
  ])('%s: refused in time', (_name, sequence, code) => {
    const caps = [{ max: 3, per: 'P7D', outside: 'defer' as const }]
    const lint = () => lintSequence(sequence, { caps, now: 0, channels: ['email'], calendars: [], actions: [] })
    expect(lint().map((issue) => issue.code)).toContain(code)
    expect(shortestMs(lint)).toBeLessThan(50)
  })
})
