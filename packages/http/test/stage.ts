import { createDrumbeat, sandboxChannel, VirtualClock } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { apiKeys, createApiKey, createHttp, type HttpOptions, type Role, type Scope } from '../src/index.js'

export const publicUrl = 'https://acme.test/drumbeat'
export const secret = 'a secret of the tests'

/** A Drumbeat in memory with sandbox channels on a virtual clock, its handler, and keys to it. */
export function stage(options: Partial<HttpOptions> = {}) {
  const clock = new VirtualClock('2026-03-06T12:00Z')
  const channels = [sandboxChannel({ name: 'email', clock }), sandboxChannel({ name: 'sms', clock })] as const
  const drumbeat = createDrumbeat({ store: memoryStore(), channels, clock, secret, engineId: 'test' })
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
    clock,
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
  return { clock, channels, drumbeat, acme: drumbeat.workspace('acme'), handle, keyFor, admin, ask, errors }
}
