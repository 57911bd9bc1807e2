import { type MailgunChannelOptions, mailgunChannel } from '@drumbeat/channel-mailgun'
import type { EmailContent, OutboundMessage } from '@drumbeat/core'
import { aSendContext } from '@drumbeat/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { contractServer } from '../../../tests/channels/contract-server.js'
import { combinations } from '../../../tests/contracts/combinations.js'
import { apiKey, clientOf, domain, mailgunApi, signingKey } from './mailgun-stand-in.js'

/** Whatever shapes a request. An option that is not told apart here does not compile. */
type Shaping = Omit<MailgunChannelOptions, 'client' | 'name' | 'account' | 'ambiguity' | 'rate' | 'batch' | 'domain'>
type Mail = Omit<EmailContent, 'kind' | 'preheader' | 'layout'> &
  Pick<OutboundMessage, 'category' | 'inReplyTo'> & { readonly unsubscribing: OutboundMessage['headers'] }

const options = combinations<Shaping>({
  from: ['hello@acme.test', '"Acme, Inc." <hello@acme.test>'],
  replyTo: [undefined, 'Zoë Help <help@acme.test>'],
  webhook: [{ signingKey }],
  tags: [undefined, [], ['onboarding'], ['a', 'b'.repeat(128), 'c d']],
  tracking: [undefined, {}, { opens: true }, { clicks: true }, { opens: false, clicks: false }],
  requireTls: [undefined, false, true],
  testMode: [undefined, false, true],
})

const mails = combinations<Mail>({
  subject: ['Hello', `Zoë’s order — ${'x'.repeat(900)} 🎉`, ''],
  html: ['<p>Hello, Zoë</p>\n--boundary\r\n<p>100 % sure</p>'],
  text: [undefined, 'Hello, Zoë', ''],
  from: [undefined, 'Eva Müller <eva@acme.test>'],
  replyTo: [undefined, 'eva@acme.test'],
  headers: [undefined, {}, { 'X-Campaign': 'spring', Precedence: 'bulk' }],
  category: ['marketing', 'transactional'],
  inReplyTo: [null, 'dlv_0@mg.acme.test'],
  unsubscribing: [
    {},
    {
      'List-Unsubscribe': '<https://acme.test/u/1>, <mailto:bye@acme.test>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  ],
})

const message = (
  { category, inReplyTo, unsubscribing, ...content }: Mail,
  to = 'ana+news@example.com',
): OutboundMessage => ({
  to,
  content: { kind: 'email', ...content },
  category,
  headers: unsubscribing,
  inReplyTo,
  metadata: { order: '7' },
})

const context = (number = 1) => aSendContext({ deliveryRef: `dlv_${String(number).padStart(8, '0')}` })

/** Thousands of real requests, on a machine that may be busy. */
const patience = { timeout: 180_000 }
const server = await contractServer(mailgunApi())
afterAll(() => server.close())
const client = clientOf(server.url)
const [plainest, fullest] = [options[0], options.at(-1)]
const [shortest, longest] = [mails[0], mails.at(-1)]
if (plainest === undefined || fullest === undefined || shortest === undefined || longest === undefined) {
  throw new Error('There are options and mails.')
}

describe('every request that mailgunChannel can make', patience, () => {
  it(`is taken as Mailgun documents it, set up in ${options.length} ways`, async () => {
    for (const given of options) {
      const channel = mailgunChannel({ client, domain, ...given })
      for (const mail of [shortest, longest]) {
        const outcome = await channel.send(message(mail), context())
        expect(outcome, JSON.stringify({ given, mail })).toMatchObject({ outcome: 'accepted' })
      }
    }
  })

  it(`is taken with ${mails.length} kinds of mails, alone and two at a time`, async () => {
    for (const { given, size } of [
      { given: plainest, size: 1 },
      { given: fullest, size: 2 },
    ]) {
      const channel = mailgunChannel({ client, domain, ...given, batch: { size, waitMs: 0 } })
      for (const mail of mails) {
        const people = ['ana@example.com', 'ben@example.com'].slice(0, size)
        const sent = await Promise.all(people.map((to, index) => channel.send(message(mail, to), context(index))))
        const outcomes = sent.map(({ outcome }) => outcome)
        expect(outcomes, JSON.stringify({ given, size, mail })).toEqual(people.map(() => 'accepted'))
      }
    }
  })

  it.each([1, 2, 1000])(
    'is taken with %i mails in it, each with its own subject, headers and reference',
    async (size) => {
      const before = server.received.length
      const channel = mailgunChannel({ client, domain, ...fullest, batch: { size, waitMs: 20 } })
      const sent = await Promise.all(
        Array.from({ length: size }, (_, index) => {
          const unsubscribing = { 'List-Unsubscribe': `<https://acme.test/u/${index}>` }
          const mail = { ...longest, subject: `Hello ${index}`, unsubscribing }
          return channel.send(message(mail, `p${index}@example.com`), context(index))
        }),
      )
      expect(new Set(sent.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
      expect(server.received).toHaveLength(before + 1)
    },
  )

  it('is taken also where it asks what became of a mail', async () => {
    const channel = mailgunChannel({ client, domain, ...plainest })
    const asked = { providerId: null, to: null, since: Date.now() - 3_600_000 }
    await channel.send(message(shortest), context(77))
    expect(await channel.lookup?.({ ...asked, deliveryRef: context(77).deliveryRef })).toMatchObject({ found: 'yes' })
    expect(await channel.lookup?.({ ...asked, deliveryRef: 'dlv_99999999' })).toEqual({ found: 'absent' })
  })
})

it.each<readonly [string, Record<string, string | string[]>]>([
  ['a parameter that Mailgun does not know', { 'o:track': 'yes' }],
  ['nobody', { to: 'ana' }],
  ['a mail without a content', { html: '' }],
  ['four tags', { 'o:tag': ['a', 'b', 'c', 'd'] }],
  ['a flag that is neither yes nor no', { 'o:testmode': 'maybe' }],
  [
    'people without variables',
    { to: ['a@example.com', 'b@example.com'], 'recipient-variables': '{"a@example.com":{}}' },
  ],
  ['a variable without a value', { subject: '%recipient.name%', 'recipient-variables': '{"ana@example.com":{}}' }],
  ['more than 16 kB of headers', { 'h:X-Long': 'x'.repeat(17_000) }],
])('the stand-in refuses %s', async (_, change) => {
  const mail = { from: 'hello@acme.test', to: 'ana@example.com', subject: 'Hello', html: '<p>Hello</p>', ...change }
  const form = new FormData()
  for (const [name, values] of Object.entries(mail)) for (const value of [values].flat()) form.append(name, value)
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`
  const answer = await fetch(`${server.url}/v3/${domain}/messages`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  })
  expect(answer.status).toBe(400)
})
