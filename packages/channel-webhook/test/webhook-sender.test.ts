import { webhookSender } from '@drumbeat/channel-webhook'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractAnswer, contractServer } from '../../../tests/channels/contract-server.js'

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']
const event = { id: 'evt_1', body: '{"type":"delivery.sent","data":{"contactId":"Zoë"}}' }
const open: { close(): Promise<void> }[] = []
async function told(answer: ContractAnswer, secret: readonly string[] = secrets.slice(0, 1)) {
  const server = await contractServer(() => answer)
  open.push(server)
  const sender = webhookSender({ guard: { trustedOrigins: [server.url], timeoutMs: 300 } })
  const given = await sender.send({ url: `${server.url}/events`, secrets: secret, ...event })
  return { given, received: server.received }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('webhookSender', () => {
  it('posts an event as it is, with a signature that the published verifier of the Standard Webhooks takes', async () => {
    const { given, received } = await told({ status: 202 }, secrets)
    expect(given).toEqual({ answer: 'taken', status: 202 })
    const [request] = received
    expect(request).toMatchObject({ method: 'POST', path: '/events', body: event.body })
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'evt_1' })
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(request?.body ?? '', request?.headers ?? {})).toEqual(JSON.parse(event.body))
    }
    const stranger = new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    expect(() => stranger.verify(request?.body ?? '', request?.headers ?? {})).toThrow('No matching signature')
    const altered = event.body.replace('sent', 'seen')
    expect(() => new Webhook(secrets[0] ?? '').verify(altered, request?.headers ?? {})).toThrow('No matching signature')
  })

  it.each<readonly [ContractAnswer, object]>([
    [
      { status: 200, body: 'x'.repeat(100_000) },
      { answer: 'taken', status: 200 },
    ],
    [{ status: 410 }, { answer: 'gone', status: 410 }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { answer: 'failed', status: 429, code: 'http_429', retryAfterMs: 7000 },
    ],
    [
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      { answer: 'failed', status: 302, code: 'http_302', retryAfterMs: null },
    ],
    [{ status: 400 }, { answer: 'failed', status: 400, code: 'http_400', retryAfterMs: null }],
    [{ status: 500 }, { answer: 'failed', status: 500, code: 'http_500', retryAfterMs: null }],
    ['reset', { answer: 'failed', status: null, code: 'ECONNRESET', retryAfterMs: null }],
    ['silence', { answer: 'failed', status: null, code: 'timeout', retryAfterMs: null }],
  ])('reads %j', async (answer, expected) => {
    const { given, received } = await told(answer)
    expect(given).toEqual(expected)
    expect(received).toHaveLength(1)
  })

  it.each([
    ['https://10.0.0.8/events', 'it leads into a private network'],
    ['https://[::1]/events', 'it leads into a private network'],
    ['https://169.254.169.254/latest/meta-data', 'it leads into a private network'],
    ['http://crm.acme.test/events', 'it must begin with https://'],
    ['https://user:password@crm.acme.test/', 'it must not hold a user or a password'],
    ['https://crm.acme.test:8443/', 'its port must be 443, or one that the guard allows'],
    ['events', 'it is no absolute URL'],
  ])('refuses %s as an endpoint, and does not call it', async (url, problem) => {
    const sender = webhookSender()
    expect(sender.problemWith(url)).toBe(`The url ${JSON.stringify(url)} cannot be told events: ${problem}.`)
    expect(await sender.send({ url, secrets, ...event })).toMatchObject({ answer: 'failed', status: null })
  })

  it('refuses a name that leads into a private network by the time it is called', async () => {
    const server = await contractServer(() => ({ status: 200 }))
    open.push(server)
    const sender = webhookSender({ guard: { resolve: async () => [{ address: '127.0.0.1', family: 4 }] } })
    const url = 'https://crm.acme.test/events'
    expect(sender.problemWith(url)).toBeNull()
    expect(await sender.send({ url, secrets, ...event })).toEqual({
      answer: 'failed',
      status: null,
      code: 'forbidden_address',
      retryAfterMs: null,
    })
    expect(server.received).toEqual([])
  })

  it('takes an address that the host vouches for', () => {
    const sender = webhookSender({ guard: { trustedOrigins: ['http://127.0.0.1:8080'], ports: [8443] } })
    expect(sender.problemWith('http://127.0.0.1:8080/events')).toBeNull()
    expect(sender.problemWith('https://crm.acme.test:8443/')).toBeNull()
  })
})
