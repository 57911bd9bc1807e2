import { describe, expect, it } from 'vitest'
import { describeDiff, diffSequences, isSameSequence } from './diff.js'
import type { Sequence } from './sequence.js'

const before: Sequence = {
  schema: 1,
  start: 'welcome',
  steps: {
    welcome: { kind: 'send', channel: 'email', template: 'welcome', rules: { quietHours: 'ignore' }, next: 'wait' },
    wait: { kind: 'wait', for: 'P1D', next: 'nudge' },
    nudge: { kind: 'send', channel: 'sms', template: 'nudge', next: 'done' },
    done: { kind: 'exit' },
  },
}

describe('diffSequences', () => {
  it('finds nothing between a sequence and a copy with its keys in another order', () => {
    const steps = Object.fromEntries(
      Object.entries(before.steps)
        .reverse()
        .map(([id, step]) => [id, Object.fromEntries(Object.entries(step).reverse())]),
    )
    const diff = diffSequences(before, { steps, start: 'welcome', schema: 1 } as unknown as Sequence)
    expect(isSameSequence(diff)).toBe(true)
    expect(describeDiff(diff)).toEqual([])
    expect(diff).toMatchObject({ addedEdges: [], removedEdges: [] })
  })

  it('names steps that came and went, fields that changed, and edges', () => {
    const after: Sequence = {
      schema: 1,
      start: 'welcome',
      maxVisits: 5,
      steps: {
        welcome: { kind: 'send', channel: 'email', template: 'hello', rules: { caps: 'ignore' }, next: 'wait' },
        wait: { kind: 'wait', for: 'P1D', until: '08:00', next: 'tips' },
        tips: { kind: 'send', channel: 'email', template: 'tips', next: 'done' },
        done: { kind: 'exit' },
      },
    }
    const diff = diffSequences(before, after)
    expect(diff).toMatchObject({
      added: ['tips'],
      removed: ['nudge'],
      addedEdges: [
        { from: 'wait', to: 'tips', label: 'next' },
        { from: 'tips', to: 'done' },
      ],
      removedEdges: [
        { from: 'wait', to: 'nudge', label: 'next' },
        { from: 'nudge', to: 'done' },
      ],
    })
    expect(describeDiff(diff)).toEqual([
      'Step "tips" is new.',
      'Step "nudge" is gone.',
      'Step "welcome": template was "welcome", is "hello".',
      'Step "welcome": rules.quietHours was "ignore", and is gone.',
      'Step "welcome": rules.caps is now "ignore".',
      'Step "wait": next was "nudge", is "tips".',
      'Step "wait": until is now "08:00".',
      'The sequence: maxVisits is now 5.',
    ])
  })

  it('is the other way round when the sequences are', () => {
    const { done: _done, ...steps } = before.steps
    const after = { ...before, steps }
    const there = diffSequences(before, after)
    const back = diffSequences(after, before)
    expect(back.added).toEqual(there.removed)
    expect(back.addedEdges).toEqual(there.removedEdges)
  })

  it('is not deceived by names that objects inherit', () => {
    const after = {
      ...before,
      steps: { ...before.steps, done: { kind: 'exit', metadata: { toString: 1 } } },
    } as Sequence
    expect(diffSequences(before, after).changed).toEqual([
      { step: 'done', fields: [{ field: 'metadata', before: undefined, after: { toString: 1 } }] },
    ])
  })
})
