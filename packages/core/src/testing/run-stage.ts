import type { Campaign } from '../campaign/campaign.js'
import { defaultWorkspaceSettings, type WorkspaceSettings } from '../campaign/workspace.js'
import type { Contact, ContactEvent, Permissions } from '../contact/contact.js'
import { type Delivery, mayFollow } from '../delivery/delivery.js'
import type { JsonObject } from '../json.js'
import type { Effect } from '../recipient/effect.js'
import type { Input, Outcome } from '../recipient/input.js'
import type { Recipient } from '../recipient/recipient.js'
import type { RunDefinition, RunFacts } from '../recipient/run-facts.js'
import { transition } from '../recipient/transition.js'
import type { Instant } from '../schedule/instant.js'
import type { Sequence } from '../sequence/sequence.js'
import type { Interrupt, Step } from '../sequence/step.js'
import { aCampaign, aMemory, testStart } from './builders.js'

/** What a run on a stage is played by. What is not named is as plain as can be. */
export interface StageOptions {
  readonly steps: { readonly [id: string]: Step }
  /** Default: the first step. */
  readonly start?: string
  readonly on?: readonly Interrupt[]
  readonly maxVisits?: number
  readonly campaign?: Partial<Campaign>
  readonly settings?: Partial<WorkspaceSettings>
  readonly contact?: Partial<Contact>
  readonly permissions?: Partial<Permissions>
  readonly recipient?: Partial<Recipient>
}

/** The decision function, for tests that look at each call. */
export type Decide = typeof transition

/** One run under the heart alone: what the engine and a Store do around it is played in memory, with time as told. */
export class RunStage {
  readonly definition: RunDefinition
  recipient: Recipient
  contact: Contact
  permissions: Permissions
  now: Instant = testStart
  decisions: { [step: string]: string } = {}
  /** Every effect so far. */
  readonly effects: Effect[] = []
  /** The effects of the latest input. */
  latest: readonly Effect[] = []
  readonly deliveries = new Map<number, Delivery>()
  readonly events: ContactEvent[] = []
  private lastId = 0

  constructor(
    { steps, start, on, maxVisits, ...options }: StageOptions,
    private readonly decide: Decide = transition,
  ) {
    const sequence: Sequence = { schema: 1, start: start ?? Object.keys(steps)[0] ?? '', steps, on, maxVisits }
    this.definition = {
      settings: { ...defaultWorkspaceSettings, ...options.settings },
      campaign: aCampaign({ workspaceId: 'acme', sequence, ...options.campaign }),
      sequence,
      accounts: { email: 'mail-account', sms: 'phone-account' },
    }
    this.contact = {
      id: 'ana',
      addresses: { email: 'ana@example.com', sms: '+12125550100' },
      zone: null,
      locale: null,
      attributes: {},
      tags: [],
      updatedAt: null,
      ...options.contact,
    }
    this.permissions = { consents: [], suppressions: [], ...options.permissions }
    this.recipient = {
      id: 1,
      workspaceId: 'acme',
      campaignId: 'onboarding',
      contactId: 'ana',
      runKey: '',
      entryNo: 1,
      version: 1,
      status: 'active',
      reason: null,
      enrolledAt: testStart,
      endedAt: null,
      stepId: sequence.start,
      visit: 0,
      waiting: 'timer',
      dueAt: testStart,
      lane: { channel: '', priority: 'normal' },
      deliveryId: null,
      parked: false,
      memory: aMemory(),
      fence: 1,
      claims: 0,
      ...options.recipient,
    }
  }

  /** Moves the clock. */
  at(instant: string | Instant): this {
    this.now = typeof instant === 'string' ? Date.parse(instant) : instant
    return this
  }

  /** Tells the run; keeps what it decides. */
  hear(input: Input): this {
    const { recipient, effects } = this.decide(this.definition, this.recipient, input, this.facts(), this.now)
    this.recipient = recipient
    this.latest = effects
    this.effects.push(...effects)
    for (const effect of effects) {
      if (effect.kind === 'record') this.write(effect.delivery)
      if (effect.kind === 'send') this.write(effect.send.delivery)
      if (effect.kind === 'call') this.write(effect.call.delivery)
    }
    return this
  }

  /** Its timer fires, this many milliseconds late. */
  due(lateMs = 0): this {
    return this.at(Math.max(this.now, (this.recipient.dueAt ?? this.now) + lateMs)).hear({ kind: 'due' })
  }

  /** Plays on without anything else happening, every message leaving at once, until the run ends. */
  play(most = 200): this {
    for (let left = most; left > 0 && this.recipient.status === 'active'; left--) {
      if (this.openDelivery()?.state === 'sending') this.sent()
      else this.due()
    }
    return this
  }

  /** The open message or call was accepted, this many milliseconds after now. */
  sent(afterMs = 0, reply: { readonly reply?: JsonObject; readonly exit?: string } = {}): this {
    const intendedAt = this.openDelivery()?.intendedAt ?? this.now
    this.now += afterMs
    return this.outcome({
      state: 'sent',
      sentAt: this.now,
      intendedAt,
      reply: reply.reply ?? null,
      exit: reply.exit ?? null,
    })
  }

  /** News of the open delivery. */
  outcome(outcome: Outcome, id = this.recipient.deliveryId): this {
    const known = id === null ? undefined : this.deliveries.get(id)
    if (known === undefined || id === null) return this
    const refused = known.state === 'sending' && outcome.state === 'skipped'
    const ended = known.state === 'sending' || known.state === 'unknown'
    if (!refused && !(ended && mayFollow(known.state, outcome.state))) return this
    const waited = this.recipient.deliveryId === id
    // What nobody waits for is not tried again.
    if (!waited && (outcome.state === 'retry_wait' || outcome.state === 'scheduled')) return this
    const reason = 'reason' in outcome ? outcome.reason : null
    const sentAt = outcome.state === 'sent' ? outcome.sentAt : null
    this.deliveries.set(id, { ...known, state: outcome.state, reason, sentAt })
    return waited ? this.hear({ kind: 'outcome', outcome }) : this
  }

  /** Something happens to the contact. */
  event(name: string, { at = this.now, data = {} }: { readonly at?: Instant; readonly data?: JsonObject } = {}): this {
    const seq = this.events.length + 1
    const event: ContactEvent = { seq, id: `event-${seq}`, contactId: this.contact.id, name, at, data }
    this.events.push(event)
    return this.hear({ kind: 'event', event })
  }

  /** The contact's attributes change. */
  attributes(attributes: JsonObject): this {
    this.contact = { ...this.contact, attributes: { ...this.contact.attributes, ...attributes } }
    return this.hear({ kind: 'changed' })
  }

  openDelivery(): Delivery | undefined {
    return this.recipient.deliveryId === null ? undefined : this.deliveries.get(this.recipient.deliveryId)
  }

  /** When each message started, as `step@instant`. */
  get starts(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'send'
        ? [`${effect.send.delivery.itemId ?? effect.send.delivery.stepId}@${iso(effect.send.delivery.intendedAt)}`]
        : [],
    )
  }

  /** What became of the deliveries, as `step state reason`. */
  get records(): readonly string[] {
    return [...this.deliveries.values()].map(({ stepId, itemId, state, reason }) =>
      [itemId ?? stepId, state, reason].filter((part) => part !== null).join(' '),
    )
  }

  /** The steps entered, in order. */
  get path(): readonly string[] {
    return this.recipient.memory.path.map(({ step }) => step)
  }

  /** When it has to be looked at again. */
  get dueAt(): string {
    return iso(this.recipient.dueAt)
  }

  /** The instant that the next wait counts from. */
  get base(): string {
    return iso(this.recipient.memory.base)
  }

  /** What is known when the run is told something. */
  facts(): RunFacts {
    return {
      contact: this.contact,
      permissions: this.permissions,
      events: [...this.events],
      deliveries: [...this.deliveries.values()],
      decisions: this.decisions,
      newDeliveryId: () => ++this.lastId,
    }
  }

  private write(delivery: Delivery): void {
    this.deliveries.set(delivery.id, delivery)
  }
}

/** An instant to the minute, or to the millisecond where it has any: `2024-03-04T09:00`. */
export function iso(at: Instant | null): string {
  return at === null ? 'never' : new Date(at).toISOString().replace(/(:00)?\.000Z$|Z$/, '')
}
