import { describe, expect, it } from 'vitest'
import { type SendGridChannelOptions, sendgridChannel } from './sendgrid-channel.js'

const options = (given: Partial<SendGridChannelOptions>): SendGridChannelOptions => ({
  client: { send: async () => [{ statusCode: 202 }, {}] },
  from: 'Acme <hello@acme.test>',
  ...given,
})

describe('sendgridChannel', () => {
  it('reads reports only if it is told the key that signs them', () => {
    const plain = sendgridChannel(options({}))
    expect([plain.name, plain.account, plain.verify, plain.parse]).toEqual(['email', 'sendgrid', undefined, undefined])
    expect(plain.capabilities).toMatchObject({ echoesReference: false, lookup: 'none', batchSize: 1 })
  })

  it.each<readonly [string, Partial<SendGridChannelOptions>, RegExp]>([
    ['no client', { client: {} as never }, /needs a client/],
    ['no sender', { from: 'Acme' }, /needs `from`/],
    ['too many mails in a request', { batch: { size: 1001, waitMs: 1 } }, /1 to 1000/],
    ['too long a wait', { batch: { size: 10, waitMs: 60_000 } }, /60000 ms/],
    ['too many categories', { categories: Array(11).fill('a') }, /10 categories/],
    ['a category twice', { categories: ['a', 'a'] }, /each once/],
    ['too many groups', { unsubscribeGroup: { groupId: 1, groupsToDisplay: Array(26).fill(1) } }, /25 unsubscribe/],
    ['a group by its name', { unsubscribeGroup: { groupId: 'news' as never } }, /whole numbers/],
    ['a pool of one letter', { ipPoolName: 'x' }, /2 to 64/],
    ['no public key', { webhook: { publicKey: 'x' } }, /publicKey/],
  ])('refuses %s', (_, given, sentence) => {
    expect(() => sendgridChannel(options(given))).toThrow(sentence)
  })
})
