import { type SendGridChannelOptions, sendgridChannel } from '@drumbeat/channel-sendgrid'
import type { EmailContent, OutboundMessage } from '@drumbeat/core'
import { aSendContext } from '@drumbeat/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { contractServer } from '../../../tests/channels/contract-server.js'
import { combinations } from '../../../tests/contracts/combinations.js'
import { contractOf } from '../../../tests/contracts/contract-of.js'
import { apiKey, clientOf, mailSend, publicKey } from './sendgrid-stand-in.js'

/** Whatever shapes a request. An option that is not told apart here does not compile. */
type Shaping = Omit<SendGridChannelOptions, 'client' | 'name' | 'account' | 'ambiguity' | 'rate' | 'batch'>
type Mail = Omit<EmailContent, 'kind' | 'preheader' | 'layout'> &
  Pick<OutboundMessage, 'category' | 'inReplyTo'> & { readonly unsubscribing: OutboundMessage['headers'] }

const options = combinations<Shaping>({
  from: ['hello@acme.test', '"Acme, Inc." <hello@acme.test>'],
  replyTo: [undefined, 'Zoë Help <help@acme.test>'],
  webhook: [{ publicKey }],
  categories: [undefined, [], ['onboarding'], Array.from({ length: 10 }, (_, index) => `${index}`.repeat(255))],
  unsubscribeGroup: [
    undefined,
    { groupId: 7 },
    { groupId: 7, groupsToDisplay: Array.from({ length: 25 }, (_, index) => index + 1) },
  ],
  tracking: [undefined, {}, { opens: true }, { clicks: true }, { opens: false, clicks: false }],
  ipPoolName: [undefined, 'ip', 'x'.repeat(64)],
  sandbox: [undefined, false, true],
})

const mails = combinations<Mail>({
  subject: ['Hello', `Zoë’s order — ${'x'.repeat(900)} 🎉`],
  html: ['<p>Hello, Zoë</p>'],
  text: [undefined, 'Hello, Zoë', ''],
  from: [undefined, 'Eva Müller <eva@acme.test>'],
  replyTo: [undefined, 'eva@acme.test'],
  headers: [undefined, {}, { 'X-Campaign': 'spring', Precedence: 'bulk' }],
  category: ['marketing', 'transactional'],
  inReplyTo: [null, 'dlv_0@acme.test'],
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

const contract = contractOf('sendgrid-mail-send')
const answered: string[] = []
/** Thousands of real requests, on a machine that may be busy. */
const patience = { timeout: 180_000 }
const server = await contractServer((request) => {
  const answer = mailSend(request)
  if (typeof answer !== 'string' && answer.status !== 200) answered.push(...contract.problemsOfAnswer(request, answer))
  return answer
})
afterAll(() => server.close())
const client = clientOf(server.url)
const [plainest, fullest] = [options[0], options.at(-1)]
const [shortest, longest] = [mails[0], mails.at(-1)]
if (plainest === undefined || fullest === undefined || shortest === undefined || longest === undefined) {
  throw new Error('There are options and mails.')
}

describe('every request that sendgridChannel can make', patience, () => {
  it(`is taken by SendGrid's public API description, set up in ${options.length} ways`, async () => {
    for (const given of options) {
      const channel = sendgridChannel({ client, ...given })
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
      const channel = sendgridChannel({ client, ...given, batch: { size, waitMs: 0 } })
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
      const channel = sendgridChannel({ client, ...fullest, batch: { size, waitMs: 20 } })
      const sent = await Promise.all(
        Array.from({ length: size }, (_, index) => {
          const mail = {
            ...longest,
            subject: `Hello ${index}`,
            unsubscribing: { 'List-Unsubscribe': `<https://acme.test/u/${index}>` },
          }
          return channel.send(message(mail, `p${index}@example.com`), context(index))
        }),
      )
      expect(new Set(sent.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
      expect(server.received).toHaveLength(before + 1)
    },
  )

  it('names an address once, whatever the case of its letters', async () => {
    const channel = sendgridChannel({ client, ...plainest, batch: { size: 10, waitMs: 5 } })
    const people = ['Ana@example.com', 'ben@example.com', 'ana@example.com']
    const sent = await Promise.all(people.map((to, index) => channel.send(message(shortest, to), context(index))))
    expect(sent.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted'])
  })

  it('is answered by a stand-in that keeps to the description itself', () => {
    expect(answered).toEqual([])
  })
})

it('refuses a mail that has no subject left, and no other', async () => {
  const channel = sendgridChannel({ client, ...plainest, batch: { size: 10, waitMs: 5 } })
  const sent = await Promise.all([
    channel.send(message({ ...shortest, subject: '' }, 'ana@example.com'), context(1)),
    channel.send(message(shortest, 'ben@example.com'), context(2)),
  ])
  expect(sent).toEqual([
    { outcome: 'rejected', code: 'personalizations.subject', reason: 'content' },
    { outcome: 'not_accepted', code: 'batch_refused', retryAfterMs: 0 },
  ])
})

it.each<readonly [string, object, string]>([
  ['a field by a name that SendGrid does not know', { reply: { email: 'a@acme.test' } }, '(reply)'],
  ['a name in JavaScript’s spelling', { asm: { group_id: 7, groupsToDisplay: [7] } }, '(groupsToDisplay)'],
  ['a category twice', { categories: ['a', 'a'] }, 'duplicate'],
  ['eleven categories', { categories: Array.from('abcdefghijk') }, 'more than 10'],
  ['a pool of one letter', { ip_pool_name: 'x' }, 'fewer than 2'],
  [
    'HTML before text',
    {
      content: [
        { type: 'text/html', value: 'a' },
        { type: 'text/plain', value: 'a' },
      ],
    },
    'not valid',
  ],
  [
    'an address twice',
    { personalizations: ['a@b.test', 'A@b.test'].map((email) => ({ to: [{ email }] })) },
    'not valid',
  ],
  [
    'a header of its own',
    { personalizations: [{ to: [{ email: 'a@b.test' }], headers: { Bcc: 'x@b.test' } }] },
    'not valid',
  ],
])('the stand-in refuses %s', async (_, change, sentence) => {
  const mail = {
    personalizations: [{ to: [{ email: 'ana@example.com' }] }],
    from: { email: 'hello@acme.test' },
    subject: 'Hello',
    content: [{ type: 'text/html', value: '<p>Hello</p>' }],
    ...change,
  }
  const answer = await fetch(`${server.url}/v3/mail/send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(mail),
  })
  expect(answer.status).toBe(400)
  expect(JSON.stringify(await answer.json())).toContain(sentence)
})
