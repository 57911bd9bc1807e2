import { once } from 'node:events'
import { createServer } from 'node:net'
import { type SmtpChannelOptions, smtpChannel } from '@drumbeat/channel-smtp'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import nodemailer from 'nodemailer'
import { afterEach, describe, expect, it } from 'vitest'
import { type SmtpStandIn, smtpServer, type Treatment } from './smtp-stand-in.js'

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hallo Zoë', html: '<p>Hello</p>' },
})
const context = aSendContext()
const open: SmtpStandIn[] = []
async function opened(treatment: Treatment = 'take', given: Partial<SmtpChannelOptions> = {}) {
  const server = await smtpServer()
  open.push(server)
  server.treat(treatment)
  const auth = { user: 'acme', pass: 'secret' }
  const client = nodemailer.createTransport({ host: '127.0.0.1', port: server.port, auth })
  return { server, channel: smtpChannel({ client, from: '"Acme, Inc." <hello@acme.test>', ...given }) }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('smtpChannel, in a real conversation', () => {
  it('sends a mail with its Message-ID, its thread and its own headers, each once', async () => {
    const { server, channel } = await opened('take', { replyTo: 'help@acme.test' })
    const content = { ...message.content, text: 'Hello', headers: { 'X-Tag': 'a' } }
    const headers = {
      'List-Unsubscribe': '<https://acme.test/u/1>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }
    expect(await channel.send({ ...message, content, headers, inReplyTo: 'dlv_0@acme.test' }, context)).toEqual({
      outcome: 'accepted',
      providerId: 'dlv_00000001@acme.test',
    })
    const [mail = ''] = server.requests
    const [head = ''] = mail.split('\r\n\r\n')
    const lines = head.replace(/\r\n[ \t]+/g, ' ').split(/\r?\n/)
    expect(lines).toEqual(
      expect.arrayContaining([
        'RCPT TO ana@example.com',
        'From: "Acme, Inc." <hello@acme.test>',
        'To: ana@example.com',
        'Reply-To: help@acme.test',
        'Subject: =?UTF-8?Q?Hallo_Zo=C3=AB?=',
        'Message-ID: <dlv_00000001@acme.test>',
        'In-Reply-To: <dlv_0@acme.test>',
        'References: <dlv_0@acme.test>',
        'X-Tag: a',
        'List-Unsubscribe: <https://acme.test/u/1>',
        'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      ]),
    )
    expect(lines.filter((line) => /^message-id:/i.test(line))).toHaveLength(1)
    expect(mail).toContain('text/plain')
    expect(mail).toContain('text/html')
  })

  it.each<Treatment>(['reset', 'close', 'gibberish'])('does not know what became of a mail after %s', async (how) => {
    const { channel, server } = await opened(how)
    expect(await channel.send(message, context)).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  it('is sure that nothing was taken where the server never greets', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const { port } = mute.address() as { port: number }
    const client = nodemailer.createTransport({ host: '127.0.0.1', port, greetingTimeout: 100 })
    const channel = smtpChannel({ client, from: 'hello@acme.test' })
    expect(await channel.send(message, context)).toEqual({
      outcome: 'not_accepted',
      code: 'GREETING_TIMEOUT',
      retryAfterMs: null,
    })
    mute.close()
  })

  it('never reads an address as two, nor a file for a content', async () => {
    const { channel, server } = await opened()
    await channel.send({ ...message, to: 'a@example.com, b@example.com' }, context)
    expect(server.requests.filter((mail) => mail.startsWith('RCPT TO a@example.com'))).toEqual([])
  })

  it.each<readonly [Partial<SmtpChannelOptions>, RegExp]>([
    [{ client: {} as never }, /needs a client/],
    [{ from: 'Acme' }, /needs `from`/],
  ])('refuses options that cannot work', async (given, sentence) => {
    await expect(opened('take', given)).rejects.toThrow(sentence)
  })
})
