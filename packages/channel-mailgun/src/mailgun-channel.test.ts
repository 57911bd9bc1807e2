import { describe, expect, it } from 'vitest'
import { type MailgunChannelOptions, mailgunChannel } from './mailgun-channel.js'

const options = (given: Partial<MailgunChannelOptions>): MailgunChannelOptions => ({
  client: { messages: { create: async () => ({ status: 200 }) }, request: { get: async () => ({}) } },
  domain: 'mg.acme.test',
  from: 'Acme <hello@acme.test>',
  ...given,
})

describe('mailgunChannel', () => {
  it('reads reports only if it is told the key that signs them, and looks up only mails that went alone', () => {
    const plain = mailgunChannel(options({}))
    expect([plain.account, plain.verify, plain.parse]).toEqual(['mailgun:mg.acme.test', undefined, undefined])
    expect(plain.capabilities).toMatchObject({ echoesReference: false, lookup: 'byReference', batchSize: 1 })
    const batched = mailgunChannel(options({ batch: { size: 10, waitMs: 1 } }))
    expect([batched.capabilities.lookup, batched.lookup]).toEqual(['none', undefined])
  })

  it.each<readonly [string, Partial<MailgunChannelOptions>, RegExp]>([
    ['no client', { client: {} as never }, /needs a client/],
    ['no domain', { domain: 'acme' }, /needs `domain`/],
    ['a domain with a path', { domain: 'mg.acme.test/x' }, /needs `domain`/],
    ['no sender', { from: 'Acme' }, /needs `from`/],
    ['no signing key', { webhook: { signingKey: ['a', ''] } }, /signingKey/],
    ['too many mails in a request', { batch: { size: 1001, waitMs: 1 } }, /1 to 1000/],
    ['too long a wait', { batch: { size: 10, waitMs: 60_000 } }, /60000 ms/],
    ['too many tags', { tags: ['a', 'b', 'c', 'd'] }, /3 tags/],
  ])('refuses %s', (_, given, sentence) => {
    expect(() => mailgunChannel(options(given))).toThrow(sentence)
  })
})
