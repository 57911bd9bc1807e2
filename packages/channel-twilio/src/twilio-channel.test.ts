import { describe, expect, it } from 'vitest'
import { type TwilioChannelOptions, type TwilioClient, twilioChannel } from './twilio-channel.js'

const client = { accountSid: 'AC1', messages: Object.assign(() => ({}), { create() {}, list() {} }) }
const options = (given: Partial<TwilioChannelOptions>): TwilioChannelOptions => ({
  client: client as unknown as TwilioClient,
  from: '+15005550006',
  ...given,
})

describe('twilioChannel', () => {
  it('is the account of its client, and reads reports only if it is told where they come in', () => {
    const plain = twilioChannel(options({}))
    expect([plain.name, plain.account, plain.verify, plain.parse]).toEqual(['sms', 'twilio:AC1', undefined, undefined])
    expect(plain.capabilities).toEqual({ idempotencyKeyTtlMs: null, echoesReference: false, lookup: 'byAddress' })
    const webhook = { url: 'https://acme.test/hooks', authToken: 't' }
    expect(twilioChannel(options({ webhook, account: 'us' }))).toMatchObject({
      account: 'us',
      capabilities: { echoesReference: true },
      verify: expect.any(Function),
    })
  })

  it('says what a segment costs about, if it is told', () => {
    const price = { amount: 0.0079, currency: 'USD' }
    expect(twilioChannel(options({ price })).price).toEqual(price)
    expect(twilioChannel(options({}))).not.toHaveProperty('price')
  })

  it.each<readonly [string, Partial<TwilioChannelOptions>, RegExp]>([
    ['no client', { client: {} as never }, /needs a client/],
    ['no sender', { from: ' ' }, /needs `from`/],
    ['a validity of 0.5 s', { validityMs: 500 }, /validityMs of 500/],
    ['a price below nothing', { price: { amount: -1, currency: 'USD' } }, /price\.amount/],
    ['a price in no currency', { price: { amount: 1, currency: '$' } }, /ISO 4217/],
    ['a host name with an underscore', { webhook: { url: 'https://a_b.test/', authToken: 't' } }, /underscore/],
    ['a relative URL', { webhook: { url: '/hooks', authToken: 't' } }, /absolute URL/],
    ['no token', { webhook: { url: 'https://acme.test/', authToken: [] } }, /authToken/],
  ])('refuses %s', (_, given, sentence) => {
    expect(() => twilioChannel(options(given))).toThrow(sentence)
  })
})
