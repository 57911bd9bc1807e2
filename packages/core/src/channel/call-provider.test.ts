import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../ports/channel.js'
import { callProvider } from './call-provider.js'

const accepted: SendOutcome = { outcome: 'accepted', providerId: 'p1' }
const context = (given: { readonly signal?: AbortSignal; readonly assertMayStart?: () => void } = {}) => ({
  signal: new AbortController().signal,
  assertMayStart() {},
  ...given,
})

describe('callProvider', () => {
  it('hands on how the call ended', async () => {
    expect(await callProvider(context(), async () => accepted)).toBe(accepted)
  })

  it('asks first, and makes no call when the answer is no', async () => {
    const refusal = new Error('no')
    const assertMayStart = () => {
      throw refusal
    }
    let calls = 0
    const call = async () => {
      calls += 1
      return accepted
    }
    await expect(callProvider(context({ assertMayStart }), call)).rejects.toBe(refusal)
    const early = await callProvider(context({ signal: AbortSignal.abort() }), call)
    expect([early.outcome, calls]).toEqual(['not_accepted', 0])
  })

  it('makes outcomes of what the call throws, at once or later', async () => {
    const read = (error: unknown): SendOutcome => ({ outcome: 'rejected', code: String(error) })
    const atOnce = (): Promise<SendOutcome> => {
      throw 'now'
    }
    expect(await callProvider(context(), atOnce, read)).toEqual({ outcome: 'rejected', code: 'now' })
    expect(await callProvider(context(), () => Promise.reject('later'), read)).toMatchObject({ code: 'later' })
  })

  it('throws a refusal on that comes while the call connects, whatever the call makes of it', async () => {
    const refusal = new Error('no')
    let asked = 0
    const assertMayStart = () => {
      asked += 1
      if (asked > 1) throw refusal
    }
    const call = async (mayWrite: () => void): Promise<SendOutcome> => {
      try {
        mayWrite()
      } catch {}
      return { outcome: 'unknown', code: 'swallowed' }
    }
    await expect(callProvider(context({ assertMayStart }), call)).rejects.toBe(refusal)
  })

  it('stops waiting when it is aborted, and does not hear what comes later', async () => {
    const abort = new AbortController()
    let fail: (error: Error) => void = () => {}
    const call = () =>
      new Promise<SendOutcome>((_, reject) => {
        fail = reject
      })
    const sending = callProvider(context({ signal: abort.signal }), call)
    abort.abort()
    expect(await sending).toEqual({ outcome: 'unknown', code: 'aborted' })
    fail(new Error('too late'))
  })
})
