import { describe, expect, it } from 'vitest'
import type { RawReport } from '../ports/channel.js'
import { anOutboundMessage, aSendContext } from '../testing/outbound.js'
import { formFields } from './form-fields.js'
import { mailboxOf, mailHeaders, messageIdOf, sendsMails } from './mail.js'
import { mailHead } from './mail-head.js'

describe('mails', () => {
  it('names a mail by its delivery, at the sender’s domain', () => {
    expect(messageIdOf('dlv_1', 'Acme <hello@acme.test>')).toBe('dlv_1@acme.test')
    expect(messageIdOf('dlv_1', 'hello@acme.test')).toBe('dlv_1@acme.test')
  })

  it.each([
    ['hello@acme.test', { address: 'hello@acme.test', name: null }],
    ['Acme <hello@acme.test>', { address: 'hello@acme.test', name: 'Acme' }],
    ['"Acme, \\"Inc.\\"" <hello@acme.test>', { address: 'hello@acme.test', name: 'Acme, "Inc."' }],
    [' <hello@acme.test> ', { address: 'hello@acme.test', name: null }],
  ])('reads the mailbox %s', (text, mailbox) => {
    expect(mailboxOf(text)).toEqual(mailbox)
  })

  it('carries the thread and the headers for unsubscribing', () => {
    const message = anOutboundMessage({
      to: 'ana@example.com',
      content: { kind: 'email' as const, subject: 'Hi', html: 'Hi', headers: { 'X-Tag': 'a' } },
      headers: { 'List-Unsubscribe': '<https://acme.test/u/1>' },
      inReplyTo: 'dlv_0@acme.test',
    })
    expect(mailHeaders(message, 'dlv_1@acme.test')).toEqual({
      'Message-ID': '<dlv_1@acme.test>',
      'In-Reply-To': '<dlv_0@acme.test>',
      References: '<dlv_0@acme.test>',
      'X-Tag': 'a',
      'List-Unsubscribe': '<https://acme.test/u/1>',
    })
  })

  it('refuses contents that are no mail, without a call', async () => {
    const send = sendsMails(async ({ content }) => ({ outcome: 'accepted', providerId: content.subject }))
    const context = aSendContext()
    const mail = anOutboundMessage({ to: 'a@example.com', content: { kind: 'text', body: 'Hi' } })
    const content = { kind: 'email', subject: 'Hi', html: 'Hi' } as const
    expect(await send({ ...mail, content }, context)).toEqual({ outcome: 'accepted', providerId: 'Hi' })
    expect(await send(mail, context)).toEqual({
      outcome: 'rejected',
      code: 'content_kind',
      reason: 'content',
    })
  })

  it('reads the head of a mail: folded lines, the first of a repeated header, nothing of the body', () => {
    const head = 'Subject: one\r\n two\r\nX-A: 1\r\nx-a: 2\r\n bad line\r\n: no name\r\n__proto__: x\r\n\r\nBody: no'
    expect(Object.entries(mailHead(head))).toEqual([
      ['Subject', 'one two'],
      ['X-A', '1'],
      ['__proto__', 'x'],
    ])
  })
})

describe('formFields', () => {
  const textOf = (report: RawReport) =>
    Object.fromEntries([...formFields(report)].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]))
  const report = (type: string, body: Uint8Array<ArrayBuffer> | string): RawReport => ({
    method: 'POST',
    url: 'https://acme.test/',
    headers: { 'Content-Type': type },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    receivedAt: 0,
  })

  it('reads what a real form encoder writes, and leaves files out', async () => {
    const form = new FormData()
    form.append('text', 'Zoë\r\n--not a boundary\r\n')
    form.append('text', 'second')
    form.append('empty', '')
    form.append('attachment1', new Blob(['secret']), 'a.txt')
    form.append('html', '<p>Hi</p>')
    const encoded = new Response(form)
    const type = encoded.headers.get('content-type') ?? ''
    const body = new Uint8Array(await encoded.arrayBuffer())
    expect(textOf(report(type, body))).toEqual({ text: 'Zoë\r\n--not a boundary\r\n', empty: '', html: '<p>Hi</p>' })
  })

  it('keeps bytes that are not UTF-8', () => {
    const body = '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nZo\u00eb\r\n--b--\r\n'
    const latin = Uint8Array.from(body, (character) => character.charCodeAt(0))
    const bytes = formFields(report('multipart/form-data; boundary="b"', latin)).get('text')
    expect(new TextDecoder('iso-8859-1').decode(bytes)).toBe('Zoë')
  })

  it('reads URL-encoded forms, and nothing else', () => {
    expect(textOf(report('application/x-www-form-urlencoded', 'a=1+2&a=3&b=%C3%A9'))).toEqual({ a: '1 2', b: 'é' })
    expect(textOf(report('application/json', '{}'))).toEqual({})
    expect(textOf(report('multipart/form-data; boundary=b', '--b\r\n--b--b'))).toEqual({})
  })
})
