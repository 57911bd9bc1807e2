import { createHmac } from 'node:crypto'
import {
  type Channel,
  createDrumbeat,
  type EventSender,
  type ParsedReport,
  type SandboxChannel,
  sandboxChannel,
  VirtualClock,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import {
  apiKeys,
  createApiKey,
  createHttp,
  type HttpOptions,
  publicLinks,
  type Role,
  type Scope,
} from '../src/index.js'

export const publicUrl = 'https://acme.test/drumbeat'
const secret = 'a secret of the tests'

/** A channel whose provider signs the bytes of its webhooks with a key of its account. */
export function signingChannel(
  channel: SandboxChannel,
  signingKey: string,
): SandboxChannel & Required<Pick<Channel, 'verify' | 'parse'>> {
  return {
    ...channel,
    verify: async ({ url, headers, body }) => headers['x-signature'] === sign(signingKey, url, body),
    parse: async ({ body }) => JSON.parse(new TextDecoder().decode(body)) as ParsedReport[],
  }
}

/** The signature of a webhook: over the public URL and the body's bytes. */
export function sign(signingKey: string, url: string, body: Uint8Array | string): string {
  return createHmac('sha256', signingKey).update(url).update(body).digest('hex')
}

/** A Drumbeat in memory with sandbox channels on a virtual clock, its handler, and keys to it. */
export function stage(options: Partial<HttpOptions> = {}) {
  const clock = new VirtualClock('2026-03-06T12:00Z')
  const email = signingChannel(sandboxChannel({ name: 'email', clock }), 'email key')
  const sms = {
    ...signingChannel(sandboxChannel({ name: 'sms', clock }), 'sms key'),
    price: { amount: 0.0079, currency: 'USD' },
  }
  const channels = [email, sms] as const
  const posted: Parameters<EventSender['send']>[0][] = []
  const eventSender: EventSender = {
    problemWith: (url) => (url.startsWith('https://') ? null : `The url ${url} must begin with https://.`),
    async send(request) {
      posted.push(request)
      return { answer: 'taken', status: 204 }
    },
  }
  const links = publicLinks({ publicUrl, secret })
  const drumbeat = createDrumbeat({
    store: memoryStore(),
    channels,
    clock,
    secret,
    engineId: 'test',
    unsubscribeUrl: links.unsubscribeUrl,
    tracking: links,
    eventSender,
  })
  const keys = new Map<string, Parameters<typeof keyFor>[0]>()
  const errors: unknown[] = []
  function keyFor(owner: { workspaceId?: string; role?: Role; scopes?: readonly Scope[]; expiresAt?: string }): string {
    const { key, hash } = createApiKey()
    keys.set(hash, owner)
    return key
  }
  const handle = createHttp({
    drumbeat,
    publicUrl,
    secret,
    clock,
    webhooks: {
      'account-of-email-1': { workspaceId: 'acme', channel: email },
      'account-of-sms-0001': { workspaceId: 'acme', channel: sms },
      'other-account-email': { workspaceId: 'other', channel: signingChannel(email, 'key of the other account') },
    },
    authorize: apiKeys({
      find: (hash) => {
        const owner = keys.get(hash)
        return owner === undefined ? null : { id: 'k1', workspaceId: 'acme', role: 'admin', ...owner }
      },
      now: () => clock.now(),
    }),
    onError: (error) => errors.push(error),
    ...options,
  })
  const admin = keyFor({})
  /** Asks as an admin of `acme`, unless told otherwise. */
  async function ask(
    method: string,
    path: string,
    { key = admin, body, headers = {} }: { key?: string | null; body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const isText = typeof body === 'string'
    const response = await handle(
      new Request(publicUrl + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json') === true
    // biome-ignore lint/suspicious/noExplicitAny: tests read answers by path, and fail where a part is missing.
    const json = (isJson ? JSON.parse(text) : null) as any
    return { status: response.status, headers: response.headers, text, json }
  }
  /** Posts what a provider reports, signed unless told otherwise. */
  async function report(
    accountId: string,
    reports: readonly unknown[] | string,
    {
      signingKey = accountId.includes('sms') ? 'sms key' : 'email key',
      signature,
    }: { signingKey?: string; signature?: string } = {},
  ) {
    const path = `/webhooks/${accountId}`
    const body = typeof reports === 'string' ? reports : JSON.stringify(reports)
    const headers = { 'x-signature': signature ?? sign(signingKey, publicUrl + path, body) }
    return ask('POST', path, { key: null, body, headers })
  }
  return {
    clock,
    channels,
    posted,
    report,
    drumbeat,
    acme: drumbeat.workspace('acme'),
    handle,
    keyFor,
    admin,
    ask,
    errors,
  }
}
