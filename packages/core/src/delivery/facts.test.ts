import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clampReport, type Fact, type FactKind, mergeFacts, shownFact } from './facts.js'

const kinds: readonly FactKind[] = [
  'accepted',
  'sent',
  'deferred',
  'delivered',
  'opened',
  'clicked',
  'machine_opened',
  'machine_clicked',
  'soft_bounced',
  'hard_bounced',
  'complained',
  'unsubscribed',
  'failed',
]
const reports = fc.array(fc.record({ kind: fc.constantFrom(...kinds), at: fc.integer({ min: 0, max: 20 }) }))

describe('reports', () => {
  it('lead to the same set of facts in any order, and however often they come', () => {
    const shuffled = reports.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    )
    fc.assert(
      fc.property(shuffled, ([once, again]) => {
        expect(mergeFacts({}, again)).toEqual(mergeFacts({}, once))
      }),
    )
  })

  it('may be merged in batches', () => {
    fc.assert(
      fc.property(reports, reports, (first, second) => {
        expect(mergeFacts(mergeFacts({}, first), second)).toEqual(mergeFacts({}, [...second, ...first]))
      }),
    )
  })

  it('are kept at their earliest time, and touch nothing that was known', () => {
    const known = { opened: 5 }
    const merged = mergeFacts(known, [
      { kind: 'opened', at: 3 },
      { kind: 'opened', at: 8 },
    ])
    expect([merged, known]).toEqual([{ opened: 3 }, { opened: 5 }])
  })
})

describe('what is shown', () => {
  const shown = (...names: FactKind[]) =>
    shownFact(
      mergeFacts(
        {},
        names.map((kind): Fact => ({ kind, at: 1 })),
      ),
    )

  it('is the strongest fact', () => {
    expect(shown('delivered', 'complained', 'clicked')).toBe('complained')
    expect(shown('accepted', 'delivered', 'opened')).toBe('opened')
    expect(shown('soft_bounced', 'delivered')).toBe('delivered')
  })

  it('is nothing before the first report, nor for what machines did', () => {
    expect([shown(), shown('machine_opened', 'machine_clicked')]).toEqual([null, null])
  })
})

it('makes a provider’s time plausible: neither before the attempt nor after now', () => {
  const range = { from: 10, now: 20 }
  expect([5, 15, 25].map((at) => clampReport(at, range))).toEqual([10, 15, 20])
})
