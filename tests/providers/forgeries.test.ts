import { mailgunChannel } from '@drumbeat/channel-mailgun'
import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { twilioChannel } from '@drumbeat/channel-twilio'
import { webhookChannel } from '@drumbeat/channel-webhook'
import { createDrumbeat, VirtualClock } from '@drumbeat/core'
import { createHttp, type HttpHandler } from '@drumbeat/http'
import { postgresStore } from '@drumbeat/store-postgres'
import { afterAll, describe, expect, it } from 'vitest'
import { domain } from '../../packages/channel-mailgun/test/mailgun-stand-in.js'
import { behindBodyParsers, frameworks, serve } from '../../packages/http/test/frameworks.js'
import { newPool, newSchema } from '../../packages/store-postgres/test/databases.js'
import { contractServer } from '../channels/contract-server.js'
import {
  type Account,
  type Call,
  type CallKind,
  callKinds,
  foreignPath,
  paths,
  type Signer,
  secrets,
  sendgridKey,
  withSignatureOf,
} from './calls/index.js'
import { activated, begins, publicUrl } from './stage.js'

/** Dozens of requests and of looks at every table, on a machine that may be busy. */
const patience = { timeout: 120_000 }
const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const gateway = await contractServer(() => ({ status: 202 }))
ends.push(() => gateway.close())
const unused = async (): Promise<never> => {
  throw new Error('Nobody is asked here.')
}
const from = 'Acme <hello@acme.test>'

/** The accounts of a workspace, each of which takes webhooks of these signers. */
function channelsOf(signers: readonly Signer[], path: (account: Account) => string) {
  const keys = signers.map((signer) => secrets[signer])
  const create = async () => ({ sid: `SM${'f'.repeat(32)}`, status: 'queued', errorCode: null }) as never
  const messages = Object.assign(() => ({ fetch: unused }), { create, list: unused })
  const sent = async () => ({ status: 200, id: '<m@acme.test>' })
  return {
    sms: twilioChannel({
      client: { messages },
      from: '+15005550006',
      webhook: { url: `${publicUrl}/webhooks/${path('sms')}`, authToken: keys },
    }),
    email: sendgridChannel({
      client: { send: async () => [{ statusCode: 202 }, {}] },
      from,
      webhook: { publicKey: signers.map(sendgridKey) },
    }),
    news: mailgunChannel({
      client: { messages: { create: sent }, request: { get: unused } },
      domain,
      from,
      name: 'news',
      webhook: { signingKey: keys },
    }),
    push: webhookChannel({
      name: 'push',
      url: `${gateway.url}/messages`,
      secret: 'a secret of 16 bytes and more',
      webhook: { secret: keys },
      guard: { trustedOrigins: [gateway.url] },
    }),
  }
}

const schema = newSchema()
const pool = newPool({ max: 4 })
ends.push(async () => {
  await pool.query(`drop schema ${schema} cascade`)
  await pool.end()
})
const ours = channelsOf(['current', 'previous'], (account) => paths[account])
const theirs = channelsOf(['foreign'], foreignPath)
const accounts = Object.keys(paths) as readonly Account[]
const clock = new VirtualClock(begins)
const drumbeat = createDrumbeat({
  store: postgresStore({ pool, schema, clock: 'caller' }),
  channels: Object.values(ours),
  clock,
  secret: 'a secret of the tests',
  unsubscribeUrl: () => 'https://acme.test/bye',
})
ends.push(() => drumbeat.close())
const acme = drumbeat.workspace('acme')

/** The handler, as it is so many milliseconds after everything was signed. */
function handlerAt(afterMs: number, channels = ours): HttpHandler {
  return createHttp({
    drumbeat,
    publicUrl,
    clock: new VirtualClock(begins + afterMs),
    authorize: () => null,
    webhooks: Object.fromEntries(
      accounts.flatMap((account) => [
        [paths[account], { workspaceId: 'acme', channel: channels[account] }],
        [foreignPath(account), { workspaceId: 'other', channel: theirs[account] }],
      ]),
    ),
  })
}

/** A hash of every row of every table: it changes with whatever is written. */
async function everythingWritten(): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE' order by 1`,
    [schema],
  )
  expect(tables.length).toBeGreaterThan(20)
  const hashes = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from "${schema}"."${name}" t`,
  )
  const { rows } = await pool.query<{ name: string; hash: string }>(hashes.join(' union all '))
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]))
}

/** One message on every channel has gone to ana. */
async function refsOfAna(): Promise<{ readonly [account in Account]: string }> {
  await drumbeat.tick()
  await acme.templates.publish('push', { channel: 'push', content: { kind: 'custom', fields: { title: 'Hello' } } })
  const addresses = { sms: '+12025550100', email: 'ana@example.com', news: 'ana@example.com', push: 'device-token-1' }
  await acme.contacts.import([{ id: 'ana', zone: 'UTC', addresses }])
  const steps = {
    sms: { kind: 'send', channel: 'sms', template: 'text', next: 'email' },
    email: { kind: 'send', channel: 'email', template: 'mail', next: 'news' },
    news: { kind: 'send', channel: 'news', template: 'news', next: 'push' },
    push: { kind: 'send', channel: 'push', template: 'push', next: 'done' },
    done: { kind: 'exit' },
  } as const
  const sequence = { schema: 1, start: 'sms', steps } as const
  const campaign = await activated(drumbeat, { sequence, category: 'transactional' })
  await acme.enroll(campaign, 'ana')
  for (let round = 0; round < 5; round++) await drumbeat.tick()
  const sent = await acme.deliveries(campaign, { limit: 10 })
  expect(sent.map(({ channel, state }) => `${channel} ${state}`).sort()).toEqual([
    'email sent',
    'news sent',
    'push sent',
    'sms sent',
  ])
  return Object.fromEntries(sent.map((one) => [one.channel, acme.refOf(one)])) as { [account in Account]: string }
}

const kinds = callKinds(await refsOfAna())

/** Hands a request over, and returns the status and the code of the answer. */
type Post = (call: Call, path: string) => Promise<string>
const answerOf = async (response: Response): Promise<string> => {
  const body = await response.text()
  return response.ok ? String(response.status) : `${response.status} ${JSON.parse(body).code}`
}
const adapters: { readonly [name: string]: (handle: HttpHandler) => Promise<Post> } = {
  'a bare Request':
    async (handle) =>
    async ({ query, headers, body }, path) =>
      answerOf(await handle(new Request(`${publicUrl}/webhooks/${path}${query}`, { method: 'POST', headers, body }))),
  ...Object.fromEntries(
    Object.entries(frameworks).map(([name, mounted]) => [name, (handle: HttpHandler) => postTo(mounted(handle))]),
  ),
}

async function postTo(listener: Parameters<typeof serve>[0]): Promise<Post> {
  const { base, end } = await serve(listener)
  ends.push(end)
  return async ({ query, headers, body }, path) =>
    answerOf(await fetch(`${base}/drumbeat/webhooks/${path}${query}`, { method: 'POST', headers, body }))
}

let numbers = 0

/** Requests that nobody made, or that nobody made for this account. */
async function forgeriesOf(kind: CallKind): Promise<readonly (readonly [string, Call, string])[]> {
  const { account, make, unsigned, altered } = kind
  const [genuine, another] = [await make(++numbers, 'current', begins), await make(++numbers, 'current', begins)]
  const here = paths[account]
  return [
    ...[...unsigned(genuine), ...altered(genuine, another)].map(([what, call]) => [what, call, here] as const),
    ['signed by another account', await make(++numbers, 'foreign', begins), here],
    ['signed by a secret that was retired', await make(++numbers, 'retired', begins), here],
    ['sent to another account', genuine, foreignPath(account)],
  ]
}

describe.each(Object.entries(adapters))('through %s', patience, (_, mounted) => {
  const now = mounted(handlerAt(0))

  it.each(Object.entries(kinds))('%s is believed only where it is genuine, and once', async (_, kind) => {
    const { account, writes, believedMs, make } = kind
    const post = await now
    const path = paths[account]
    const before = await everythingWritten()
    for (const [what, call, to] of await forgeriesOf(kind)) {
      expect(await post(call, to), what).toBe('403 bad_signature')
      expect(await everythingWritten(), what).toEqual(before)
    }
    const genuine = await make(++numbers, 'current', begins)
    if (believedMs !== null) {
      const late = await mounted(handlerAt(believedMs + 60_000))
      expect(await late(genuine, path), 'too late').toBe('403 bad_signature')
      expect(await everythingWritten(), 'too late').toEqual(before)
    }
    for (const call of [genuine, await make(++numbers, 'previous', begins)]) {
      const soFar = await everythingWritten()
      expect(await post(call, path), 'genuine').toBe('200')
      if (writes) expect(await everythingWritten(), 'genuine').not.toEqual(soFar)
    }
    for (const moment of ['at once', 'when it was taken in']) {
      const soFar = await everythingWritten()
      expect(await post(genuine, path), `again, ${moment}`).toBe('200')
      expect(await everythingWritten(), `again, ${moment}`).toEqual(soFar)
      await drumbeat.tick()
    }
    if (account !== 'news') return
    // Mailgun's signature covers no content: whoever has seen one could put it under another.
    const soFar = await everythingWritten()
    const reused = withSignatureOf(genuine, await make(++numbers, 'current', begins))
    expect(await post(reused, path), 'with a signature that was used').toBe('403 bad_signature')
    expect(await everythingWritten(), 'with a signature that was used').toEqual(soFar)
    // Nor does a process believe it that has not seen the first request. What it answers tells nobody anything.
    const elsewhere = await mounted(
      handlerAt(
        0,
        channelsOf(['current'], (name) => paths[name]),
      ),
    )
    expect(await elsewhere(reused, path), 'to another process').toBe('200')
    expect(await everythingWritten(), 'to another process').toEqual(soFar)
  })
})

describe('behind body parsers that have read the request', () => {
  const post = postTo(behindBodyParsers(handlerAt(0)))

  it.each(Object.entries(kinds))(
    '%s is never believed where its bytes are lost',
    async (_, { account, make, unsigned }) => {
      const genuine = await make(++numbers, 'current', begins)
      const isLost = !genuine.headers['content-type']?.startsWith('multipart/')
      const before = await everythingWritten()
      for (const [what, call] of unsigned(genuine)) {
        expect(await (await post)(call, paths[account]), what).toBe(
          isLost ? '500 unreadable_request' : '403 bad_signature',
        )
      }
      if (isLost) expect(await (await post)(genuine, paths[account])).toBe('500 unreadable_request')
      expect(await everythingWritten()).toEqual(before)
      if (!isLost) expect(await (await post)(genuine, paths[account])).toBe('200')
    },
  )
})
