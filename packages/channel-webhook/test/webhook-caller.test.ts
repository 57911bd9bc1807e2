import { type Address, type RequestGuard, type WebhookCallerOptions, webhookCaller } from '@drumbeat/channel-webhook'
import { afterEach, describe, expect, it } from 'vitest'
import { type ContractAnswer, type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { certificate, tlsServer } from './tls-server.js'

const secret = 'a secret of 16 bytes and more'
const context = (signal = new AbortController().signal) => ({ idempotencyKey: 'dc1_key', signal })
const request = (url: string, headers: Record<string, string> = {}) => ({
  url,
  method: 'POST' as const,
  headers,
  body: { hello: 'Zoë' },
})
const open: { close(): Promise<void> }[] = []
async function served(answer: ContractAnswer): Promise<ContractServer> {
  const server = await contractServer(() => answer)
  open.push(server)
  return server
}
/** A caller that trusts a server on the loopback. */
const trusting = (server: ContractServer, given: Partial<WebhookCallerOptions> = {}) =>
  webhookCaller({ secret, guard: { trustedOrigins: [server.url] }, ...given })
/** Resolves every name to the addresses, and counts how often it was asked. */
const resolvingTo = (...addresses: readonly string[]) => {
  const asked: string[] = []
  const resolve: RequestGuard['resolve'] = async (hostname) => {
    asked.push(hostname)
    return addresses.map((address): Address => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, resolve }
}
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('webhookCaller', () => {
  it('calls with a signature, and hands on the reply', async () => {
    const server = await served({ status: 200, body: { order: { total: 7 } } })
    const call = trusting(server).call(request(`${server.url}/hook?a=1`, { 'X-Key': 'k' }), context())
    expect(await call).toEqual({ outcome: 'done', reply: { order: { total: 7 } } })
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      path: '/hook?a=1',
      headers: { 'x-key': 'k', 'webhook-id': 'dc1_key', 'webhook-signature': expect.stringMatching(/^v1,/) },
      body: '{"hello":"Zoë"}',
    })
  })

  it.each<readonly [ContractAnswer, object]>([
    [{ status: 204 }, { outcome: 'done', reply: null }],
    [
      { status: 200, body: 'ok' },
      { outcome: 'done', reply: null },
    ],
    [
      { status: 200, body: '{"__proto__":{"x":1}}' },
      { outcome: 'failed', code: 'reply_refused' },
    ],
    [
      { status: 200, body: `${'['.repeat(5000)}${']'.repeat(5000)}` },
      { outcome: 'failed', code: 'reply_refused' },
    ],
    [
      { status: 200, body: JSON.stringify('x'.repeat(65_536)) },
      { outcome: 'failed', code: 'reply_too_long' },
    ],
    [
      { status: 301, headers: { location: 'http://169.254.169.254/' } },
      { outcome: 'failed', code: 'http_301' },
    ],
    [{ status: 400 }, { outcome: 'failed', code: 'http_400' }],
    [{ status: 401 }, { outcome: 'failed', code: 'http_401' }],
    [{ status: 410 }, { outcome: 'failed', code: 'http_410' }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { outcome: 'not_done', code: 'http_429', retryAfterMs: 7000 },
    ],
    [{ status: 503 }, { outcome: 'not_done', code: 'http_503', retryAfterMs: null }],
    [{ status: 500 }, { outcome: 'unknown', code: 'http_500' }],
    ['reset', { outcome: 'unknown', code: 'ECONNRESET' }],
  ])('reads %j', async (answer, outcome) => {
    const server = await served(answer)
    expect(await trusting(server).call(request(server.url), context())).toEqual(outcome)
    expect(server.received).toHaveLength(1)
  })

  it('tries unclear calls again where receivers de-duplicate', async () => {
    const [broken, failing] = [await served('reset'), await served({ status: 500 })]
    for (const server of [broken, failing]) {
      const caller = trusting(server, { deduplicates: true })
      expect(await caller.call(request(server.url), context())).toMatchObject({ outcome: 'not_done' })
    }
  })

  it('does not know what became of a call that was aborted under way', async () => {
    const server = await served('silence')
    const abort = new AbortController()
    const calling = trusting(server).call(request(server.url), context(abort.signal))
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    abort.abort()
    expect(await calling).toEqual({ outcome: 'unknown', code: 'timeout' })
  })

  it('ends a call whose time is over: known to be not done while it resolves a name, unknown once it is written', async () => {
    const server = await served('silence')
    const slow = { timeoutMs: 50, trustedOrigins: [server.url] }
    const call = webhookCaller({ secret, guard: slow }).call(request(server.url), context())
    expect(await call).toEqual({ outcome: 'unknown', code: 'timeout' })
    const resolve = () => new Promise<never>(() => {})
    const resolving = webhookCaller({ secret, guard: { timeoutMs: 50, resolve } })
    expect(await resolving.call(request('https://hooks.acme.test/'), context())).toEqual({
      outcome: 'not_done',
      code: 'timeout',
      retryAfterMs: null,
    })
  })

  it.each([
    ['http', 'http://example.com/', 'not_https'],
    ['another scheme', 'file:///etc/passwd', 'not_https'],
    ['credentials', 'https://user:password@example.com/', 'credentials_in_url'],
    ['another port', 'https://example.com:8443/', 'forbidden_port'],
    ['no URL', 'example', 'invalid_url'],
    ['the loopback', 'https://127.0.0.1/', 'forbidden_address'],
    ['the loopback in other words', 'https://0x7f.1/', 'forbidden_address'],
    ['the loopback of IPv6', 'https://[::1]/', 'forbidden_address'],
    ['a mapped address', 'https://[::ffff:10.0.0.1]/', 'forbidden_address'],
    ['a cloud’s metadata', 'https://169.254.169.254/latest/meta-data', 'forbidden_address'],
    ['the loopback by name', 'https://localhost/', 'forbidden_address'],
  ])('refuses %s', async (_, url, code) => {
    expect(await webhookCaller({ secret }).call(request(url), context())).toEqual({ outcome: 'failed', code })
  })

  it.each([
    ['a private address', ['10.0.0.1']],
    ['a private one among public ones', ['93.184.216.34', '192.168.1.1']],
    ['nothing', []],
  ])('refuses a name that leads to %s', async (_, addresses) => {
    const { resolve, asked } = resolvingTo(...addresses)
    const caller = webhookCaller({ secret, guard: { resolve } })
    expect(await caller.call(request('https://hooks.acme.test/'), context())).toEqual({
      outcome: 'failed',
      code: 'forbidden_address',
    })
    expect(asked).toEqual(['hooks.acme.test'])
  })

  it('connects to the address that it checked, resolving the name once', async () => {
    const server = await tlsServer()
    open.push(server)
    const { resolve, asked } = resolvingTo('127.0.0.1')
    const origin = `https://hooks.acme.test:${server.port}`
    const caller = webhookCaller({ secret, guard: { resolve, trustedOrigins: [origin], ca: certificate } })
    expect(await caller.call(request(`${origin}/hook`), context())).toEqual({ outcome: 'done', reply: { ok: true } })
    expect(server.received).toEqual([{ host: `hooks.acme.test:${server.port}`, body: '{"hello":"Zoë"}' }])
    expect(asked).toEqual(['hooks.acme.test'])
  })

  it('writes nothing to a server whose certificate nobody vouches for', async () => {
    const server = await tlsServer()
    open.push(server)
    const { resolve } = resolvingTo('127.0.0.1')
    const origin = `https://hooks.acme.test:${server.port}`
    const caller = webhookCaller({ secret, guard: { resolve, trustedOrigins: [origin] } })
    expect(await caller.call(request(origin), context())).toMatchObject({ outcome: 'not_done' })
    expect(server.received).toEqual([])
  })

  it.each(['Host', 'Content-Length', 'webhook-signature', 'Transfer-Encoding'])(
    'refuses the header %s',
    async (name) => {
      const server = await served({ status: 200 })
      const call = trusting(server).call(request(server.url, { [name]: 'x' }), context())
      expect(await call).toEqual({ outcome: 'failed', code: 'forbidden_header' })
      expect(server.received).toEqual([])
    },
  )

  it('refuses a header that would begin another', async () => {
    const server = await served({ status: 200 })
    const call = trusting(server).call(request(server.url, { 'X-A': 'a\r\nX-B: b' }), context())
    expect(await call).toEqual({ outcome: 'failed', code: 'invalid_header' })
  })
})
