import type { Contact } from '../contact/contact.js'
import type { Delivery, DeliveryKind } from '../delivery/delivery.js'
import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Condition } from '../sequence/condition.js'
import type { ConditionFacts } from '../sequence/condition-facts.js'
import { evaluate } from '../sequence/evaluate-condition.js'
import type { MessageSpec, StepId } from '../sequence/step.js'
import type { Effect } from './effect.js'
import type { HangsOn, Memory, Plan, Recipient, Waiting } from './recipient.js'
import { conditionFacts, type RunDefinition, type RunFacts } from './run-facts.js'

/** What a step decided: wait here, go on by an exit, or end the run. */
export type Move =
  | { readonly move: 'stay' }
  | { readonly move: 'go'; readonly to: StepId; readonly via: string; readonly hangsOn?: HangsOn }
  | { readonly move: 'end'; readonly reason: string }

/** Wait here. */
export const stay: Move = { move: 'stay' }
/** Go on to a step, by the exit of that name. */
export const go = (to: StepId, via: string, hangsOn?: HangsOn): Move => ({ move: 'go', to, via, hangsOn })
/** End the run. */
export const end = (reason: string): Move => ({ move: 'end', reason })

const longestPath = 50

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] }

/** The working copy of one run during one decision: what changes is collected here, and nothing else is touched. */
export class Draft {
  readonly effects: Effect[] = []
  private current: Recipient
  /** Our own copies, once something has changed: copying them for each change is most of what a decision costs. */
  private changed: Mutable<Recipient> | null = null
  private remembered: Mutable<Memory> | null = null

  constructor(
    readonly definition: RunDefinition,
    recipient: Recipient,
    private facts: RunFacts,
    readonly now: Instant,
  ) {
    this.current = recipient
  }

  get recipient(): Recipient {
    return this.current
  }

  get memory(): Memory {
    return this.current.memory
  }

  get contact(): Contact {
    return this.facts.contact
  }

  get known(): RunFacts {
    return this.facts
  }

  /** What conditions see at this moment. */
  get conditionFacts(): ConditionFacts {
    return conditionFacts(this.definition, this.current, this.facts)
  }

  holds(condition: Condition): boolean {
    return evaluate(condition, this.conditionFacts)
  }

  set(change: Partial<Recipient>): void {
    this.changed ??= { ...this.current }
    this.current = Object.assign(this.changed, change)
  }

  remember(change: Partial<Memory>): void {
    if (this.remembered === null) {
      this.remembered = { ...this.memory }
      this.set({ memory: this.remembered })
    }
    Object.assign(this.remembered, change)
  }

  /** What follows counts from this instant. Nothing is taken back: an event from before, or a late timer, moves neither back. */
  countFrom(at: Instant): void {
    const { base, since } = this.memory
    this.remember({ base: Math.max(at, base), since: Math.max(at, since) })
  }

  /** Later steps of this decision see the contact as the step left it. */
  learn(change: Partial<Pick<RunFacts, 'contact' | 'permissions'>>): void {
    this.facts = { ...this.facts, ...change }
  }

  /** Asks for something. What is recorded is known to the rest of the decision. */
  emit(effect: Effect): void {
    this.effects.push(effect)
    if (effect.kind !== 'record') return
    const { deliveries } = this.facts
    const byId = new Map([...deliveries, effect.delivery].map((delivery) => [delivery.id, delivery]))
    this.facts = { ...this.facts, deliveries: [...byId.values()] }
  }

  count(name: string, stepId: string = this.current.stepId): void {
    this.emit({ kind: 'count', name, stepId })
  }

  /** Waits in this step until `dueAt`; `why` says which rule set it. */
  wait(waiting: Waiting, dueAt: Instant, why: JsonObject | null): Move {
    this.set({ waiting, dueAt, deliveryId: waiting === 'delivery' ? this.current.deliveryId : null })
    this.remember({ why })
    return stay
  }

  plan(item: string): Plan | undefined {
    return Object.hasOwn(this.memory.plans, item) ? this.memory.plans[item] : undefined
  }

  setPlan(item: string, plan: Plan): void {
    this.remember({ plans: { ...this.memory.plans, [item]: plan } })
  }

  /** Takes note of a step entered. */
  enter(stepId: StepId, via: string, hangsOn: HangsOn | null): void {
    const { visits, path } = this.memory
    this.set({ stepId, visit: this.current.visit + 1, waiting: 'timer', deliveryId: null })
    this.remember({
      visits: { ...visits, [stepId]: (visits[stepId] ?? 0) + 1 },
      path: [...path, { step: stepId, at: this.now, via }].slice(-longestPath),
      plans: {},
      hangsOn,
      why: null,
    })
    this.count('entered')
  }

  /** What is known of a delivery; undefined = nothing yet. */
  knownDelivery(id: number): Delivery | undefined {
    return this.facts.deliveries.find((delivery) => delivery.id === id)
  }

  /** The delivery of a plan as it is to be written. What is known of it already is kept. */
  delivery(
    item: string,
    { plannedAt, dueAt }: Plan,
    message: { readonly kind: DeliveryKind; readonly channel: string; readonly spec: MessageSpec | null },
    change: DeliveryChange,
  ): Delivery {
    const known = this.knownDelivery(change.id)
    if (known !== undefined) return { ...known, ...change, plannedAt, dueAt }
    const { recipient, definition } = this
    const { spec } = message
    const template = spec?.template
    return {
      id: change.id,
      workspaceId: recipient.workspaceId,
      campaignId: recipient.campaignId,
      recipientId: recipient.id,
      contactId: recipient.contactId,
      kind: message.kind,
      stepId: recipient.stepId,
      itemId: item === '' ? null : item,
      visit: recipient.visit,
      channel: message.channel,
      account: Object.hasOwn(definition.accounts, message.channel) ? (definition.accounts[message.channel] ?? '') : '',
      category: spec?.category ?? definition.campaign.category,
      topic: spec?.topic ?? null,
      priority: spec?.priority ?? 'normal',
      state: change.state,
      reason: change.reason,
      plannedAt,
      dueAt,
      templateId: template === undefined ? null : typeof template === 'string' ? template : template.id,
      templateVersion: null,
      contentHash: null,
      address: change.address ?? null,
      attempts: change.attempts ?? 0,
      intendedAt: change.intendedAt ?? null,
      sentAt: null,
      providerId: null,
      possibleDuplicate: false,
      facts: {},
      reply: null,
      segments: null,
    }
  }
}

/** What a decision says of a delivery. What it leaves out stays as it is known. */
type DeliveryChange = Pick<Delivery, 'id' | 'state' | 'reason'> &
  Partial<Pick<Delivery, 'address' | 'attempts' | 'intendedAt'>>

/** How many instantaneous steps one decision may take before the run counts as caught in a loop. */
export const longestDecision = 1000
