import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../errors.js'
import { defaultEngineSettings } from '../context.js'
import {
  afterPushBack,
  afterSuccess,
  checkThrottle,
  isSlowest,
  type Throttle,
  type ThrottleSettings,
  unthrottled,
} from './adaptive-throttle.js'
import { Throttles } from './throttles.js'

const settings = defaultEngineSettings.throttle
const most = 200
const pushBack = (throttle: Throttle, change: Partial<Parameters<typeof afterPushBack>[1]> = {}) =>
  afterPushBack(throttle, { now: 0, rate: 1000, retryAfterMs: null, ...change }, settings)

function succeeding(throttle: Throttle, calls: number): Throttle {
  let now = throttle
  for (let call = 0; call < calls; call++) now = afterSuccess(now, most, settings)
  return now
}

describe('a throttle', () => {
  it('holds nothing back until the account pushes back', () => {
    expect(unthrottled(most)).toMatchObject({ atOnce: most, perSecond: null })
    expect(succeeding(unthrottled(most), 1000)).toEqual(unthrottled(most))
  })

  it('halves calls at once and the rate when the account pushes back', () => {
    expect(pushBack(unthrottled(most))).toMatchObject({ atOnce: 100, perSecond: 500 })
  })

  it('halves them once for all the calls that were under way', () => {
    let throttle = unthrottled(most)
    for (let call = 0; call < 50; call++) throttle = pushBack(throttle, { now: call })
    expect(throttle).toMatchObject({ atOnce: 100, perSecond: 500 })
    expect(pushBack(throttle, { now: 1_000 })).toMatchObject({ atOnce: 50, perSecond: 250 })
  })

  it('never gets slower than one call at a time, one per second, and says when it is there', () => {
    let throttle = unthrottled(most)
    for (let round = 0; round < 20; round++) throttle = pushBack(throttle, { now: round * 1_000, rate: 7 })
    expect(throttle).toMatchObject({ atOnce: 1, perSecond: 1 })
    expect(isSlowest(throttle)).toBe(true)
    expect(isSlowest(pushBack(unthrottled(most)))).toBe(false)
  })

  it('takes one more call at once per round, and a twentieth of the rate more per second of sending', () => {
    const slowed = pushBack(unthrottled(most))
    const round = succeeding(slowed, 100)
    expect(round.atOnce).toBeCloseTo(101, 1)
    // 500 calls are a second's worth: 500 + 5 % of 1,000.
    expect(succeeding(slowed, 500).perSecond).toBeGreaterThan(545)
    expect(succeeding(slowed, 500).perSecond).toBeLessThan(555)
  })

  it('forgets the rate when the account takes twice as much as when it pushed back', () => {
    const slowed = pushBack(unthrottled(most), { rate: 20 })
    expect(succeeding(slowed, 500).perSecond).toBeGreaterThan(20)
    expect(succeeding(slowed, 1_000).perSecond).toBeNull()
  })

  it('waits for as long as the account asks, but not longer than a minute', () => {
    expect(pushBack(unthrottled(most), { retryAfterMs: 7_000 }).pausedUntil).toBe(7_000)
    expect(pushBack(unthrottled(most), { retryAfterMs: 3_600_000 }).pausedUntil).toBe(60_000)
  })

  it('of which everything is kept is none', () => {
    const off = { ...settings, keep: 1 }
    expect(afterPushBack(unthrottled(most), { now: 0, rate: 1000, retryAfterMs: 5_000 }, off)).toEqual(
      unthrottled(most),
    )
    expect(new Throttles(most, off).pushedBack('mail', 0, null)).toBe(false)
  })

  it.each<[keyof ThrottleSettings, number]>([
    ['keep', 0],
    ['keep', 1.1],
    ['moreAtOnce', 0],
    ['moreRate', 2],
    ['calmMs', -1],
    ['longestPauseMs', Number.NaN],
  ])('refuses %s %d by its name', (name, value) => {
    expect(() => checkThrottle({ ...settings, [name]: value })).toThrow(ConfigurationError)
    expect(() => checkThrottle({ ...settings, [name]: value })).toThrow(`settings.throttle.${name} is ${value}`)
  })
})

describe('throttles', () => {
  it('measure how fast an account was called when it pushed back, and leave other accounts alone', () => {
    const throttles = new Throttles(most, settings)
    for (let call = 0; call < 80; call++) throttles.succeeded('mail', 0)
    expect(throttles.pushedBack('mail', 1_500, null)).toBe(true)
    expect(throttles.rate('mail')).toEqual({ units: 40, perMs: 1000 })
    expect(throttles.rate('sms')).toBeNull()
    expect([throttles.atOnce('mail'), throttles.atOnce('sms')]).toEqual([100, most])
  })
})
