import { twilioChannel } from '@drumbeat/channel-twilio'
import type { Channel, SendContext } from '@drumbeat/core'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf } from './local-client.js'
import { messagesResource, refusal } from './twilio-stand-in.js'

const message = {
  to: '+15005550009',
  content: { kind: 'text' as const, body: 'Hello' },
  category: 'marketing' as const,
  headers: {},
  inReplyTo: null,
  metadata: {},
}
const context: SendContext = {
  deliveryRef: 'dlv_00000001',
  idempotencyKey: 'dc1_1',
  signal: new AbortController().signal,
  assertMayStart() {},
}
const open: ContractServer[] = []
const serve = async (...[respond]: Parameters<typeof contractServer>): Promise<ContractServer> => {
  const server = await contractServer(respond)
  open.push(server)
  return server
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('twilioChannel, against the real client', () => {
  it('sends every request shape that it can make', async () => {
    const server = await serve(messagesResource())
    const client = clientOf(server.url)
    const from = '+15005550006'
    const service = `MG${'0'.repeat(32)}`
    const webhook = { url: 'https://acme.test/hooks/twilio', authToken: 't' }
    const mediaUrls = ['https://acme.test/a.png', 'https://acme.test/b.png']
    const shapes: readonly [Channel, typeof message][] = [
      [twilioChannel({ client, from }), message],
      [twilioChannel({ client, from: service, webhook }), message],
      [twilioChannel({ client, from: 'ACME', validityMs: 60_000, smartEncoded: true }), message],
      [
        twilioChannel({ client, from, webhook: { ...webhook, url: 'https://acme.test/h?account=1' } }),
        { ...message, content: { ...message.content, mediaUrls } as never },
      ],
    ]
    for (const [channel, one] of shapes) expect(await channel.send(one, context)).toMatchObject({ outcome: 'accepted' })
    const sent = server.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
    expect(sent).toEqual([
      { To: message.to, From: from, Body: 'Hello' },
      {
        To: message.to,
        MessagingServiceSid: service,
        Body: 'Hello',
        StatusCallback: 'https://acme.test/hooks/twilio?d=dlv_00000001',
      },
      { To: message.to, From: 'ACME', Body: 'Hello', ValidityPeriod: '60', SmartEncoded: 'true' },
      {
        To: message.to,
        From: from,
        Body: 'Hello',
        MediaUrl: mediaUrls[1],
        StatusCallback: 'https://acme.test/h?account=1&d=dlv_00000001',
      },
    ])
    expect(new URLSearchParams(server.received.at(-1)?.body).getAll('MediaUrl')).toEqual(mediaUrls)
  })

  it.each([
    [400, 21610, { outcome: 'rejected', code: '21610', reason: 'opted_out' }],
    [400, 21211, { outcome: 'rejected', code: '21211', reason: 'recipient' }],
    [400, 21614, { outcome: 'rejected', code: '21614', reason: 'recipient' }],
    [400, 21635, { outcome: 'rejected', code: '21635', reason: 'recipient' }],
    [400, 21602, { outcome: 'rejected', code: '21602', reason: 'content' }],
    [400, 21617, { outcome: 'rejected', code: '21617', reason: 'content' }],
    [401, 20003, { outcome: 'blocked', code: '20003' }],
    [400, 21212, { outcome: 'blocked', code: '21212' }],
    [400, 21408, { outcome: 'blocked', code: '21408' }],
    [400, 21606, { outcome: 'blocked', code: '21606' }],
    [400, 21608, { outcome: 'blocked', code: '21608' }],
    [400, 21703, { outcome: 'blocked', code: '21703' }],
    [404, 20404, { outcome: 'blocked', code: '20404' }],
    [429, 20429, { outcome: 'not_accepted', code: '20429', retryAfterMs: null, reason: 'too_fast' }],
    [400, 21611, { outcome: 'not_accepted', code: '21611', retryAfterMs: null, reason: 'too_fast' }],
    [400, 29999, { outcome: 'rejected', code: '29999' }],
    [503, 20503, { outcome: 'unknown', code: '20503' }],
    [500, 21610, { outcome: 'unknown', code: '21610' }],
  ])('reads HTTP %i with error %i', async (status, code, outcome) => {
    const server = await serve(() => refusal(status, code, 'Refused'))
    expect(await twilioChannel({ client: clientOf(server.url), from: 'ACME' }).send(message, context)).toEqual(outcome)
  })

  it('blocks the account when the real credentials are wrong', async () => {
    const server = await serve(messagesResource())
    const channel = twilioChannel({ client: clientOf(server.url, 'wrong'), from: 'ACME' })
    expect(await channel.send(message, context)).toEqual({ outcome: 'blocked', code: '20003' })
  })

  it('refuses contents that are no text, without a request', async () => {
    const server = await serve(messagesResource())
    const channel = twilioChannel({ client: clientOf(server.url), from: 'ACME' })
    const content = { kind: 'custom' as const, fields: {} }
    expect(await channel.send({ ...message, content }, context)).toMatchObject({ outcome: 'rejected' })
    expect(server.received).toEqual([])
  })

  it('proves by the address that a message was not accepted, and nothing else', async () => {
    const server = await serve(messagesResource())
    const channel = twilioChannel({ client: clientOf(server.url), from: 'ACME' })
    const asked = { deliveryRef: 'dlv_00000001', providerId: null, to: message.to, since: Date.now() - 1000 }
    expect(await channel.lookup?.(asked)).toEqual({ found: 'absent' })
    await channel.send(message, context)
    expect(await channel.lookup?.(asked)).toEqual({ found: 'cannot_tell' })
    expect(await channel.lookup?.({ ...asked, since: Date.now() + 3_600_000 })).toEqual({ found: 'absent' })
    expect(await channel.lookup?.({ ...asked, since: null })).toEqual({ found: 'cannot_tell' })
    expect(await channel.lookup?.({ ...asked, providerId: `SM${'9'.repeat(32)}` })).toEqual({ found: 'absent' })
  })
})
