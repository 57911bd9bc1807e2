import { describe, expect, it } from 'vitest'
import { callProvider } from '../../channel/call-provider.js'
import type { Channel, SendOutcome } from '../../ports/channel.js'
import { anOutboundMessage } from '../outbound.js'
import { channelConformance } from './index.js'
import { lookupCases } from './lookup.js'
import { reportCases } from './reports.js'
import { sendCases } from './send.js'
import type { ChannelSubject, ProviderAnswer } from './subject.js'

type Request = (body: string) => Promise<{ readonly status: number; readonly id: string }>

/** A provider in memory, and a channel that is right but for what is changed. */
function subjectWith(change: (request: Request) => Partial<Channel>): ChannelSubject {
  const requests: string[] = []
  let how: ProviderAnswer | 'away' = 'accept'
  const request: Request = async (body) => {
    if (how === 'away') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    requests.push(body)
    if (how === 'reset') throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    if (how === 'silence') return new Promise(() => {})
    return { status: how === 'accept' ? 200 : 500, id: `p${requests.length}` }
  }
  const channel: Channel = {
    name: 'sms',
    addressKind: 'phone',
    account: 'a',
    capabilities: { idempotencyKeyTtlMs: 1000, echoesReference: true, lookup: 'none' },
    send: (message, context) =>
      callProvider(context, async (): Promise<SendOutcome> => {
        const { deliveryRef, idempotencyKey } = context
        const { status, id } = await request(JSON.stringify({ message, deliveryRef, idempotencyKey }))
        return status === 200 ? { outcome: 'accepted', providerId: id } : { outcome: 'unknown', code: `${status}` }
      }),
    verify: async ({ headers }) => headers.signature === 'ours',
    parse: async () => [],
    ...change(request),
  }
  return {
    channel,
    message: anOutboundMessage({
      to: '+15005550006',
      content: { kind: 'text', body: 'Hi' },
    }),
    provider: {
      requests,
      answer(next) {
        how = next
      },
      async refuseConnections() {
        how = 'away'
      },
    },
    reports: {
      delivered: (_, signed) => ({
        method: 'POST',
        url: 'https://acme.test/',
        headers: { signature: signed },
        body: new TextEncoder().encode('delivered'),
        receivedAt: 0,
      }),
    },
    async close() {},
  }
}

const cases = { ...sendCases, ...reportCases, ...lookupCases }
const prove = async (sentence: string, subject: ChannelSubject) => {
  const found = cases[sentence]
  if (found === undefined) throw new Error(`There is no case "${sentence}".`)
  return found(subject)
}

describe('the channel suite', () => {
  it('lets a right channel pass', async () => {
    const sentences = Object.keys(sendCases).filter(
      (sentence) => !/rejected|too many|asks to wait|credentials/.test(sentence),
    )
    for (const sentence of sentences)
      await prove(
        sentence,
        subjectWith(() => ({})),
      )
  })

  it.each<readonly [string, string, (request: Request) => Partial<Channel>]>([
    [
      'rejects instead of answering',
      'says not accepted when the connection is refused',
      (request) => ({
        send: async (_, { deliveryRef }) => ({ outcome: 'accepted', providerId: (await request(deliveryRef)).id }),
      }),
    ],
    [
      'tries again by itself',
      'says unknown after a server error that is not documented',
      (request) => ({
        async send(_, { deliveryRef }) {
          await request(deliveryRef)
          await request(deliveryRef)
          return { outcome: 'unknown', code: 'http_500' }
        },
      }),
    ],
    [
      'guesses after a reset',
      'says unknown when the connection is reset after the request',
      (request) => ({
        async send(_, { deliveryRef }) {
          await request(deliveryRef).catch(() => {})
          return { outcome: 'not_accepted', code: 'reset', retryAfterMs: null }
        },
      }),
    ],
    [
      'asks only after the request',
      'asks whether it may start before the request is written',
      (request) => ({
        async send(_, { deliveryRef, assertMayStart }) {
          const { id } = await request(deliveryRef)
          assertMayStart()
          return { outcome: 'accepted', providerId: id }
        },
      }),
    ],
    [
      'makes an outcome of the refusal to start',
      'makes no request when it may not start, and throws what it was told',
      () => ({
        async send(_, { assertMayStart }) {
          try {
            assertMayStart()
          } catch {}
          return { outcome: 'unknown', code: 'not_started' }
        },
      }),
    ],
    [
      'leaves the reference out',
      'carries the delivery reference if it says that reports echo it',
      (request) => ({ send: async ({ to }) => ({ outcome: 'accepted', providerId: (await request(to)).id }) }),
    ],
    [
      'believes every signature',
      'refuses a report that was signed with another secret',
      () => ({ verify: async () => true }),
    ],
    ['does not look at the body', 'refuses a report whose body was altered', () => ({})],
    [
      'offers a look-up that it does not have',
      'offers a look-up exactly if its capabilities say so',
      () => ({ capabilities: { idempotencyKeyTtlMs: null, echoesReference: false, lookup: 'byReference' } }),
    ],
  ])('catches a channel that %s', async (_, sentence, change) => {
    await expect(prove(sentence, subjectWith(change))).rejects.toThrow()
  })

  it('refuses to skip without a reason, or what does not exist', () => {
    const open = async () => subjectWith(() => ({}))
    expect(() => channelConformance({ name: 'x', open, skip: { reports: ' ' } })).toThrow('reason')
    expect(() => channelConformance({ name: 'x', open, skip: { nothing: 'because' } })).toThrow('no case')
  })
})
