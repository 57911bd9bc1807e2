import { describe, expect, it } from 'vitest'
import { VirtualClock } from './virtual-clock.js'

describe('a virtual clock', () => {
  it('moves only when it is told to', () => {
    const clock = new VirtualClock('2026-03-09T09:00:00Z')
    clock.advance(1_500)
    expect([clock.now(), clock.monotonic()]).toEqual([Date.parse('2026-03-09T09:00:01.500Z'), 1_500])
    clock.moveTo('2026-03-09T10:00:00Z')
    expect(clock.monotonic()).toBe(3_600_000)
  })

  it('refuses to go back, and says from where and to where', () => {
    const clock = new VirtualClock('2026-03-09T09:00:00Z')
    expect(() => clock.moveTo('2026-03-09T08:59:59Z')).toThrow(/2026-03-09T09:00:00.000Z .* 2026-03-09T08:59:59.000Z/)
  })

  it('wakes what sleeps on it as it passes, earliest first', async () => {
    const clock = new VirtualClock(0)
    const woken: string[] = []
    const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(name))
    const sleeping = [sleep('late', 200), sleep('early', 100), sleep('never', 1_000)]
    clock.advance(99)
    await Promise.resolve()
    expect(woken).toEqual([])
    clock.advance(101)
    await Promise.all(sleeping.slice(0, 2))
    expect(woken).toEqual(['early', 'late'])
  })

  it('does not sleep at all for no time, and wakes at once when its signal aborts', async () => {
    const clock = new VirtualClock(0)
    await clock.sleep(0)
    await clock.sleep(10, AbortSignal.abort())
    const stop = new AbortController()
    const sleeping = clock.sleep(10, stop.signal)
    stop.abort()
    await sleeping
  })
})
