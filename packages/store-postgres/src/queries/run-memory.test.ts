import type { Memory } from '@drumbeat/core'
import { aCampaign, aNewRun } from '@drumbeat/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryOf, memoryText } from './run-memory.js'

const { memory } = aNewRun(aCampaign({ workspaceId: 'acme' }), 'ana').recipient
const step = fc.constantFrom('welcome', 'constructor', 'nudge')
const at = fc.integer({ min: 0, max: 3 })
const memories: fc.Arbitrary<Memory> = fc
  .record({
    base: at,
    since: at,
    afterSeq: at,
    visits: fc.dictionary(step, fc.integer({ min: 1, max: 2 })),
    path: fc.array(fc.record({ step, at, via: fc.constantFrom('next', 'start') }), { maxLength: 3 }),
    holdout: fc.boolean(),
    plans: fc.dictionary(
      fc.constantFrom('', 'first', 'constructor'),
      fc.record({
        plannedAt: at,
        dueAt: at,
        state: fc.constantFrom('planned' as const, 'open' as const, 'done' as const, 'past' as const),
        deliveryId: fc.constantFrom(null, 7),
        attempts: fc.constantFrom(0, 1),
      }),
    ),
    why: fc.option(fc.constant({ for: 'P1D' })),
  })
  .map((change) => ({ ...memory, ...change }))

describe("a run's memory", () => {
  it('is read back as it was stored, whatever of it goes without saying', () => {
    fc.assert(
      fc.property(memories, (stored) => {
        expect({ ...memoryOf(memoryText(stored)) }).toEqual(stored)
      }),
    )
  })

  it('does not say what goes without saying', () => {
    const begun = { ...memory, path: [{ step: 'welcome', at: 5, via: 'start' }], visits: { welcome: 1 } }
    expect(JSON.parse(memoryText(begun))).toEqual({
      base: memory.base,
      path: [['welcome', 5 - memory.base, 'start']],
    })
  })
})
