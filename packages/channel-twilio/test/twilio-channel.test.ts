import { twilioChannel } from '@drumbeat/channel-twilio'
import type { Channel } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf } from './local-client.js'
import { messagesResource } from './twilio-stand-in.js'

const message = anOutboundMessage({
  to: '+15005550009',
  content: { kind: 'text' as const, body: 'Hello' },
})
const context = aSendContext()
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
  it('sends what it was told to', async () => {
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
