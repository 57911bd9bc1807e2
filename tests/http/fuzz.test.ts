import {
  createDrumbeat,
  defineSequence,
  exit,
  type JsonObject,
  type JsonValue,
  type Store,
  sandboxChannel,
  send,
  smsTemplate,
  VirtualClock,
} from '@drumbeat/core'
import { createHttp, type HttpHandler, publicLinks } from '@drumbeat/http'
import { simulate } from '@drumbeat/simulate'
import { describe, expect, it } from 'vitest'
import { stores } from '../acceptance/stores.js'
import { hostileValue, nearlyOf, type Random, randomFrom } from './hostile.js'

const publicUrl = 'https://acme.test'
const secret = 'a secret of the tests'
const seed = Math.floor(Math.random() * 2 ** 31)
const requestsPerRoute = 25

/** A handler that anybody may do anything with, and what went wrong in it that nobody expected. */
async function open(store: Store) {
  const clock = new VirtualClock('2026-03-06T12:00Z')
  const sms = {
    ...sandboxChannel({ name: 'sms', clock }),
    verify: async () => true,
    parse: async ({ body }: { readonly body: Uint8Array }) => reportsIn(body),
  }
  const links = publicLinks({ publicUrl, secret })
  const drumbeat = createDrumbeat({ store, channels: [sms], clock, secret, unsubscribeUrl: links.unsubscribeUrl })
  const acme = drumbeat.workspace('acme')
  await acme.templates.publish('ana', smsTemplate({ body: 'Hello {{name | you}}' }))
  await acme.contacts.upsert({ id: 'ana', addresses: { sms: '+12125550100' } })
  await acme.campaigns.create(
    {
      name: 'ana',
      entry: { when: 'api', again: 'always' },
      sequence: defineSequence({
        start: 'ana',
        steps: { ana: send({ channel: 'sms', template: 'ana', next: 'done' }), done: exit() },
      }),
    },
    { id: 'ana' },
  )
  await acme.campaigns.activate('ana')
  await acme.enroll('ana', 'ana')
  await drumbeat.tick()
  const errors: unknown[] = []
  const token = links.unsubscribeUrl({
    workspaceId: 'acme',
    contactId: 'ana',
    channel: 'sms',
    topic: null,
    deliveryRef: acme.refOf({ id: 1 }),
  })
  const handle = createHttp({
    drumbeat,
    publicUrl,
    secret,
    clock,
    simulate,
    webhooks: { 'account-of-sms-0001': { workspaceId: 'acme', channel: sms } },
    authorize: () => ({ workspaceId: 'acme', actor: 'fuzz', role: 'admin' }),
    onError: (error) => errors.push(error),
  })
  return { handle, errors, token: token.slice(publicUrl.length + 3), drumbeat }
}

/** By its contract, a channel leaves out what it cannot read; what it can read, it hands over as it is. */
function reportsIn(body: Uint8Array) {
  try {
    const facts = JSON.parse(new TextDecoder().decode(body)) as unknown
    const text = JSON.stringify(facts).replaceAll('\u0000', '').slice(0, 2000)
    return [
      { kind: 'inbound' as const, dedupeKey: text.slice(0, 100), message: { from: text, text, at: 1 } },
      { kind: 'facts' as const, dedupeKey: text.slice(0, 99), delivery: { deliveryRef: text }, facts: [] },
      { kind: 'facts' as const, dedupeKey: text.slice(0, 98), delivery: { providerId: text }, facts: [] },
    ]
  } catch {
    return []
  }
}

interface Described {
  readonly method: string
  readonly path: string
  readonly operation: JsonObject
}

async function describedBy(handle: HttpHandler): Promise<{ document: JsonObject; operations: readonly Described[] }> {
  const document = (await (await handle(new Request(`${publicUrl}/v1/openapi.json`))).json()) as JsonObject
  const operations = Object.entries(document.paths as JsonObject).flatMap(([path, methods]) =>
    Object.entries(methods as JsonObject).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: operation as JsonObject,
    })),
  )
  return { document, operations }
}

function requestFor(
  { method, path, operation }: Described,
  document: JsonObject,
  token: string,
  random: Random,
): Request {
  const hostility = random() < 0.3 ? 0 : 0.08
  const parameters = (operation.parameters ?? []) as readonly JsonObject[]
  const known: Readonly<Record<string, string>> = {
    accountId: 'account-of-sms-0001',
    token,
    deliveryRef: 'dlv_00000001',
  }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encoded(random() < 0.8 ? (known[name] ?? 'ana') : hostileValue(random)),
  )
  const url = new URL(publicUrl + filled)
  for (const { in: place, name, schema } of parameters) {
    if (place !== 'query' || random() < 0.4) continue
    url.searchParams.set(String(name), textOf(nearlyOf(schema as JsonObject, document, random, 0.3)))
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (random() < 0.7) headers['if-match'] = random() < 0.8 ? '*' : '"r1"'
  if (random() < 0.1) headers['idempotency-key'] = 'k'.repeat(Math.floor(random() * 400))
  if (random() < 0.05) headers['content-encoding'] = 'br'
  if (method === 'GET') return new Request(url, { method, headers })
  return new Request(url, { method, headers, body: bodyFor(operation, document, random, hostility, headers) })
}

function bodyFor(
  operation: JsonObject,
  document: JsonObject,
  random: Random,
  hostility: number,
  headers: Record<string, string>,
): BodyInit {
  const content = ((operation.requestBody as JsonObject | undefined)?.content ?? {}) as Record<string, JsonObject>
  const [type = 'application/json'] = Object.keys(content)
  if (random() < 0.95) headers['content-type'] = type
  if (random() < 0.1) return Uint8Array.from({ length: 200 }, () => Math.floor(random() * 256))
  if (random() < 0.05) return '['.repeat(100_000)
  if (type === 'application/x-ndjson') {
    if (random() < 0.5) headers['content-type'] = 'text/csv'
    return ['id,tags,attributes.a', ...Array.from({ length: 5 }, () => JSON.stringify(hostileValue(random)))].join('\n')
  }
  const text = JSON.stringify(nearlyOf((content[type]?.schema ?? {}) as JsonObject, document, random, hostility))
  return random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text
}

const textOf = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** As a client would encode it; what no client could encode is left out. */
function encoded(value: JsonValue): string {
  try {
    return encodeURIComponent(textOf(value)).slice(0, 9000) || '%20'
  } catch {
    return '%ED%A0%80'
  }
}

describe.each(['memory', 'PostgreSQL'] as const)('on %s', (name) => {
  it('answers every hostile request, and none with a failure of its own', { timeout: 120_000 }, async () => {
    const made = await stores[name]?.()
    if (made === undefined) throw new Error(`There is no store "${name}".`)
    const { handle, errors, token, drumbeat } = await open(made.store)
    const random = randomFrom(seed)
    const { document, operations } = await describedBy(handle)
    const statuses = new Map<number, number>()
    const failures: string[] = []
    // What deletes comes last, so that the others have something to work on.
    const order = [...operations].sort((a, b) => Number(isEnding(a)) - Number(isEnding(b)))
    for (const described of order) {
      for (let count = 0; count < requestsPerRoute; count++) {
        const request = requestFor(described, document, token, random)
        const shown = `${request.method} ${request.url.slice(0, 200)}`
        const response = await handle(request)
        await (response.headers.get('content-type') === 'text/event-stream'
          ? response.body?.cancel()
          : response.arrayBuffer())
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
        if (response.status >= 500) failures.push(`seed ${seed}: ${response.status} ${shown}: ${String(errors.at(-1))}`)
      }
    }
    expect(failures).toEqual([])
    expect(errors).toEqual([])
    // Neither a test of refusals alone nor one that never gets any.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(100)
    expect((statuses.get(400) ?? 0) + (statuses.get(422) ?? 0)).toBeGreaterThan(100)
    await drumbeat.tick()
    await made.close()
  })
})

function isEnding({ method, path }: Described): boolean {
  return method === 'DELETE' || /\/(stop|archive|finish)$|emergency-stop$/.test(path)
}
