import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareDue, DueHeap, type HeapEntry } from './heap.js'

const entries = fc.array(fc.record({ dueAt: fc.integer({ min: -3, max: 3 }), id: fc.nat(99) }), { maxLength: 200 })

describe('the heap', () => {
  it('gives what falls due first, the older id among equals, however it grows and shrinks', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(entries, fc.nat(200)), { maxLength: 5 }), (rounds) => {
        const heap = new DueHeap()
        let left: HeapEntry[] = []
        for (const [pushed, popped] of rounds) {
          for (const entry of pushed) heap.push(entry)
          left = [...left, ...pushed].sort(compareDue)
          for (let count = 0; count < popped; count++) {
            expect(heap.peek()).toEqual(left[0])
            expect(heap.pop()).toEqual(left.shift())
          }
        }
      }),
    )
  })
})
