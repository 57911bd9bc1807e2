import { describe, expect, it } from 'vitest'
import { type Issue, SequenceInvalidError } from '../errors.js'
import { shortestMs } from '../testing/shortest-ms.js'
import { all, any, attribute, type Condition, event, not, tag } from './condition.js'
import { everything } from './lint/test-sequences.js'
import { parseCondition } from './schema/condition-schema.js'
import { parseSequence } from './sequence-schema.js'

function refused(read: () => unknown): SequenceInvalidError {
  try {
    read()
  } catch (error) {
    if (error instanceof SequenceInvalidError) return error
    throw error
  }
  throw new Error('It was not refused')
}

const done = { kind: 'exit' }

/** The issues of a sequence whose step `welcome` is this one. */
function issuesOf(step: unknown): readonly Issue[] {
  return refused(() => parseSequence({ schema: 1, start: 'welcome', steps: { welcome: step, done } })).issues
}

describe('parseSequence', () => {
  it('reads every kind of step with every field, and gives back the same JSON', () => {
    const read = parseSequence(everything)
    expect(read).toEqual(everything)
    expect(parseSequence(JSON.parse(JSON.stringify(read)))).toEqual(read)
  })

  it('returns a copy that later changes to the input do not reach', () => {
    const input = structuredClone(everything) as unknown as { steps: Record<string, Record<string, unknown>> }
    const read = parseSequence(input)
    for (const step of Object.values(input.steps)) step.kind = 'changed'
    expect(read).toEqual(everything)
  })

  it('refuses a misspelled key of a step and suggests the right one', () => {
    const issues = issuesOf({ kind: 'wait', untill: '08:00', for: 'P1D', next: 'done' })
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({
      code: 'unknown_key',
      path: ['steps', 'welcome', 'untill'],
      message: 'Step "welcome" has an unknown key "untill".',
    })
    expect(issues[0]?.fix).toContain('Did you mean "until"?')
  })

  it('refuses a misspelled key anywhere', () => {
    const keys = [
      [{ kind: 'send', channel: 'email', template: 'a', rules: { quiteHours: 'ignore' }, next: 'done' }, 'quietHours'],
      [{ kind: 'branch', cases: [{ when: { tag: 'a' }, nxt: 'done', next: 'done' }], otherwise: 'done' }, 'next'],
      [{ kind: 'branch', cases: [{ when: { tag: 'a', sinse: 'ever' }, next: 'done' }], otherwise: 'done' }, 'tag'],
      [{ kind: 'waitFor', cases: [{ event: 'a', were: [], next: 'done' }], limit: {}, timedOut: 'done' }, 'where'],
      [{ kind: 'split', arms: { a: { wait: 100, weight: 100, next: 'done' } } }, 'weight'],
    ] as const
    for (const [step, meant] of keys) {
      const [issue] = issuesOf(step)
      expect(issue?.code).toBe('unknown_key')
      expect(issue?.message).toContain('Step "welcome"')
      expect(issue?.fix).toContain(meant)
    }
  })

  it('suggests the kind that was meant', () => {
    expect(issuesOf({ kind: 'sned' })).toMatchObject([
      { code: 'wrong_value', path: ['steps', 'welcome', 'kind'], message: 'Step "welcome": "kind" is "sned".' },
    ])
    expect(issuesOf({ kind: 'sned' })[0]?.fix).toContain('Did you mean "send"?')
    expect(issuesOf({})[0]).toMatchObject({ code: 'missing', message: 'Step "welcome": "kind" is missing.' })
    expect(issuesOf('send')[0]).toMatchObject({ code: 'wrong_type' })
  })

  it('names what is missing and what is of the wrong type', () => {
    expect(issuesOf({ kind: 'send', channel: 3, next: 'done' })).toMatchObject([
      { code: 'wrong_type', message: 'Step "welcome": "channel" is 3.', fix: 'It must be text.' },
      { code: 'missing', message: 'Step "welcome": "template" is missing.' },
    ])
    expect(issuesOf({ kind: 'wait', anchor: 'enrolment', next: 'done' })[0]?.fix).toContain('"enrollment"')
    expect(issuesOf({ kind: 'wait', anchor: { atribute: 'x' }, next: 'done' })[0]?.fix).toContain(
      'Did you mean attribute?',
    )
  })

  it('objects to a condition as the one that was meant', () => {
    const branch = (when: unknown) => ({ kind: 'branch', cases: [{ when, next: 'done' }], otherwise: 'done' })
    expect(issuesOf(branch({ atribute: 'plan', op: 'is', value: 1 }))[0]?.fix).toContain('Did you mean attribute?')
    expect(issuesOf(branch({ attribute: 'plan', op: 'iss', value: 1 }))).toMatchObject([
      { path: ['steps', 'welcome', 'cases', 0, 'when', 'op'], code: 'wrong_value' },
    ])
    expect(issuesOf(branch({ all: [{ any: [{ event: 'a', atLeast: 0 }] }] }))).toMatchObject([
      { path: ['steps', 'welcome', 'cases', 0, 'when', 'all', 0, 'any', 0, 'atLeast'], code: 'out_of_range' },
    ])
  })

  it('refuses what is no sequence at all', () => {
    for (const input of [
      null,
      1,
      'x',
      [],
      {},
      { schema: 2, start: 'a', steps: {} },
      { schema: 1, start: 'a', steps: [] },
    ]) {
      const { message, issues } = refused(() => parseSequence(input))
      expect(issues.length).toBeGreaterThan(0)
      expect(message).toContain('The sequence')
    }
  })

  it('refuses ids that are empty or longer than 64 characters', () => {
    const steps = { done, '': done, [`x${'y'.repeat(64)}`]: done }
    const { issues } = refused(() => parseSequence({ schema: 1, start: 'done', steps }))
    expect(issues).toMatchObject([{ code: 'out_of_range' }, { code: 'out_of_range' }])
  })
})

describe('hostile sequences', () => {
  const send = (next: string) => ({ kind: 'send', channel: 'email', template: 'a', next })
  const graph = (size: number, step: (index: number) => unknown) => ({
    schema: 1,
    start: 's0',
    steps: Object.fromEntries(Array.from({ length: size }, (_, index) => [`s${index}`, step(index)])),
  })
  const deep = (levels: number) => {
    let condition: unknown = { tag: 'a' }
    for (let level = 0; level < levels; level++) condition = { not: condition }
    return graph(1, () => ({ kind: 'branch', cases: [{ when: condition, next: 's0' }], otherwise: 's0' }))
  }
  const cyclic = graph(1, () => send('s0')) as { steps: Record<string, Record<string, unknown>> }
  ;(cyclic.steps.s0 as Record<string, unknown>).metadata = cyclic
  const cases = Array.from({ length: 200 }, () => ({ when: { tag: 'a' }, next: 's0' }))

  it.each<[string, unknown, string]>([
    ['100,000 steps in a row', graph(100_000, (index) => send(`s${index + 1}`)), 'too_many_steps'],
    ['100,000 steps that lead to themselves', graph(100_000, (index) => send(`s${index}`)), 'too_many_steps'],
    ['501 steps', graph(501, () => done), 'too_many_steps'],
    ['more than 2,000 edges', graph(10, () => ({ kind: 'branch', cases, otherwise: 's0' })), 'too_many_edges'],
    [
      'a branch of 100,000 cases',
      graph(1, () => ({ kind: 'branch', cases: new Array(100_000).fill({}), otherwise: 's0' })),
      'too_large',
    ],
    ['500 steps with nothing right', graph(500, () => ({ kin: 'send', cases: [{}, {}, {}, {}] })), 'missing'],
    ['a condition of 30 levels', deep(30), 'too_large'],
    ['a condition of 9 levels', deep(8), 'wrong_value'],
    ['a condition of a million levels', deep(1_000_000), 'too_large'],
    ['a cycle of references', cyclic, 'cyclic'],
    [
      'a polluted prototype',
      JSON.parse('{"schema":1,"start":"a","steps":{"__proto__":{"kind":"exit"}}}'),
      'forbidden_key',
    ],
    ['a step named constructor', { schema: 1, start: 'a', steps: { constructor: done } }, 'forbidden_key'],
    ['10 MB of text', graph(1, () => ({ kind: 'exit', name: 'x'.repeat(10_000_000) })), 'too_large'],
    ['NaN', graph(1, () => ({ kind: 'exit', metadata: { a: Number.NaN } })), 'not_json'],
    ['NUL in a name', graph(1, () => ({ kind: 'exit', name: 'a\u0000' })), 'bad_text'],
  ])('refuses %s in time', (_name, input, code) => {
    const { issues } = refused(() => parseSequence(input))
    expect(issues[0]?.code).toBe(code)
    expect(issues.length).toBeLessThanOrEqual(100)
    expect(shortestMs(() => refused(() => parseSequence(input)))).toBeLessThan(50)
    expect(Object.hasOwn(Object.prototype, 'kind')).toBe(false)
  })

  it('takes the largest sequence there may be', () => {
    const largest = graph(500, (index) => ({
      kind: 'branch',
      cases: [1, 2, 3].map((step) => ({
        when: { attribute: 'plan', op: 'is', value: step },
        next: `s${(index + step) % 500}`,
      })),
      otherwise: 's0',
    }))
    expect(Object.keys(parseSequence(largest).steps)).toHaveLength(500)
  })
})

describe('parseCondition', () => {
  it('reads what the builders write', () => {
    const condition: Condition = all(attribute('plan').in(['a']), any(), not(event('x', { atLeast: 2 })))
    expect(parseCondition(condition)).toEqual(condition)
  })

  it.each<[string, unknown]>([
    ['exists with a value', { attribute: 'a', op: 'exists', value: 1 }],
    ['in without a list', { attribute: 'a', op: 'in', value: 'b' }],
    ['is with a list', { attribute: 'a', op: 'is', value: ['b'] }],
    ['is without a value', { attribute: 'a', op: 'is' }],
    ['gt with a truth value', { attribute: 'a', op: 'gt', value: true }],
    ['an empty part of a path', { attribute: 'a..b', op: 'exists' }],
    ['more than 1,000 listed values', { attribute: 'a', op: 'in', value: new Array(1001).fill('x') }],
    ['more than 200 nodes', { all: new Array(200).fill({ tag: 'a' }) }],
    ['a user’s regular expression', { attribute: 'a', op: 'matches', value: '(a+)+$' }],
    ['two conditions in one', { tag: 'a', attribute: 'b', op: 'exists' }],
    ['nothing', {}],
    ['a list', []],
  ])('refuses %s', (_name, input) => {
    const { message, issues } = refused(() => parseCondition(input))
    expect(message).toContain('The condition')
    for (const { fix } of issues) expect(fix).not.toBe('')
  })

  it('takes 8 levels and 200 nodes, and no more', () => {
    const nested = (levels: number): Condition => (levels === 1 ? tag('a') : not(nested(levels - 1)))
    expect(parseCondition(nested(8))).toEqual(nested(8))
    expect(refused(() => parseCondition(nested(9))).issues[0]?.fix).toContain('8 levels')
    expect(parseCondition(all(...new Array(199).fill(tag('a'))))).toBeDefined()
  })
})
