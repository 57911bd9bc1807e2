import {
  type CampaignInput,
  type ContactInput,
  createDrumbeat,
  type Drumbeat,
  type EngineSettings,
  type EventSender,
  emailTemplate,
  type InstantInput,
  type SandboxChannel,
  type SandboxOptions,
  type Store,
  sandboxChannel,
  smsTemplate,
  toInstant,
  VirtualClock,
  type Workspace,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'

/** A Friday afternoon in Berlin, 16:00 there. */
export const begins = '2026-03-06T15:00:00Z'

/** An engine on a virtual clock, and a workspace with two templates: `mail` and `text`. */
export interface PromiseStage {
  readonly drumbeat: Drumbeat
  readonly acme: Workspace
  readonly clock: VirtualClock
  readonly email: SandboxChannel
  readonly sms: SandboxChannel
  /** What went out so far, as `channel address`. */
  sent(): readonly string[]
  /** Creates and activates a campaign whose contacts enter by `enroll()`. */
  campaign(sequence: CampaignInput['sequence'], more?: Partial<CampaignInput>): Promise<string>
  /** Does all that is due up to and including an instant. */
  playTo(at: InstantInput): Promise<void>
}

let stages = 0

/** Sets up an engine; on memory, unless a store is given. */
export async function promiseStage(
  options: {
    readonly store?: Store
    readonly email?: Partial<SandboxOptions>
    readonly sms?: Partial<SandboxOptions>
    readonly settings?: Partial<EngineSettings>
    readonly eventSender?: EventSender
  } = {},
): Promise<PromiseStage> {
  const clock = new VirtualClock(begins)
  const email = sandboxChannel({ name: 'email', clock, ...options.email })
  const sms = sandboxChannel({ name: 'sms', clock, ...options.sms })
  stages++
  const drumbeat = createDrumbeat({
    store: options.store ?? memoryStore(),
    channels: [email, sms],
    clock,
    engineId: `promise-${process.pid}-${stages}`,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.eventSender === undefined ? {} : { eventSender: options.eventSender }),
  })
  const acme = drumbeat.workspace('acme')
  await acme.templates.publishAll({
    mail: emailTemplate({ subject: 'Hello {{name}}', html: '<p>Hello {{name}}. {{unsubscribeUrl | Write to us}}</p>' }),
    text: smsTemplate({ body: 'Hello {{name}}, STOP to hear no more.' }),
  })
  return {
    drumbeat,
    acme,
    clock,
    email,
    sms,
    sent: () => [...email.messages, ...sms.messages].map(({ channel, to }) => `${channel} ${to}`),
    async campaign(sequence, more = {}) {
      const { id } = await acme.campaigns.create({ name: `Test ${stages}`, sequence, entry: { when: 'api' }, ...more })
      await acme.campaigns.activate(id)
      return id
    },
    async playTo(at) {
      const end = toInstant(at, 'at')
      for (let round = 0; ; round++) {
        if (round > 100_000) throw new Error(`It does not get on from ${new Date(clock.now()).toISOString()}.`)
        await drumbeat.tick()
        const next = await drumbeat.nextDueAt()
        if (next === null || next > end) break
        clock.moveTo(Math.max(next, clock.now()))
      }
      clock.moveTo(Math.max(end, clock.now()))
    },
  }
}

/** Somebody with a mail address, a number and a name, in Berlin. */
export function person(id: string, more: Partial<ContactInput> = {}): ContactInput {
  const digits = [...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 10_000, 7)
  return {
    id,
    zone: 'Europe/Berlin',
    addresses: { email: `${id}@example.com`, sms: `+1212555${String(digits).padStart(4, '0')}` },
    attributes: { name: id },
    ...more,
  }
}
