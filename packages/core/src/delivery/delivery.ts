import type { Category } from '../contact/consent.js'
import type { JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Priority, StepId } from '../sequence/step.js'
import type { FactSet } from './facts.js'

/** Where a delivery is in its life. See the state machine in ARCHITECTURE.md. */
export type DeliveryState =
  | 'scheduled'
  | 'sending'
  | 'retry_wait'
  | 'unknown'
  | 'sent'
  | 'failed'
  | 'skipped'
  | 'expired'
  | 'canceled'
  | 'unresolved'

/** What goes out: a message through a channel, a webhook step's call, or an action's. */
export type DeliveryKind = 'message' | 'webhook' | 'action'

/** The durable record of one message, or one outbound call, for one recipient at one visit of one step. */
export interface Delivery {
  readonly id: number
  readonly workspaceId: string
  readonly campaignId: string
  readonly recipientId: number
  readonly contactId: string
  readonly kind: DeliveryKind
  readonly stepId: StepId
  /** The item of a series; null for every other step. */
  readonly itemId: string | null
  /** Which visit of a step this belongs to. With `itemId` unique within the recipient. */
  readonly visit: number
  readonly channel: string
  readonly account: string
  readonly category: Category
  readonly topic: string | null
  readonly priority: Priority
  readonly state: DeliveryState
  /** Why it is in this state: a rule's name, a provider's code; null = nothing to say. */
  readonly reason: string | null
  /** The instant the step asked for, before any rule moved it. */
  readonly plannedAt: Instant
  /** The instant after every rule's deferral; lateness counts from here. */
  readonly dueAt: Instant
  readonly templateId: string | null
  readonly templateVersion: number | null
  /** SHA-256 of the rendered content; null until first rendered. */
  readonly contentHash: string | null
  /** The address it went to; null until first claimed. */
  readonly address: string | null
  /** Number of provider calls begun. */
  readonly attempts: number
  /** When the first attempt's intent was written; null = no call was ever allowed to start. */
  readonly intendedAt: Instant | null
  readonly sentAt: Instant | null
  readonly providerId: string | null
  /** True when an `at_least_once` channel was called again after an unknown outcome. */
  readonly possibleDuplicate: boolean
  readonly facts: FactSet
  /** The JSON reply of a webhook or an action; null = none. */
  readonly reply: JsonValue
  /** SMS segments of the rendered message; null where they do not apply. */
  readonly segments: number | null
}

const terminal: ReadonlySet<DeliveryState> = new Set(['sent', 'failed', 'skipped', 'expired', 'canceled', 'unresolved'])

const following: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  scheduled: ['scheduled', 'sending', 'skipped', 'expired', 'canceled'],
  sending: ['sent', 'retry_wait', 'scheduled', 'failed', 'unknown'],
  retry_wait: ['sending', 'skipped', 'expired', 'canceled', 'failed', 'unresolved'],
  unknown: ['sent', 'retry_wait', 'unresolved', 'failed'],
  sent: [],
  failed: [],
  skipped: [],
  expired: [],
  canceled: [],
  unresolved: [],
}

/** True for the states that a delivery never leaves. Late reports still add facts. */
export function isTerminal(state: DeliveryState): boolean {
  return terminal.has(state)
}

/** True when the state machine allows the step from one state to the other. */
export function mayFollow(from: DeliveryState, to: DeliveryState): boolean {
  return following[from].includes(to)
}
