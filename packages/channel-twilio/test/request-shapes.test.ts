import { type TwilioChannelOptions, twilioChannel } from '@drumbeat/channel-twilio'
import type { OutboundMessage } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { contractServer } from '../../../tests/channels/contract-server.js'
import { combinations } from '../../../tests/contracts/combinations.js'
import { contractOf } from '../../../tests/contracts/contract-of.js'
import { clientOf } from './local-client.js'
import { accountSid, messagesResource } from './twilio-stand-in.js'

/** Whatever shapes a request. An option that is not told apart here does not compile. */
type Shaping = Omit<TwilioChannelOptions, 'client' | 'name' | 'account' | 'ambiguity' | 'rate' | 'price'>
type Text = Omit<OutboundMessage['content'] & { readonly kind: 'text' }, 'kind'>

const options = combinations<Shaping>({
  from: ['+15005550006', '12345', 'ACME Shop', `MG${'0a'.repeat(16)}`],
  webhook: [
    undefined,
    { url: 'https://acme.test/hooks/twilio', authToken: 't' },
    { url: 'http://acme.test:8080/hooks?account=1&name=%C3%A4#rc=3&rp=all', authToken: ['new', 'old'] },
  ],
  validityMs: [undefined, 1000, 36_000_000],
  smartEncoded: [undefined, true, false],
})

const contents = combinations<Text>({
  body: ['Hi', 'Übung „macht“ den\nMeister 🎉 & so = weiter+', 'x'.repeat(1600)],
  mediaUrls: [
    undefined,
    [],
    ['https://acme.test/a.png?b=c&d=é'],
    Array.from({ length: 10 }, (_, index) => `https://acme.test/${index}.png`),
  ],
})

const message = (content: Text) =>
  anOutboundMessage({
    to: '+15005550009',
    content: { kind: 'text', ...content },
    headers: { 'List-Unsubscribe': '<https://acme.test/u>' },
    metadata: { order: '7' },
  })

/** Hundreds of real requests, on a machine that may be busy. */
const patience = { timeout: 180_000 }

const context = aSendContext()

const contract = contractOf('twilio-messages')
const answered: string[] = []
const twilioApi = messagesResource()
const server = await contractServer((request) => {
  const answer = twilioApi(request)
  if (typeof answer !== 'string') answered.push(...contract.problemsOfAnswer(request, answer))
  return answer
})
afterAll(() => server.close())

describe('every request that twilioChannel can make', patience, () => {
  it(`is taken by Twilio's public API description: ${options.length} ways to set it up, ${contents.length} kinds of texts`, async () => {
    for (const given of options) {
      const channel = twilioChannel({ client: clientOf(server.url), ...given })
      for (const content of contents) {
        const outcome = await channel.send(message(content), context)
        expect(outcome, JSON.stringify({ given, content })).toMatchObject({ outcome: 'accepted' })
      }
    }
    const sent = server.received.map(({ body }) => new URLSearchParams(body))
    expect(sent).toHaveLength(options.length * contents.length)
    // What was chosen is what was sent: nothing is left out on the way.
    for (const [index, fields] of sent.entries()) {
      const given = options[Math.floor(index / contents.length)]
      const { body, mediaUrls = [] } = contents[index % contents.length] as Text
      expect(fields.get('Body')).toBe(body)
      expect(fields.getAll('MediaUrl')).toEqual(mediaUrls)
      expect(fields.get('MessagingServiceSid') ?? fields.get('From')).toBe(given?.from)
      expect(fields.has('StatusCallback')).toBe(given?.webhook !== undefined)
      expect(fields.has('ValidityPeriod')).toBe(given?.validityMs !== undefined)
      expect(fields.get('SmartEncoded')).toBe(given?.smartEncoded === undefined ? null : String(given.smartEncoded))
    }
  })

  it('is taken also where it asks what became of a message', async () => {
    const { lookup } = twilioChannel({ client: clientOf(server.url), from: 'ACME' })
    const asked = { deliveryRef: 'dlv_00000001', providerId: null, to: '+15005550001', since: Date.now() }
    expect(await lookup?.(asked)).toEqual({ found: 'absent' })
    expect(await lookup?.({ ...asked, providerId: `SM${'0'.repeat(31)}1` })).toMatchObject({ found: 'yes' })
    expect(await lookup?.({ ...asked, providerId: `MM${'f'.repeat(32)}` })).toEqual({ found: 'absent' })
  })

  it('is answered by a stand-in that keeps to the description itself', () => {
    expect(answered).toEqual([])
  })
})

it.each<readonly [string, Record<string, string>, number]>([
  ['a field by a name that Twilio does not know', { Text: 'Hi' }, 20001],
  ['a validity in milliseconds', { ValidityPeriod: '60000' }, 21624],
  ['a validity that is no whole number', { ValidityPeriod: '0.5' }, 20001],
  ['an underscore in the host name of the callback', { StatusCallback: 'https://a_b.test/' }, 21609],
  ['a relative callback', { StatusCallback: '/hooks' }, 20001],
  ['a flag that is neither true nor false', { SmartEncoded: '1' }, 20001],
  ['a service that is none', { MessagingServiceSid: 'MG1' }, 20001],
  ['nobody', { To: '' }, 20001],
  ['a text that is too long', { Body: 'x'.repeat(1601) }, 21617],
])('the stand-in refuses %s', async (_, change, code) => {
  const fields = { To: '+15005550009', From: '+15005550006', Body: 'Hi', ...change }
  const credentials = Buffer.from(`${accountSid}:twilio-auth-token-1`).toString('base64')
  const answer = await fetch(`${server.url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  })
  expect([answer.status, await answer.json()]).toMatchObject([400, { code }])
})
