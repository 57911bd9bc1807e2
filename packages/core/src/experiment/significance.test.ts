import { describe, expect, it } from 'vitest'
import { twoProportionPValue } from './significance.js'
import { winnerOf } from './winner.js'

const arm = (converted: number, assigned: number) => ({ converted, assigned })

describe('the p-value', () => {
  // z = (0.12 - 0.10) / sqrt(0.11 * 0.89 * 2 / 1000) = 1.42927; the tails are those of the standard normal distribution.
  it('of 120 against 100 in 1,000 is 0.1529 on two sides and 0.0765 on one', () => {
    expect(twoProportionPValue(arm(120, 1000), arm(100, 1000), 2)).toBeCloseTo(0.15293, 4)
    expect(twoProportionPValue(arm(120, 1000), arm(100, 1000), 1)).toBeCloseTo(0.07646, 4)
  })

  // pooled 0.1; z = 0.04 / sqrt(0.09 * 2 / 500) = 2.10819.
  it('of 60 against 40 in 500 is 0.0350 on two sides', () => {
    expect(twoProportionPValue(arm(60, 500), arm(40, 500), 2)).toBeCloseTo(0.03501, 4)
  })

  it('does not depend on the order on two sides, and adds up to one on one side', () => {
    const [a, b] = [arm(31, 200), arm(45, 210)]
    expect(twoProportionPValue(a, b, 2)).toBe(twoProportionPValue(b, a, 2))
    expect(twoProportionPValue(a, b, 1) + twoProportionPValue(b, a, 1)).toBeCloseTo(1, 10)
  })

  it('is 1 where there is nothing to compare', () => {
    expect(twoProportionPValue(arm(0, 0), arm(5, 10), 2)).toBe(1)
    expect(twoProportionPValue(arm(0, 10), arm(0, 10), 2)).toBe(1)
    expect(twoProportionPValue(arm(10, 10), arm(10, 10), 1)).toBe(1)
    expect(twoProportionPValue(arm(5, 10), arm(5, 10), 2)).toBeCloseTo(1, 6)
  })
})

describe('the winner', () => {
  const spec = { alpha: 0.05, sides: 2, fallback: 'a' } as const
  const tally = (a: number, b: number) => [
    { arm: 'a', converted: a, assigned: 500 },
    { arm: 'b', converted: b, assigned: 500 },
  ]

  it('is the best arm when it is significantly better', () => {
    expect(winnerOf(spec, tally(40, 60))).toMatchObject({ arm: 'b', significant: true })
  })

  it('is the fallback when no difference was found, or there is nobody to compare', () => {
    expect(winnerOf(spec, tally(50, 60))).toMatchObject({ arm: 'a', significant: false })
    expect(winnerOf(spec, [])).toEqual({ arm: 'a', significant: false, pValue: null })
    expect(winnerOf(spec, [{ arm: 'b', converted: 5, assigned: 5 }])).toEqual({
      arm: 'a',
      significant: false,
      pValue: null,
    })
  })

  it('is found among many arms by comparing the best two', () => {
    const arms = [...tally(40, 60), { arm: 'c', converted: 59, assigned: 500 }]
    expect(winnerOf(spec, arms)).toMatchObject({ arm: 'a', significant: false })
  })
})
