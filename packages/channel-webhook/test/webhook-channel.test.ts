import { createHmac } from 'node:crypto'
import { type WebhookChannelOptions, webhookChannel } from '@drumbeat/channel-webhook'
import type { SendContext } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'

const message = anOutboundMessage({
  to: 'device-token-1',
  content: { kind: 'custom', fields: { title: 'Hello' } },
  category: 'transactional',
  metadata: { order: '7' },
})
const context = (given: Partial<SendContext> = {}) => aSendContext({ idempotencyKey: 'dc1_key', ...given })
const open: ContractServer[] = []
async function opened(respond: Parameters<typeof contractServer>[0], given: Partial<WebhookChannelOptions> = {}) {
  const server = await contractServer(respond)
  open.push(server)
  const guard = { trustedOrigins: [server.url] }
  const secret = ['the new secret of 16 bytes', 'the old secret of 16 bytes']
  return { server, channel: webhookChannel({ name: 'push', url: `${server.url}/m`, secret, guard, ...given }) }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('webhookChannel', () => {
  it('sends the message as JSON, signed by the new and by the old secret', async () => {
    const { server, channel } = await opened(() => ({ status: 200, body: { id: 'push-1' } }))
    expect(await channel.send(message, context())).toEqual({ outcome: 'accepted', providerId: 'push-1' })
    const [{ method, path, headers, body } = { method: '', path: '', headers: {}, body: '' }] = server.received
    expect([method, path, headers['content-type'], headers['webhook-id']]).toEqual([
      'POST',
      '/m',
      'application/json',
      'dc1_key',
    ])
    expect(JSON.parse(body)).toEqual({
      type: 'message',
      deliveryRef: 'dlv_00000001',
      to: 'device-token-1',
      category: 'transactional',
      content: { kind: 'custom', fields: { title: 'Hello' } },
      headers: {},
      inReplyTo: null,
      metadata: { order: '7' },
    })
    const signedBy = (secret: string) =>
      `v1,${createHmac('sha256', secret).update(`dc1_key.${headers['webhook-timestamp']}.${body}`).digest('base64')}`
    expect(headers['webhook-signature']).toBe(
      `${signedBy('the new secret of 16 bytes')} ${signedBy('the old secret of 16 bytes')}`,
    )
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(5)
  })

  it('asks again when the connection stands, and writes nothing after a no', async () => {
    const { server, channel } = await opened(() => ({ status: 200 }))
    const refusal = new Error('The permit has run out.')
    let asked = 0
    const assertMayStart = () => {
      asked += 1
      if (asked === 2) throw refusal
    }
    await expect(channel.send(message, context({ assertMayStart }))).rejects.toBe(refusal)
    expect([asked, server.received.length]).toEqual([2, 0])
  })

  it('says for how long the receiver de-duplicates', async () => {
    const { channel } = await opened(() => 'reset', { deduplicatesForMs: 60_000 })
    expect(await channel.send(message, context())).toMatchObject({ outcome: 'unknown', code: 'ECONNRESET' })
    expect(channel.capabilities.idempotencyKeyTtlMs).toBe(60_000)
  })

  it('asks a function where each message goes, and never reaches a private network', async () => {
    const { server, channel } = await opened(() => ({ status: 200 }), {
      url: ({ to }) => (to === 'device-token-1' ? `${server.url}/one` : 'https://10.0.0.1/'),
    })
    expect(await channel.send(message, context())).toMatchObject({ outcome: 'accepted' })
    expect(await channel.send({ ...message, to: 'other' }, context())).toEqual({
      outcome: 'blocked',
      code: 'forbidden_address',
    })
    expect(server.received.map(({ path }) => path)).toEqual(['/one'])
  })

  it.each<readonly [string, Partial<WebhookChannelOptions>, RegExp]>([
    ['no name', { name: '' }, /needs a name/],
    ['http', { url: 'http://acme.test/' }, /needs an https/],
    ['no URL', { url: 'acme' }, /needs an https/],
    ['a short secret', { secret: 'short' }, /at least 16 bytes/],
    ['an empty secret', { webhook: { secret: 'whsec_' } }, /webhook\.secret/],
    ['a time of 0', { deduplicatesForMs: 0 }, /more than 0/],
  ])('refuses %s', async (_, given, sentence) => {
    await expect(opened(() => ({ status: 200 }), given)).rejects.toThrow(sentence)
  })
})
