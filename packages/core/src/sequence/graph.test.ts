import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  edges,
  edgesOf,
  firstSends,
  leadingToExit,
  predecessors,
  reachable,
  reachableFrom,
  visitOrder,
} from './graph.js'
import { loops } from './loops.js'
import type { Sequence } from './sequence.js'
import type { Step } from './step.js'

const exit: Step = { kind: 'exit' }
const send = (next: string): Step => ({ kind: 'send', channel: 'email', template: 'a', next })
const wait = (next: string): Step => ({ kind: 'wait', for: 'P1D', next })
const branch = (otherwise: string, ...cases: readonly string[]): Step => ({
  kind: 'branch',
  cases: cases.map((next) => ({ when: { tag: 'a' }, next })),
  otherwise,
})

function sequence(steps: Sequence['steps'], more: Partial<Sequence> = {}): Sequence {
  return { schema: 1, start: Object.keys(steps)[0] ?? '', steps, ...more }
}

/** The design's onboarding. */
const onboarding = sequence({
  welcome: send('overnight'),
  overnight: wait('active?'),
  'active?': branch('nudge', 'tips'),
  tips: send('done'),
  nudge: send('invited'),
  invited: { kind: 'waitFor', cases: [{ event: 'x', next: 'done' }], limit: { for: 'PT48H' }, timedOut: 'help' },
  help: send('done'),
  done: exit,
})

describe('edges', () => {
  it('carry the name of the exit, and where their target is written', () => {
    expect(edgesOf('invited', onboarding.steps.invited as Step)).toEqual([
      { from: 'invited', to: 'done', label: 'case 1', path: ['cases', 0, 'next'] },
      { from: 'invited', to: 'help', label: 'timedOut', path: ['timedOut'] },
    ])
  })

  it.each<[string, Step, readonly string[]]>([
    ['send', { ...(send('a') as Extract<Step, { kind: 'send' }>), failed: 'b' }, ['next', 'failed']],
    ['series', { kind: 'series', anchor: 'base', items: [], next: 'a', past: 'b' }, ['next', 'past']],
    ['wait', { kind: 'wait', next: 'a', past: 'b' }, ['next', 'past']],
    ['branch', branch('a', 'b', 'c'), ['case 1', 'case 2', 'otherwise']],
    ['split', { kind: 'split', arms: { x: { weight: 50, next: 'a' }, y: { weight: 50, next: 'b' } } }, ['x', 'y']],
    ['update', { kind: 'update', next: 'a' }, ['next']],
    ['webhook', { kind: 'webhook', url: 'https://a.test', next: 'a', failed: 'b' }, ['next', 'failed']],
    [
      'action',
      { kind: 'action', action: 'x', exits: { next: 'a', lost: 'b' }, failed: 'c' },
      ['next', 'lost', 'failed'],
    ],
    ['exit', exit, []],
  ])('of a %s', (_kind, step, labels) => {
    expect(edgesOf('s', step).map(({ label }) => label)).toEqual(labels)
  })

  it('of a sequence are all of them, dangling ones too', () => {
    expect(edges(sequence({ a: send('nowhere') }))).toMatchObject([{ from: 'a', to: 'nowhere' }])
  })
})

describe('reachability', () => {
  it('follows edges from the start', () => {
    expect([...reachable(sequence({ a: send('c'), b: send('c'), c: exit }))]).toEqual(['a', 'c'])
    expect([...reachableFrom(onboarding, ['nudge'])].sort()).toEqual(['done', 'help', 'invited', 'nudge'])
  })

  it('follows interrupts that can strike, also those that others make possible', () => {
    const steps = { a: send('done'), done: exit, b: send('done'), c: send('done'), d: send('done') }
    const on = [
      { when: { event: 'second' }, goto: 'c', within: ['b'] },
      { when: { event: 'first' }, goto: 'b' },
      { when: { event: 'never' }, goto: 'd', within: ['d'] },
    ]
    expect([...reachable(sequence(steps, { on }))].sort()).toEqual(['a', 'b', 'c', 'done'])
  })

  it('knows from where an exit can be come to', () => {
    const found = leadingToExit(sequence({ a: branch('b', 'done'), b: wait('c'), c: wait('b'), done: exit }))
    expect([...found].sort()).toEqual(['a', 'done'])
  })

  it('knows what leads to a step, once each', () => {
    const found = predecessors(sequence({ a: branch('b', 'b', 'c'), b: send('c'), c: exit }))
    expect([...found]).toEqual([
      ['a', []],
      ['b', ['a']],
      ['c', ['a', 'b']],
    ])
  })
})

describe('loops', () => {
  it('are found, also of one step, and each once', () => {
    const found = loops(sequence({ a: branch('b', 'e'), b: wait('c'), c: branch('b', 'd'), d: wait('d'), e: exit }))
    expect(found.map((steps) => [...steps].sort())).toEqual([['d'], ['b', 'c']])
  })

  it('are none in a graph that only goes on', () => {
    expect(loops(onboarding)).toEqual([])
  })

  it('do not count edges that are not followed', () => {
    expect(loops(sequence({ a: wait('b'), b: send('a') }), ({ from }) => from !== 'a')).toEqual([])
  })

  it('are found in a chain of 100,000 steps without exhausting the stack', () => {
    const steps: Record<string, Step> = {}
    for (let index = 0; index < 100_000; index++) steps[`s${index}`] = send(`s${(index + 1) % 100_000}`)
    expect(loops(sequence(steps))[0]).toHaveLength(100_000)
    expect(visitOrder(sequence(steps))).toHaveLength(100_000)
  })
})

describe('visitOrder', () => {
  it('is the order in which a run meets the steps, whatever order they are written in', () => {
    const shuffled = { ...onboarding, steps: Object.fromEntries(Object.entries(onboarding.steps).reverse()) }
    expect(visitOrder(shuffled)).toEqual([
      'welcome',
      'overnight',
      'active?',
      'tips',
      'nudge',
      'invited',
      'help',
      'done',
    ])
  })

  it('puts what only interrupts lead to behind, and what nothing leads to last', () => {
    const steps = { lost: send('done'), a: send('done'), sorry: send('done'), done: exit }
    const on = [{ when: { event: 'x' }, goto: 'sorry' }]
    expect(visitOrder({ ...sequence(steps, { on }), start: 'a' })).toEqual(['a', 'done', 'sorry', 'lost'])
  })
})

describe('firstSends', () => {
  it('are the messages behind a step, up to the next one on each path', () => {
    expect(firstSends(onboarding, 'overnight')).toEqual(['tips', 'nudge'])
    expect(firstSends(onboarding, 'invited')).toEqual(['help'])
    expect(firstSends(onboarding, 'welcome')).toEqual(['welcome'])
    expect(firstSends(onboarding, 'done')).toEqual([])
    expect(firstSends(onboarding, 'nowhere')).toEqual([])
  })
})

/** Graphs of any shape: edges back, to themselves, and into nowhere. */
const graphs = fc.integer({ min: 1, max: 40 }).chain((size) => {
  const target = fc.integer({ min: 0, max: size }).map((index) => `s${index}`)
  const step = fc.oneof(
    target.map(send),
    target.map(wait),
    fc.constant(exit),
    fc.array(target, { minLength: 1, maxLength: 4 }).map(([first = 's0', ...rest]) => branch(first, ...rest)),
  )
  return fc
    .array(step, { minLength: size, maxLength: size })
    .map((steps) => sequence(Object.fromEntries(steps.map((one, index) => [`s${index}`, one]))))
})

/** Whether one step can be come to from another, by going every way: the plainest method there is. */
function leads(graph: Sequence, from: string, to: string): boolean {
  const seen = new Set<string>()
  const go = (id: string): boolean =>
    edges(graph)
      .filter((edge) => edge.from === id)
      .some((edge) => {
        if (edge.to === to) return true
        if (seen.has(edge.to)) return false
        seen.add(edge.to)
        return go(edge.to)
      })
  return go(from)
}

describe('on random graphs', () => {
  it('everything comes to an end and agrees with the plainest method', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const ids = Object.keys(graph.steps)
        expect([...reachable(graph)].sort()).toEqual(
          ids.filter((id) => id === graph.start || leads(graph, graph.start, id)).sort(),
        )
        const inLoops = loops(graph).flat()
        expect([...inLoops].sort()).toEqual(ids.filter((id) => leads(graph, id, id)).sort())
        for (const loop of loops(graph)) {
          expect(loop.every((id) => loop.every((other) => leads(graph, id, other)))).toBe(true)
        }
        const exits = ids.filter((id) => graph.steps[id]?.kind === 'exit')
        expect([...leadingToExit(graph)].sort()).toEqual(
          ids.filter((id) => exits.includes(id) || exits.some((end) => leads(graph, id, end))).sort(),
        )
        expect([...visitOrder(graph)].sort()).toEqual([...ids].sort())
      }),
    )
  })

  it('the order of visits puts every step behind those that lead to it, unless they are in a loop', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const order = visitOrder(graph)
        const live = reachable(graph)
        for (const { from, to } of edges(graph)) {
          if (!live.has(from) || !live.has(to) || leads(graph, to, from)) continue
          expect(order.indexOf(from)).toBeLessThan(order.indexOf(to))
        }
      }),
    )
  })
})
