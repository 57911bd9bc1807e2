import {
  type CampaignInput,
  createDrumbeat,
  type Drumbeat,
  type EventAnswer,
  type EventSender,
  type EventType,
  emailTemplate,
  type JsonObject,
  type SandboxChannel,
  type SandboxOptions,
  type Sequence,
  type Store,
  sandboxChannel,
  VirtualClock,
  type Workspace,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { oneMail } from '../engine/stage.js'

/** An event as it reached an endpoint. */
export interface ToldEvent {
  readonly url: string
  readonly id: string
  readonly type: EventType
  readonly timestamp: string
  readonly workspaceId: string
  readonly data: JsonObject
}

/** Endpoints that keep what they are told, and answer by script. */
export function scriptedSender(answer: (event: ToldEvent) => EventAnswer | Promise<EventAnswer>): EventSender & {
  /** Every request, taken or not. */
  readonly requests: ToldEvent[]
  /** What was taken. */
  readonly taken: ToldEvent[]
} {
  const requests: ToldEvent[] = []
  const taken: ToldEvent[] = []
  return {
    requests,
    taken,
    problemWith: (url) => (url.startsWith('https://') ? null : `The url ${url} must begin with https://.`),
    async send({ url, body }) {
      const event: ToldEvent = { url, ...JSON.parse(body) }
      requests.push(event)
      const given = await answer(event)
      if (given.answer === 'taken') taken.push(event)
      return given
    },
  }
}

export const taken: EventAnswer = { answer: 'taken', status: 204 }
export const broken: EventAnswer = { answer: 'failed', status: 500, code: 'http_500', retryAfterMs: null }

/** An engine on a virtual clock, whose workspace has one campaign that people enter by API. */
export interface WebhookStage {
  readonly clock: VirtualClock
  readonly store: Store
  readonly email: SandboxChannel
  readonly drumbeat: Drumbeat
  readonly acme: Workspace
  readonly sender: ReturnType<typeof scriptedSender>
  readonly campaignId: string
  /** Another engine on the same store. */
  readonly engine: (engineId: string, sender?: EventSender) => Drumbeat
  /** Goes from due instant to due instant until so much time has passed. */
  readonly play: (ms: number) => Promise<void>
}

export async function webhookStage({
  answer = () => taken,
  store = memoryStore(),
  sequence = oneMail,
  people = ['ana'],
  channel = {},
  ...campaign
}: {
  readonly answer?: (event: ToldEvent) => EventAnswer | Promise<EventAnswer>
  readonly store?: Store
  readonly sequence?: Sequence
  readonly people?: readonly string[]
  readonly channel?: Partial<SandboxOptions>
} & Partial<CampaignInput> = {}): Promise<WebhookStage> {
  const clock = new VirtualClock('2026-01-05T10:00:00Z')
  const sender = scriptedSender(answer)
  const email = sandboxChannel({ name: 'email', clock, ...channel })
  const engine = (engineId: string, eventSender: EventSender = sender) =>
    createDrumbeat({
      store,
      clock,
      channels: [email],
      eventSender,
      engineId,
      random: () => 0.5,
      unsubscribeUrl: () => 'https://acme.test/bye',
    })
  const drumbeat = engine('first')
  await store.open()
  const acme = drumbeat.workspace('acme')
  await acme.templates.publish('mail', emailTemplate({ subject: 'Hi', html: '<a href="{{unsubscribeUrl}}">Bye</a>' }))
  const contacts = people.map((id) => ({ id, zone: 'UTC', addresses: { email: `${id}@example.com` } }))
  await acme.contacts.import(contacts)
  const { id } = await acme.campaigns.create({
    name: 'Told of',
    category: 'transactional',
    entry: { when: 'api', again: 'afterExit' },
    sequence,
    ...campaign,
  })
  await drumbeat.tick()
  return {
    clock,
    store,
    email,
    drumbeat,
    acme,
    sender,
    campaignId: id,
    engine,
    async play(ms) {
      const end = clock.now() + ms
      for (let rounds = 0; rounds < 10_000; rounds++) {
        await drumbeat.tick()
        const next = await drumbeat.nextDueAt()
        if (next === null || next > end) break
        clock.moveTo(Math.max(clock.now() + 1, next))
      }
      clock.moveTo(Math.max(clock.now(), end))
      await drumbeat.tick()
    },
  }
}

/** What was told, as `type contact`. */
export function lines(events: readonly ToldEvent[]): readonly string[] {
  return events.map(({ type, data }) => `${type} ${data.contactId ?? data.campaignId ?? 'nobody'}`)
}
