import { expect } from 'vitest'
import type { SendOutcome } from '../../ports/channel.js'
import {
  type ChannelCases,
  type ChannelSubject,
  contextFor,
  type ProviderAnswer,
  patienceMs,
  until,
} from './subject.js'

const ref = 'dlv_0conform'

function sendOne({ channel, message }: ChannelSubject): Promise<SendOutcome> {
  return channel.send(message, contextFor(ref))
}

function answered(how: ProviderAnswer, prove: (outcome: SendOutcome) => void): ChannelCases[string] {
  return async (subject) => {
    subject.provider.answer(how)
    prove(await sendOne(subject))
    expect(subject.provider.requests, 'requests that reached the provider').toHaveLength(1)
  }
}

function isUnknown(outcome: SendOutcome): void {
  expect(outcome).toEqual({ outcome: 'unknown', code: expect.stringMatching(/./) })
}

/** What `send` owes. */
export const sendCases: ChannelCases = {
  'says accepted, with one request': answered('accept', (outcome) => {
    expect(outcome.outcome).toBe('accepted')
    const id = outcome.outcome === 'accepted' ? outcome.providerId : ''
    expect(id === null || (typeof id === 'string' && id !== ''), 'the provider’s id, or null').toBe(true)
  }),
  'says rejected when the message can never be taken': answered('reject', (outcome) => {
    expect(outcome).toMatchObject({ outcome: 'rejected', code: expect.stringMatching(/./) })
  }),
  'says not accepted when there are too many requests': answered('too_many_requests', (outcome) => {
    expect(outcome).toMatchObject({ outcome: 'not_accepted', code: expect.stringMatching(/./) })
  }),
  'hands on how long the provider asks to wait': answered('too_many_requests', (outcome) => {
    const { retryAfterMs = null } = { retryAfterMs: null, ...outcome }
    expect(retryAfterMs).toBeGreaterThan(patienceMs - 5000)
    expect(retryAfterMs).toBeLessThanOrEqual(patienceMs)
  }),
  'says blocked when the credentials are refused': answered('bad_credentials', (outcome) => {
    expect(outcome).toEqual({ outcome: 'blocked', code: expect.stringMatching(/./) })
  }),
  'says unknown after a server error that is not documented': answered('server_error', isUnknown),
  'says unknown when the connection is reset after the request': answered('reset', isUnknown),
  'says unknown when the answer is a success that cannot be read': answered('unreadable', isUnknown),
  async 'says not accepted when the connection is refused'(subject) {
    await subject.provider.refuseConnections()
    expect(await sendOne(subject)).toMatchObject({ outcome: 'not_accepted', retryAfterMs: null })
  },
  async 'says unknown at once when it is aborted with the request under way'({ channel, message, provider }) {
    provider.answer('silence')
    const call = new AbortController()
    const sending = channel.send(message, contextFor(ref, { signal: call.signal }))
    await until(() => provider.requests.length > 0, 'the request reached the provider')
    const abortedAt = Date.now()
    call.abort()
    isUnknown(await sending)
    expect(Date.now() - abortedAt, 'milliseconds until it gave up').toBeLessThan(1000)
  },
  async 'makes no request when it is aborted before it starts'({ channel, message, provider }) {
    const outcome = await channel.send(message, contextFor(ref, { signal: AbortSignal.abort() }))
    expect(outcome).toMatchObject({ outcome: 'not_accepted' })
    expect(provider.requests).toEqual([])
  },
  async 'asks whether it may start before the request is written'({ channel, message, provider }) {
    const reached: number[] = []
    const assertMayStart = (): void => {
      reached.push(provider.requests.length)
    }
    await channel.send(message, contextFor(ref, { assertMayStart }))
    expect(new Set(reached), 'requests that had reached the provider when it asked').toEqual(new Set([0]))
    expect(provider.requests).toHaveLength(1)
  },
  async 'makes no request when it may not start, and throws what it was told'({ channel, message, provider }) {
    const refusal = new Error('The permit has run out.')
    const assertMayStart = (): void => {
      throw refusal
    }
    await expect(channel.send(message, contextFor(ref, { assertMayStart }))).rejects.toBe(refusal)
    expect(provider.requests).toEqual([])
  },
  async 'carries the delivery reference if it says that reports echo it'(subject) {
    await sendOne(subject)
    const carries = subject.provider.requests.join('\n').includes(ref)
    if (subject.channel.capabilities.echoesReference) expect(carries).toBe(true)
  },
  async 'carries the idempotency key if it says that the provider de-duplicates'(subject) {
    await sendOne(subject)
    const carries = subject.provider.requests.join('\n').includes(contextFor(ref).idempotencyKey)
    if (subject.channel.capabilities.idempotencyKeyTtlMs !== null) expect(carries).toBe(true)
  },
  async 'keeps messages apart that are sent at one time'({ channel, message, provider }) {
    const { batchSize = 1, echoesReference } = channel.capabilities
    const refs = ['dlv_0000000a', 'dlv_0000000b', 'dlv_0000000c']
    const outcomes = await Promise.all(refs.map((one) => channel.send(message, contextFor(one))))
    const ids = outcomes.map((outcome) => (outcome.outcome === 'accepted' ? outcome.providerId : outcome.outcome))
    const named = ids.filter((id) => id !== null)
    expect(new Set(named).size, `different ids in ${JSON.stringify(ids)}`).toBe(named.length)
    expect(provider.requests.length).toBeGreaterThanOrEqual(Math.ceil(refs.length / batchSize))
    const all = provider.requests.join('\n')
    if (echoesReference) expect(refs.filter((one) => !all.includes(one))).toEqual([])
  },
}
