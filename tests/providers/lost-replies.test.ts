import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import { twilioChannel } from '@drumbeat/channel-twilio'
import type { Channel, DeliveryState, RawReport } from '@drumbeat/core'
import { nodeListener } from '@drumbeat/http'
import { afterEach, describe, expect, it } from 'vitest'
import * as sendgrid from '../../packages/channel-sendgrid/test/sendgrid-stand-in.js'
import { clientOf as twilioClient } from '../../packages/channel-twilio/test/local-client.js'
import { authToken, messagesResource } from '../../packages/channel-twilio/test/twilio-stand-in.js'
import { serve } from '../../packages/http/test/frameworks.js'
import { stores } from '../acceptance/stores.js'
import { type ContractAnswer, type ContractRequest, contractServer } from '../channels/contract-server.js'
import { type Loss, swallowingProxy } from '../channels/swallowing-proxy.js'
import { accounts, activated, begins, fromSendgrid, fromTwilio, publicUrl, wired } from './stage.js'

const people = 100
/** Hundreds of real requests, on a machine that may be busy. */
const patience = { timeout: 120_000 }
const minute = 60_000
const hour = 60 * minute
/** How long the real clients wait for an answer, where none ever comes. */
const impatientMs = 1000

interface Provider {
  readonly template: 'text' | 'mail'
  readonly respond: () => (request: ContractRequest) => ContractAnswer
  /** Through the real client, which finds the provider there. */
  readonly channel: (url: string, withCallbacks: boolean, timeoutMs: number) => Channel
  /** Whom a request is for. */
  readonly peopleIn: (body: string) => readonly string[]
  /** What the provider tells of the messages of a request, by what the request says alone. */
  readonly callbacks: (body: string) => readonly RawReport[]
}

const from = 'Acme <hello@acme.test>'

function throughSendgrid(size: number): Provider {
  type Mail = { readonly personalizations: readonly { to: readonly { email: string }[]; custom_args: object }[] }
  const personsIn = (body: string) => (JSON.parse(body) as Mail).personalizations
  return {
    template: 'mail',
    respond: () => sendgrid.mailSend,
    channel: (url, withCallbacks, timeoutMs) =>
      sendgridChannel({
        client: sendgrid.clientOf(url, sendgrid.apiKey, timeoutMs),
        from,
        batch: { size, waitMs: 10 },
        ...(withCallbacks ? { webhook: { publicKey: sendgrid.publicKey } } : {}),
      }),
    peopleIn: (body) => personsIn(body).flatMap(({ to }) => to.map(({ email }) => email)),
    // SendGrid puts the custom arguments flat into each event. Two requests, the later one first, and each twice.
    callbacks: (body) =>
      ['delivered', 'processed', 'delivered', 'processed'].map((event) =>
        fromSendgrid(
          personsIn(body).map(({ to: [person], custom_args: args }) => ({
            event,
            email: person?.email,
            timestamp: begins / 1000,
            sg_event_id: `${event}/${person?.email}`,
            ...args,
          })),
        ),
      ),
  }
}

const providers: { readonly [name: string]: Provider } = {
  Twilio: {
    template: 'text',
    respond: messagesResource,
    channel: (url, withCallbacks, timeoutMs) =>
      twilioChannel({
        client: twilioClient(url, authToken, timeoutMs),
        from: '+15005550006',
        ...(withCallbacks ? { webhook: { url: `${publicUrl}/webhooks/${accounts.sms}`, authToken } } : {}),
      }),
    peopleIn: (body) => new URLSearchParams(body).getAll('To'),
    // The delivery is named by the query of the message's own callback, which the signature covers.
    callbacks: (body) => {
      const fields = new URLSearchParams(body)
      const ref = new URL(fields.get('StatusCallback') ?? '').searchParams.get('d') ?? ''
      const sid = `SM${(fields.get('To') ?? '').slice(1).padStart(32, '0')}`
      return ['delivered', 'sent', 'delivered', 'sent'].map((MessageStatus) =>
        fromTwilio({ MessageSid: sid, MessageStatus, ErrorCode: '' }, ref),
      )
    },
  },
  SendGrid: throughSendgrid(1),
  'SendGrid, twenty in a request': throughSendgrid(20),
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Case {
  readonly open?: (typeof stores)[string]
  readonly loss?: Loss
  /** When callbacks come: while the call is under way, when it is over, or never. */
  readonly callbacks: 'early' | 'later' | 'off'
  /** In place of what the provider answers. */
  readonly respond?: (request: ContractRequest) => ContractAnswer
}

/** A hundred people who each get one message, all answers to which are lost. */
async function campaignThrough(provider: Provider, { open = stores.memory, loss = 'reset', callbacks, respond }: Case) {
  if (open === undefined) throw new Error('There is a store.')
  const server = await contractServer(respond ?? provider.respond())
  const tell = async ({ body }: { readonly body: string }): Promise<void> => {
    for (const report of provider.callbacks(body)) {
      const path = new URL(report.url).search
      const answer = await fetch(`${host.base}/drumbeat/webhooks/${accounts[channelName]}${path}`, {
        method: 'POST',
        headers: report.headers,
        body: report.body as Uint8Array<ArrayBuffer>,
      })
      expect(answer.status).toBe(200)
    }
  }
  const proxy = await swallowingProxy(server.url, loss, callbacks === 'early' ? tell : undefined)
  const { store, close } = await open()
  const channel = provider.channel(proxy.url, callbacks !== 'off', loss === 'silence' ? impatientMs : 30_000)
  const channelName = channel.name as 'sms' | 'email'
  const stage = wired({ channels: [channel] }, { store })
  const host = await serve(nodeListener(stage.handle))
  ends.push(
    close,
    () => stage.drumbeat.close(),
    () => server.close(),
    () => proxy.close(),
    host.end,
  )
  const { drumbeat, acme, clock } = stage
  await drumbeat.tick()
  await acme.contacts.import(
    Array.from({ length: people }, (_, n) => ({
      id: `c${n}`,
      zone: 'UTC',
      addresses: { [channelName]: channelName === 'sms' ? `+1202555${1000 + n}` : `c${n}@example.com` },
    })),
  )
  const campaign = await activated(drumbeat, {
    category: 'transactional',
    sequence: {
      schema: 1,
      start: 'hello',
      steps: {
        hello: { kind: 'send', channel: channelName, template: provider.template, next: 'done' },
        done: { kind: 'exit' },
      },
    },
  })
  await acme.enroll(
    campaign,
    Array.from({ length: people }, (_, n) => `c${n}`),
  )
  /** Ticks, once every so many milliseconds, until so many have passed. */
  const play = async (ms: number, everyMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += everyMs) {
      clock.advance(everyMs)
      await drumbeat.tick()
    }
  }
  const states = async (): Promise<ReadonlyMap<DeliveryState, number>> => {
    const counts = new Map<DeliveryState, number>()
    for (const { state } of await acme.deliveries(campaign, { limit: 1000 })) {
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    return counts
  }
  const requests = () => server.received.filter(({ method }) => method === 'POST')
  /** Whom the provider has taken a message for, as often as it has. */
  const accepted = () => requests().flatMap(({ body }) => provider.peopleIn(body))
  const tellAll = () => Promise.all(requests().map(tell))
  return { ...stage, proxy, play, states, requests, accepted, tellAll }
}

type Played = Awaited<ReturnType<typeof campaignThrough>>

function expectOneEach({ accepted, requests, proxy, errors }: Played): void {
  expect(accepted()).toHaveLength(people)
  expect(new Set(accepted()).size).toBe(people)
  expect(proxy.swallowed).toHaveLength(requests().length)
  expect(errors).toEqual([])
}

/** PGlite takes seconds to start, and is PostgreSQL: once is enough. */
const inEveryStore = Object.keys(providers).flatMap((name) =>
  Object.keys(stores)
    .filter((store) => store !== 'PGlite' || name === 'Twilio')
    .map((store) => [name, store] as const),
)
const names = Object.keys(providers).map((name) => [name] as const)
const providerOf = (name: string): Provider => {
  const provider = providers[name]
  if (provider === undefined) throw new Error(`There is no provider ${name}.`)
  return provider
}

describe('a hundred messages that the provider takes, all answers to which are lost', patience, () => {
  it.each(inEveryStore)(
    'through %s, kept in %s, end as sent by the callbacks, and none is sent twice',
    async (name, store) => {
      const played = await campaignThrough(providerOf(name), { callbacks: 'later', ...openOf(store) })
      await played.play(minute, minute / 4)
      expect(await played.states()).toEqual(new Map([['unknown', people]]))
      await played.tellAll()
      await played.play(5 * minute, minute)
      expect(await played.states()).toEqual(new Map([['sent', people]]))
      await played.play(48 * hour, 12 * hour)
      expect(await played.states()).toEqual(new Map([['sent', people]]))
      expectOneEach(played)
    },
  )

  it.each(inEveryStore)(
    'through %s, kept in %s, end as unresolved without callbacks, and none is sent twice',
    async (name, store) => {
      const played = await campaignThrough(providerOf(name), { callbacks: 'off', ...openOf(store) })
      await played.play(minute, minute / 4)
      expect(await played.states()).toEqual(new Map([['unknown', people]]))
      await played.play(48 * hour, 6 * hour)
      expect(await played.states()).toEqual(new Map([['unresolved', people]]))
      expectOneEach(played)
    },
  )

  it.each(names)('through %s, end as sent also where the callbacks come before the call is over', async (name) => {
    const played = await campaignThrough(providerOf(name), { callbacks: 'early' })
    await played.play(6 * minute, minute)
    expect(await played.states()).toEqual(new Map([['sent', people]]))
    await played.play(48 * hour, 12 * hour)
    expectOneEach(played)
  })

  it.each(names)('through %s, end so too where the answers never come, and the client gives up', async (name) => {
    const told = await campaignThrough(providerOf(name), { callbacks: 'later', loss: 'silence' })
    await told.play(minute, minute / 4)
    expect(await told.states()).toEqual(new Map([['unknown', people]]))
    await told.tellAll()
    await told.play(48 * hour, 6 * hour)
    expect(await told.states()).toEqual(new Map([['sent', people]]))
    expectOneEach(told)
    const untold = await campaignThrough(providerOf(name), { callbacks: 'off', loss: 'silence' })
    await untold.play(48 * hour, 6 * hour)
    expect(await untold.states()).toEqual(new Map([['unresolved', people]]))
    expectOneEach(untold)
  })
})

it('a hundred messages that Twilio never took are sent again, once it says that there are none', patience, async () => {
  const twilioApi = messagesResource()
  let posts = 0
  const taken: string[] = []
  const played = await campaignThrough(providerOf('Twilio'), {
    callbacks: 'off',
    loss: 'none',
    respond(request) {
      if (request.method !== 'POST') return twilioApi(request)
      posts += 1
      if (posts <= people) return 'reset'
      taken.push(...providerOf('Twilio').peopleIn(request.body))
      return twilioApi(request)
    },
  })
  await played.play(30 * minute, minute)
  expect(await played.states()).toEqual(new Map([['sent', people]]))
  expect([taken.length, new Set(taken).size]).toEqual([people, people])
})

function openOf(name: string): Pick<Case, 'open'> {
  const open = stores[name]
  return open === undefined ? {} : { open }
}
