import { type SmtpChannelOptions, smtpChannel } from '@drumbeat/channel-smtp'
import type { EmailContent, OutboundMessage } from '@drumbeat/core'
import { aSendContext } from '@drumbeat/core/testing'
import nodemailer from 'nodemailer'
import { afterAll, describe, expect, it } from 'vitest'
import { combinations } from '../../../tests/contracts/combinations.js'
import { problemsOfMail, smtpServer } from './smtp-stand-in.js'

/** Whatever shapes a mail. An option that is not told apart here does not compile. */
type Shaping = Omit<SmtpChannelOptions, 'client' | 'name' | 'account' | 'ambiguity' | 'rate'>
type Mail = Omit<EmailContent, 'kind' | 'preheader' | 'layout'> &
  Pick<OutboundMessage, 'category' | 'inReplyTo'> & { readonly unsubscribing: OutboundMessage['headers'] }

const options = combinations<Shaping>({
  from: ['hello@acme.test', '"Acme, Inc." <hello@acme.test>'],
  replyTo: [undefined, 'Zoë Help <help@acme.test>'],
})

const mails = combinations<Mail>({
  subject: ['Hello', `Zoë’s order — ${'x '.repeat(450)}🎉`, ''],
  html: [`<p>Hello, Zoë</p>\n.\n${'x'.repeat(2000)}`],
  text: [undefined, 'Hello, Zoë\n.\nBye', ''],
  from: [undefined, 'Eva Müller <eva@acme.test>'],
  replyTo: [undefined, 'eva@acme.test'],
  headers: [undefined, {}, { 'X-Campaign': 'spring — Zoë', Precedence: 'bulk' }],
  category: ['marketing'],
  inReplyTo: [null, 'dlv_0@acme.test'],
  unsubscribing: [
    {},
    {
      'List-Unsubscribe': `<https://acme.test/u/${'1'.repeat(300)}>, <mailto:bye@acme.test>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  ],
})

/** Hundreds of real requests, on a machine that may be busy. */
const patience = { timeout: 180_000 }

const context = (number: number) => aSendContext({ deliveryRef: `dlv_${String(number).padStart(8, '0')}` })

const server = await smtpServer()
const auth = { user: 'acme', pass: 'secret' }
const client = nodemailer.createTransport({
  host: '127.0.0.1',
  port: server.port,
  auth,
  pool: true,
  maxMessages: 10_000,
})
afterAll(async () => {
  client.close()
  await server.close()
})

describe('every mail that smtpChannel can send', patience, () => {
  it(`is one that any server may take: ${options.length} ways to set it up, ${mails.length} kinds of mails`, async () => {
    for (const given of options) {
      const channel = smtpChannel({ client, ...given })
      for (const [index, { category, inReplyTo, unsubscribing, ...content }] of mails.entries()) {
        const message: OutboundMessage = {
          to: 'ana+news@example.com',
          content: { kind: 'email', ...content },
          category,
          headers: unsubscribing,
          inReplyTo,
          metadata: {},
        }
        const outcome = await channel.send(message, context(index))
        expect(outcome).toEqual({ outcome: 'accepted', providerId: `${context(index).deliveryRef}@acme.test` })
        const [envelope = '', ...mail] = server.requests.at(-1)?.split('\n') ?? []
        expect(envelope).toBe('RCPT TO ana+news@example.com')
        expect(problemsOfMail(mail.join('\n')), JSON.stringify({ given, content })).toEqual([])
      }
    }
    expect(server.requests).toHaveLength(options.length * mails.length)
  })
})

it.each<readonly [string, string, string]>([
  ['a line without CR', 'From: a\nTo: b', 'without CRLF'],
  ['a line that is too long', `Subject: ${'x'.repeat(1000)}`, '998'],
  ['a header twice', 'Subject: a\r\nSubject: b', 'subject stands there 2 times'],
  ['letters that are not encoded', 'Subject: Zoë', 'printable ASCII'],
  ['a line that is no header', 'Hello', 'is no header'],
  ['no sender', 'To: b', 'from is missing'],
])('the check finds %s', (_, mail, sentence) => {
  expect(problemsOfMail(mail).join('\n')).toContain(sentence)
})
