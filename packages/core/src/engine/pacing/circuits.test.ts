import { describe, expect, it } from 'vitest'
import { Circuits } from './circuits.js'

const second = 1000
const account = 'acme-mail'
const record = (circuits: Circuits, result: 'ok' | 'failed' | 'blocked', times: number, now: number) => {
  let until: number | null = null
  for (let time = 0; time < times; time++) until = circuits.record(account, result, now)
  return until
}

describe('a circuit', () => {
  it('lets an account be called that nothing is known of', () => {
    expect(new Circuits().mayStart(account, 0)).toBe(true)
  })

  it('opens at once for 30 s when the account is refused', () => {
    const circuits = new Circuits()
    expect(circuits.record(account, 'blocked', 0)).toBe(30 * second)
    expect([29_999, 30_000].map((now) => circuits.mayStart(account, now))).toEqual([false, true])
    expect(circuits.mayStart('other', 1)).toBe(true)
  })

  it('stays closed below 20 calls, and while less than half of them failed', () => {
    const few = new Circuits()
    expect(record(few, 'failed', 19, 0)).toBeNull()
    const most = new Circuits()
    record(most, 'ok', 20, 0)
    expect(record(most, 'failed', 19, 0)).toBeNull()
    expect(most.record(account, 'failed', 0)).toBe(30 * second)
  })

  it('forgets calls after 30 s', () => {
    const circuits = new Circuits()
    record(circuits, 'failed', 15, 0)
    expect(record(circuits, 'failed', 15, 31 * second)).toBeNull()
  })

  it('is not held open longer by calls that were under way when it opened', () => {
    const circuits = new Circuits()
    expect(record(circuits, 'blocked', 50, 0)).toBe(30 * second)
  })

  it('lets one probe through at a time, and closes when it succeeds', () => {
    const circuits = new Circuits()
    circuits.record(account, 'blocked', 0)
    expect([circuits.mayStart(account, 30_000), circuits.mayStart(account, 30_000)]).toEqual([true, false])
    expect(circuits.record(account, 'ok', 30_100)).toBeNull()
    expect(circuits.mayStart(account, 30_100)).toBe(true)
  })

  it('opens twice as long each time a probe fails, at most 10 minutes, and begins anew after a success', () => {
    const circuits = new Circuits()
    let now = circuits.record(account, 'blocked', 0) ?? 0
    const spans: number[] = []
    for (let probe = 0; probe < 6; probe++) {
      circuits.mayStart(account, now)
      const until = circuits.record(account, 'failed', now) ?? 0
      spans.push((until - now) / second)
      now = until
    }
    expect(spans).toEqual([60, 120, 240, 480, 600, 600])
    circuits.mayStart(account, now)
    circuits.record(account, 'ok', now)
    expect(circuits.record(account, 'blocked', now)).toBe(now + 30 * second)
  })

  it('takes a probe back that never started', () => {
    const circuits = new Circuits()
    circuits.record(account, 'blocked', 0)
    circuits.mayStart(account, 30_000)
    circuits.notStarted(account)
    expect(circuits.mayStart(account, 30_000)).toBe(true)
  })

  it('names the accounts that must not be called, and until when', () => {
    const circuits = new Circuits()
    circuits.record(account, 'blocked', 0)
    circuits.record('other', 'ok', 0)
    expect([...circuits.openAccounts(1)]).toEqual([[account, 30 * second]])
    expect(circuits.openAccounts(30 * second).size).toBe(0)
  })
})
