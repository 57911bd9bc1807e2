import { type SendGridChannelOptions, sendgridChannel } from '@drumbeat/channel-sendgrid'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf, mailSend, refusal } from './sendgrid-stand-in.js'

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>' },
})
const context = (deliveryRef = 'dlv_00000001') => aSendContext({ deliveryRef })
const open: ContractServer[] = []
async function opened(respond: Parameters<typeof contractServer>[0], given: Partial<SendGridChannelOptions> = {}) {
  const server = await contractServer(respond)
  open.push(server)
  const channel = sendgridChannel({ client: clientOf(server.url), from: '"Acme, Inc." <hello@acme.test>', ...given })
  return { channel, sent: () => server.received.map(({ body }) => JSON.parse(body)) }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('sendgridChannel, against the real client', () => {
  it('sends a plain mail, with its reference and its Message-ID', async () => {
    const { channel, sent } = await opened(mailSend)
    expect(await channel.send(message, context())).toEqual({
      outcome: 'accepted',
      providerId: 'dlv_00000001@acme.test',
    })
    expect(sent()).toEqual([
      {
        from: { email: 'hello@acme.test', name: 'Acme, Inc.' },
        subject: 'Hello',
        content: [{ type: 'text/html', value: '<p>Hello</p>' }],
        personalizations: [
          {
            to: [{ email: 'ana@example.com' }],
            subject: 'Hello',
            headers: { 'Message-ID': '<dlv_00000001@acme.test>' },
            custom_args: { drumbeat_ref: 'dlv_00000001' },
          },
        ],
      },
    ])
  })

  it('sends all that it can say', async () => {
    const { channel, sent } = await opened(mailSend, {
      replyTo: 'help@acme.test',
      categories: ['onboarding'],
      unsubscribeGroup: { groupId: 7, groupsToDisplay: [7, 8] },
      tracking: { opens: false, clicks: true },
      ipPoolName: 'marketing',
      sandbox: true,
    })
    const content = { ...message.content, text: 'Hello', from: 'Eva <eva@acme.test>', headers: { 'X-Tag': 'a' } }
    const full = {
      ...message,
      content,
      headers: { 'List-Unsubscribe': '<https://acme.test/u>' },
      inReplyTo: 'dlv_0@acme.test',
    }
    expect(await channel.send(full, context())).toMatchObject({ outcome: 'accepted' })
    expect(await channel.send({ ...full, category: 'transactional' }, context())).toMatchObject({ outcome: 'accepted' })
    const [marketing, transactional] = sent()
    expect(marketing).toMatchObject({
      from: { email: 'eva@acme.test', name: 'Eva' },
      reply_to: { email: 'help@acme.test' },
      content: [{ type: 'text/plain' }, { type: 'text/html' }],
      categories: ['onboarding'],
      asm: { group_id: 7, groups_to_display: [7, 8] },
      ip_pool_name: 'marketing',
      mail_settings: { sandbox_mode: { enable: true } },
      tracking_settings: { click_tracking: { enable: true, enable_text: true }, open_tracking: { enable: false } },
    })
    expect(marketing.personalizations[0].headers).toEqual({
      'Message-ID': '<dlv_00000001@acme.test>',
      'In-Reply-To': '<dlv_0@acme.test>',
      References: '<dlv_0@acme.test>',
      'X-Tag': 'a',
      'List-Unsubscribe': '<https://acme.test/u>',
    })
    expect(transactional.asm).toBe(undefined)
  })

  it('puts a thousand mails of one content into one request, each with its own reference', async () => {
    const { channel, sent } = await opened(mailSend, { batch: { size: 1000, waitMs: 20 } })
    const outcomes = await Promise.all(
      Array.from({ length: 1500 }, (_, index) =>
        channel.send({ ...message, to: `a${index}@example.com` }, context(`dlv_${String(index).padStart(8, '0')}`)),
      ),
    )
    expect(new Set(outcomes.map((outcome) => outcome.outcome === 'accepted' && outcome.providerId)).size).toBe(1500)
    expect(sent().map(({ personalizations }) => personalizations.length)).toEqual([1000, 500])
    expect(sent()[0].personalizations[7]).toMatchObject({
      to: [{ email: 'a7@example.com' }],
      custom_args: { drumbeat_ref: 'dlv_00000007' },
    })
  })

  it('rejects the one mail that spoils a request, and sends the others again', async () => {
    const { channel } = await opened(mailSend, { batch: { size: 3, waitMs: 20 } })
    const outcomes = await Promise.all(
      ['a@example.com', 'broken@', 'c@example.com'].map((to) => channel.send({ ...message, to }, context())),
    )
    expect(outcomes).toEqual([
      { outcome: 'not_accepted', code: 'batch_refused', retryAfterMs: 0 },
      { outcome: 'rejected', code: 'personalizations.to.email', reason: 'recipient' },
      { outcome: 'not_accepted', code: 'batch_refused', retryAfterMs: 0 },
    ])
  })

  it('waits until the rate limit begins anew', async () => {
    const reset = String(Math.ceil(Date.now() / 1000) + 20)
    const { channel } = await opened(() => refusal(429, null, 'too many requests', { 'x-ratelimit-reset': reset }))
    const { retryAfterMs } = { retryAfterMs: 0, ...(await channel.send(message, context())) }
    expect(retryAfterMs).toBeGreaterThan(15_000)
    expect(retryAfterMs).toBeLessThanOrEqual(21_000)
  })
})
