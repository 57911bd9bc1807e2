import { type MailgunChannelOptions, mailgunChannel } from '@drumbeat/channel-mailgun'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf, domain, fieldsOf, mailgunApi } from './mailgun-stand-in.js'

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>' },
})
const context = (deliveryRef = 'dlv_00000001') => aSendContext({ deliveryRef })
const open: ContractServer[] = []
async function opened(respond: Parameters<typeof contractServer>[0], given: Partial<MailgunChannelOptions> = {}) {
  const server = await contractServer(respond)
  open.push(server)
  const channel = mailgunChannel({ client: clientOf(server.url), domain, from: 'Acme <hello@acme.test>', ...given })
  return { server, channel, sent: () => server.received.map(fieldsOf) }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('mailgunChannel, against the real client', () => {
  it('sends a plain mail, with its reference and its Message-ID', async () => {
    const { channel, sent } = await opened(mailgunApi())
    expect(await channel.send(message, context())).toEqual({
      outcome: 'accepted',
      providerId: 'dlv_00000001@mg.acme.test',
    })
    expect(sent()).toEqual([
      {
        from: 'Acme <hello@acme.test>',
        to: 'ana@example.com',
        subject: 'Hello',
        html: '<p>Hello</p>',
        'h:Message-ID': '<dlv_00000001@mg.acme.test>',
        'v:drumbeat_ref': 'dlv_00000001',
      },
    ])
  })

  it('sends all that it can say', async () => {
    const { channel, sent } = await opened(mailgunApi(), {
      replyTo: 'help@acme.test',
      tags: ['onboarding'],
      tracking: { opens: false, clicks: true },
      requireTls: true,
      testMode: true,
    })
    const content = { ...message.content, text: 'Hello', from: 'Eva <eva@acme.test>', headers: { 'X-Tag': 'a' } }
    const headers = { 'List-Unsubscribe': '<https://acme.test/u>' }
    await channel.send({ ...message, content, headers, inReplyTo: 'dlv_0@mg.acme.test' }, context())
    expect(sent()).toEqual([
      {
        from: 'Eva <eva@acme.test>',
        to: 'ana@example.com',
        subject: 'Hello',
        html: '<p>Hello</p>',
        text: 'Hello',
        'h:Reply-To': 'help@acme.test',
        'h:Message-ID': '<dlv_00000001@mg.acme.test>',
        'h:In-Reply-To': '<dlv_0@mg.acme.test>',
        'h:References': '<dlv_0@mg.acme.test>',
        'h:X-Tag': 'a',
        'h:List-Unsubscribe': '<https://acme.test/u>',
        'v:drumbeat_ref': 'dlv_00000001',
        'o:tag': 'onboarding',
        'o:tracking-opens': 'no',
        'o:tracking-clicks': 'yes',
        'o:require-tls': 'yes',
        'o:testmode': 'yes',
      },
    ])
  })

  it('puts mails of one content into one request, with what is personal in recipient variables', async () => {
    const { channel, server, sent } = await opened(mailgunApi(), { batch: { size: 1000, waitMs: 20 } })
    const outcomes = await Promise.all(
      ['a', 'b'].map((name) =>
        channel.send(
          {
            ...message,
            to: `${name}@example.com`,
            content: { ...message.content, subject: `Hello ${name}` },
            headers: { 'List-Unsubscribe': `<https://acme.test/u/${name}>` },
          },
          context(`dlv_0000000${name}`),
        ),
      ),
    )
    expect(outcomes).toEqual(Array(2).fill({ outcome: 'accepted', providerId: null }))
    const [fields] = sent()
    expect(server.received).toHaveLength(1)
    expect(fields).toMatchObject({
      subject: '%recipient.subject%',
      'h:List-Unsubscribe': '%recipient.h0%',
      'v:drumbeat_ref': '%recipient.ref%',
    })
    expect(fields?.['h:Message-ID']).toBe(undefined)
    expect(JSON.parse(fields?.['recipient-variables'] ?? '')).toEqual({
      'a@example.com': { ref: 'dlv_0000000a', subject: 'Hello a', h0: '<https://acme.test/u/a>' },
      'b@example.com': { ref: 'dlv_0000000b', subject: 'Hello b', h0: '<https://acme.test/u/b>' },
    })
    expect(server.received[0]?.body.match(/name="to"/g)).toHaveLength(2)
  })

  it('lets a mail go alone that holds what Mailgun would fill in', async () => {
    const { channel, server } = await opened(mailgunApi(), { batch: { size: 1000, waitMs: 5 } })
    const content = { ...message.content, html: 'Your code is %recipient.ref%' }
    await Promise.all(
      ['a', 'b'].map((one) => channel.send({ ...message, to: `${one}@example.com`, content }, context(one))),
    )
    expect(server.received).toHaveLength(2)
  })

  it('believes an absence only where the log is complete and still kept', async () => {
    const { channel } = await opened(mailgunApi())
    const ask = (ageMs: number | null) =>
      channel.lookup?.({
        deliveryRef: 'dlv_00000009',
        providerId: null,
        to: 'ana@example.com',
        since: ageMs === null ? null : Date.now() - ageMs,
      })
    const minute = 60_000
    expect(await Promise.all([ask(minute), ask(31 * minute), ask(4 * 24 * 60 * minute), ask(null)])).toEqual([
      { found: 'cannot_tell' },
      { found: 'absent' },
      { found: 'cannot_tell' },
      { found: 'cannot_tell' },
    ])
  })
})
