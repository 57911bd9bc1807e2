import { type WebhookChannelOptions, webhookChannel } from '@drumbeat/channel-webhook'
import type { OutboundMessage } from '@drumbeat/core'
import { aSendContext } from '@drumbeat/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { contractServer } from '../../../tests/channels/contract-server.js'
import { combinations } from '../../../tests/contracts/combinations.js'
import { receiver } from './webhook-stand-in.js'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const server = await contractServer(receiver(secret))
afterAll(() => server.close())

/** Whatever shapes a request. An option that is not told apart here does not compile. */
type Shaping = Omit<WebhookChannelOptions, 'name' | 'account' | 'ambiguity' | 'rate' | 'guard'>

const options = combinations<Shaping>({
  url: [`${server.url}/messages?a=1`, ({ to }) => `${server.url}/of/${encodeURIComponent(to)}`],
  secret: [secret, ['the new secret of 16 bytes', secret], [secret, 'the old secret of 16 bytes']],
  webhook: [undefined, { secret: 'the secret of the reports' }],
  deduplicatesForMs: [undefined, null, 60_000],
  addressKind: [undefined, 'other'],
})

const messages = combinations<OutboundMessage>({
  to: ['device-token-1', `${'x'.repeat(4000)}/ä`],
  content: [
    { kind: 'custom', fields: { title: 'Hello', body: 'Zoë\u2028🎉' } },
    { kind: 'text', body: 'Hello', mediaUrls: ['https://acme.test/a.png'] },
    { kind: 'email', subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: { 'X-Tag': 'a' } },
  ],
  category: ['marketing', 'transactional'],
  headers: [{}, { 'List-Unsubscribe': '<https://acme.test/u/1>' }],
  inReplyTo: [null, 'push-1'],
  metadata: [{}, { order: '7', nested: { list: [1, null, 'ä'] } }],
})

/** Hundreds of real requests, on a machine that may be busy. */
const patience = { timeout: 180_000 }

const context = aSendContext({ idempotencyKey: 'dc1_key' })

describe('every request that webhookChannel can make', patience, () => {
  it(`is taken by a receiver of Standard Webhooks: ${options.length} ways to set it up, ${messages.length} kinds of messages`, async () => {
    for (const given of options) {
      const channel = webhookChannel({ name: 'push', ...given, guard: { trustedOrigins: [server.url] } })
      for (const message of messages) {
        const outcome = await channel.send(message, context)
        expect(outcome, JSON.stringify({ given, message })).toEqual({ outcome: 'accepted', providerId: 'push-dc1_key' })
        const { to, content, category, headers, inReplyTo, metadata } = message
        const said = {
          type: 'message',
          deliveryRef: 'dlv_00000001',
          to,
          category,
          content,
          headers,
          inReplyTo,
          metadata,
        }
        expect(JSON.parse(server.received.at(-1)?.body ?? '')).toEqual(said)
      }
    }
    expect(server.received).toHaveLength(options.length * messages.length)
  })
})

it('is refused where the receiver has another secret', async () => {
  const stranger = await contractServer(receiver('another secret of 16 bytes'))
  const guard = { trustedOrigins: [stranger.url] }
  const channel = webhookChannel({ name: 'push', url: `${stranger.url}/messages`, secret, guard })
  expect(await channel.send(messages[0] as OutboundMessage, context)).toEqual({ outcome: 'blocked', code: 'http_401' })
  await stranger.close()
})
