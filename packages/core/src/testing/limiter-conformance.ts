import { describe, expect, it } from 'vitest'
import type { Limiter, LimitKey, Rate } from '../ports/limiter.js'
import { testStart } from './builders.js'

/** What {@link limiterConformance} needs to know of a limiter. */
export interface LimiterConformance {
  /** Shown above the cases. */
  readonly name: string
  /**
   * Two doors to one *fresh* limiter, as two processes would have them; a limiter of one process is both. It has to go by the
   * callers' `now`. Called once per case.
   */
  readonly open: () => Promise<{ readonly limiters: readonly [Limiter, Limiter]; readonly close: () => Promise<void> }>
}

/** Registers with vitest, one by one, what a Limiter must do. Virtual time only: no case waits. */
export function limiterConformance({ name, open }: LimiterConformance): void {
  describe(`${name} as a Limiter`, () => {
    for (const [sentence, prove] of Object.entries(cases)) {
      it(sentence, async () => {
        const { limiters, close } = await open()
        try {
          await prove(...limiters)
        } finally {
          await close()
        }
      })
    }
  })
}

const key: LimitKey = { account: 'twilio:AC1', sender: '+15005550006' }
const tenPerSecond: Rate = { units: 10, perMs: 1000, burst: 5 }

const cases: { readonly [sentence: string]: (one: Limiter, other: Limiter) => Promise<void> } = {
  'grants the burst at once, whoever asks, and then nothing': async (one, other) => {
    expect(await ask(one, 3)).toEqual({ granted: 3, retryAfterMs: 0 })
    expect(await ask(other, 3)).toEqual({ granted: 2, retryAfterMs: 0 })
    expect(await ask(one, 1)).toMatchObject({ granted: 0 })
  },

  'grants again with time, as much as the rate allows': async (one, other) => {
    await ask(one, 5)
    expect(await ask(other, 5, { afterMs: 99 })).toMatchObject({ granted: 0 })
    expect(await ask(other, 5, { afterMs: 100 })).toMatchObject({ granted: 1 })
    expect(await ask(one, 5, { afterMs: 350 })).toMatchObject({ granted: 2 })
    expect(await ask(one, 5, { afterMs: 399 })).toMatchObject({ granted: 0 })
    expect(await ask(one, 5, { afterMs: 400 })).toMatchObject({ granted: 1 })
  },

  'says when it will grant something, to the millisecond': async (one) => {
    await ask(one, 5)
    const { retryAfterMs } = await ask(one, 4, { atLeast: 3, afterMs: 50 })
    expect(retryAfterMs).toBe(250)
    expect(await ask(one, 4, { atLeast: 3, afterMs: 50 + retryAfterMs - 1 })).toMatchObject({ granted: 0 })
    expect(await ask(one, 4, { atLeast: 3, afterMs: 50 + retryAfterMs })).toEqual({ granted: 3, retryAfterMs: 0 })
  },

  'never saves up more than the burst': async (one) => {
    await ask(one, 5)
    expect(await ask(one, 100, { afterMs: 3_600_000 })).toMatchObject({ granted: 5 })
  },

  'grants nothing rather than a part of a message': async (one) => {
    await ask(one, 3)
    expect(await ask(one, 3, { atLeast: 3 })).toMatchObject({ granted: 0 })
    expect(await ask(one, 2, { atLeast: 2 })).toMatchObject({ granted: 2 })
  },

  'lets a message go that is larger than the burst, and those after it wait for that': async (one, other) => {
    expect(await ask(one, 8, { atLeast: 8 })).toEqual({ granted: 8, retryAfterMs: 0 })
    expect(await ask(other, 1, { afterMs: 399 })).toMatchObject({ granted: 0, retryAfterMs: 1 })
    expect(await ask(other, 1, { afterMs: 400 })).toMatchObject({ granted: 1 })
  },

  'takes back what was not used, and not more than the burst': async (one, other) => {
    await ask(one, 5)
    await one.giveBack({ key, rate: tenPerSecond, units: 2, now: testStart })
    expect(await ask(other, 5)).toMatchObject({ granted: 2 })
    await other.giveBack({ key, rate: tenPerSecond, units: 100, now: testStart })
    expect(await ask(one, 50)).toMatchObject({ granted: 5 })
  },

  'limits every account and every sender apart': async (one) => {
    await ask(one, 5)
    expect(await ask(one, 5, { key: { ...key, sender: '' } })).toMatchObject({ granted: 5 })
    expect(await ask(one, 5, { key: { ...key, account: 'twilio:AC' } })).toMatchObject({ granted: 5 })
    expect(await ask(one, 5, { key: { account: `${key.account}${key.sender}`, sender: '' } })).toMatchObject({
      granted: 5,
    })
  },

  'goes by a changed rate at once': async (one, other) => {
    await ask(one, 5)
    const faster: Rate = { units: 100, perMs: 1000, burst: 50 }
    expect(await ask(other, 50, { rate: faster, afterMs: 100 })).toMatchObject({ granted: 10 })
    const slower: Rate = { units: 1, perMs: 1000, burst: 1 }
    expect(await ask(one, 50, { rate: slower, afterMs: 60_000 })).toMatchObject({ granted: 1 })
  },

  'allows 200 ms of the rate at once where no burst is named, and at least one message': async (one) => {
    expect(await ask(one, 500, { rate: { units: 100, perMs: 1000 } })).toMatchObject({ granted: 20 })
    const slow = { rate: { units: 1, perMs: 60_000 }, key: { ...key, sender: 'slow' } }
    expect(await ask(one, 5, slow)).toMatchObject({ granted: 1 })
    expect(await ask(one, 5, { ...slow, afterMs: 59_999 })).toMatchObject({ granted: 0 })
    expect(await ask(one, 5, { ...slow, afterMs: 60_000 })).toMatchObject({ granted: 1 })
  },

  'grants nothing for time that goes back': async (one) => {
    await ask(one, 5, { afterMs: 1000 })
    expect(await ask(one, 5, { afterMs: 0 })).toMatchObject({ granted: 0 })
    expect(await ask(one, 5, { afterMs: 1100 })).toMatchObject({ granted: 1 })
  },

  'holds the rate within two percent, however many ask at once': async (one, other) => {
    const rate: Rate = { units: 1000, perMs: 1000 }
    let granted = 0
    for (let afterMs = 0; afterMs < 10_000; afterMs += 50) {
      const asked = Array.from({ length: 6 }, (_, index) =>
        ask(index % 2 === 0 ? one : other, 7 + index * 5, { rate, afterMs }),
      )
      for (const reservation of await Promise.all(asked)) granted += reservation.granted
    }
    expect(granted).toBeLessThanOrEqual(10_000 * 1.02)
    expect(granted).toBeGreaterThanOrEqual(10_000 * 0.98)
  },

  'refuses what could never be granted': async (one) => {
    for (const units of [0, -1, 1.5, Number.NaN])
      await expect(ask(one, units)).rejects.toMatchObject({ code: 'configuration' })
    await expect(ask(one, 2, { atLeast: 3 })).rejects.toMatchObject({ code: 'configuration' })
    await expect(ask(one, 2, { rate: { units: 0, perMs: 1000 } })).rejects.toMatchObject({ code: 'configuration' })
    await expect(ask(one, 2, { rate: { ...tenPerSecond, burst: 0 } })).rejects.toMatchObject({ code: 'configuration' })
  },
}

function ask(
  limiter: Limiter,
  units: number,
  options: {
    readonly atLeast?: number
    readonly afterMs?: number
    readonly rate?: Rate
    readonly key?: LimitKey
  } = {},
) {
  const { afterMs = 0, ...rest } = options
  return limiter.reserve({ key, rate: tenPerSecond, units, ...rest, now: testStart + afterMs })
}
