import { twilioChannel } from '@drumbeat/channel-twilio'
import {
  type Channel,
  createDrumbeat,
  type DeliveryState,
  defineSequence,
  exit,
  type RawReport,
  send,
  smsTemplate,
  VirtualClock,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { clientOf, signatureOf } from '../../packages/channel-twilio/test/local-client.js'
import { authToken, messagesResource } from '../../packages/channel-twilio/test/twilio-stand-in.js'
import { type ContractAnswer, type ContractRequest, type ContractServer, contractServer } from './contract-server.js'

const people = 100
/** Hundreds of real requests, on a machine that may be busy. */
const patience = { timeout: 120_000 }
const webhook = { url: 'https://acme.test/hooks/twilio', authToken }
const minute = 60_000
const open: ContractServer[] = []

/** A hundred people who each get one text message, through the real client. */
async function campaignThrough(respond: (request: ContractRequest) => ContractAnswer, withCallbacks: boolean) {
  const server = await contractServer(respond)
  open.push(server)
  const client = clientOf(server.url)
  const sms = twilioChannel({ client, from: '+15005550006', ...(withCallbacks ? { webhook } : {}) })
  const clock = new VirtualClock(Date.now())
  const drumbeat = createDrumbeat({ store: memoryStore(), channels: [sms], clock })
  const workspace = drumbeat.workspace('acme')
  await drumbeat.tick()
  await workspace.templates.publish('hello', smsTemplate({ body: 'Hello' }))
  await workspace.contacts.import(
    Array.from({ length: people }, (_, index) => ({
      id: `c${index}`,
      addresses: { sms: `+1500555${String(1000 + index)}` },
    })),
  )
  const { id } = await workspace.campaigns.create({
    name: 'Hello',
    sequence: defineSequence({
      start: 'hello',
      steps: {
        hello: send({ channel: 'sms', template: 'hello', category: 'transactional', next: 'done' }),
        done: exit(),
      },
    }),
  })
  await workspace.campaigns.activate(id)
  /** Ticks, once every so many milliseconds, until so many have passed. */
  const play = async (ms: number, everyMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += everyMs) {
      clock.advance(everyMs)
      await drumbeat.tick()
    }
  }
  const states = async (): Promise<ReadonlyMap<DeliveryState, number>> => {
    const deliveries = await workspace.deliveries(id, { limit: 1000 })
    const counts = new Map<DeliveryState, number>()
    for (const { state } of deliveries) counts.set(state, (counts.get(state) ?? 0) + 1)
    return counts
  }
  const calls = () => server.received.filter(({ method }) => method === 'POST')
  return { channel: sms, workspace, play, states, calls, close: () => drumbeat.close() }
}

/** What Twilio tells of a message that it has: queued and delivered, each twice, the later one first. */
function callbacksFor(request: ContractRequest, index: number): readonly RawReport[] {
  const url = new URLSearchParams(request.body).get('StatusCallback') ?? ''
  return ['delivered', 'sent', 'delivered', 'sent'].map((MessageStatus): RawReport => {
    const fields = { MessageSid: `SM${String(index).padStart(32, '0')}`, MessageStatus, ErrorCode: '' }
    return {
      method: 'POST',
      url,
      headers: { 'X-Twilio-Signature': signatureOf(url, fields) },
      body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
      receivedAt: Date.now(),
    }
  })
}

async function takeIn(
  {
    channel,
    workspace,
  }: Pick<Awaited<ReturnType<typeof campaignThrough>>, 'workspace'> & { readonly channel: Channel },
  report: RawReport,
): Promise<void> {
  expect(await channel.verify?.(report)).toBe(true)
  for (const parsed of (await channel.parse?.(report)) ?? []) {
    if (parsed.kind !== 'facts') throw new Error('A status callback is read as facts.')
    const { dedupeKey, facts, delivery } = parsed
    if (!('deliveryRef' in delivery)) throw new Error('A status callback carries the reference.')
    await workspace.report([{ dedupeKey, facts, delivery }])
  }
}

/** Twilio takes the message, and its answer is lost on the way. */
function swallowed(): (request: ContractRequest) => ContractAnswer {
  const twilioApi = messagesResource()
  return (request) => {
    const answer = twilioApi(request)
    return request.method === 'POST' ? 'reset' : answer
  }
}

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

describe('a hundred messages whose answers are lost', patience, () => {
  it('are sent once, as their callbacks prove', async () => {
    const campaign = await campaignThrough(swallowed(), true)
    await campaign.play(minute, minute / 4)
    expect(await campaign.states()).toEqual(new Map([['unknown', people]]))
    for (const [index, request] of campaign.calls().entries()) {
      for (const report of callbacksFor(request, index)) await takeIn(campaign, report)
    }
    await campaign.play(5 * minute, minute)
    expect(await campaign.states()).toEqual(new Map([['sent', people]]))
    expect(campaign.calls()).toHaveLength(people)
    await campaign.close()
  })

  it('stay unresolved without callbacks, and are not sent again', async () => {
    const campaign = await campaignThrough(swallowed(), false)
    await campaign.play(26 * 60 * minute, 6 * 60 * minute)
    await campaign.play(5 * minute, minute)
    expect(await campaign.states()).toEqual(new Map([['unresolved', people]]))
    expect(campaign.calls()).toHaveLength(people)
    await campaign.close()
  })

  it('are sent again when Twilio has none of them', async () => {
    const twilioApi = messagesResource()
    let accepted = 0
    const campaign = await campaignThrough((request) => {
      if (request.method !== 'POST') return twilioApi(request)
      if (campaign.calls().length <= people) return 'reset'
      accepted += 1
      return twilioApi(request)
    }, false)
    await campaign.play(30 * minute, minute)
    expect(await campaign.states()).toEqual(new Map([['sent', people]]))
    expect(accepted).toBe(people)
    await campaign.close()
  })
})
