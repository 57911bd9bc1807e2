import fc from 'fast-check'
import { expect, it } from 'vitest'
import { defaultRetryPolicy, retryAt } from './retry-policy.js'

const at = (given: { attempts?: number; retryAfterMs?: number | null; random?: number }) =>
  retryAt(defaultRetryPolicy, { attempts: 1, retryAfterMs: null, random: 0.5, now: 1_000_000, ...given })

it('pauses at random below a bound that doubles with every attempt', () => {
  const longest = [1, 2, 3].map((attempts) => (at({ attempts, random: 0.999_999 }) ?? 0) - 1_000_000)
  expect(longest).toEqual([4_000, 8_000, 16_000])
  expect(at({ random: 0 })).toBe(1_000_000)
})

it('takes what the provider asks for as the floor, also beyond its own longest pause', () => {
  expect(at({ retryAfterMs: 3_600_000 })).toBe(4_600_000)
  expect(at({ retryAfterMs: 1, random: 0.999_999 })).toBe(1_004_000)
})

it('gives up after as many attempts as it allows', () => {
  expect(at({ attempts: 7 })).not.toBeNull()
  expect([at({ attempts: 8 }), at({ attempts: 9 })]).toEqual([null, null])
})

it('never waits longer than its longest pause of its own accord, and never goes back in time', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), random, (attempts, luck) => {
      const pause = (at({ attempts, random: luck }) ?? 0) - 1_000_000
      expect(pause).toBeGreaterThanOrEqual(0)
      expect(pause).toBeLessThanOrEqual(defaultRetryPolicy.longestMs)
    }),
  )
})
