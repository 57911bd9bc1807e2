import type { EventEmitter } from 'eventemitter3'
import type { RetryPolicy } from '../delivery/retry-policy.js'
import type { Action, WebhookCaller } from '../ports/caller.js'
import type { Channel } from '../ports/channel.js'
import type { ContactSource } from '../ports/contact-source.js'
import type { EventSender } from '../ports/event-sender.js'
import type { Queue } from '../ports/queue.js'
import type { Store } from '../ports/store.js'
import type { Owner } from '../ports/store-recipients.js'
import type { AudienceCounting } from './audience-counting.js'
import type { CalibratedClock } from './calibrated-clock.js'
import type { DrumbeatEvents } from './events.js'
import type { IdPool } from './id-pool.js'
import type { ThrottleSettings } from './pacing/adaptive-throttle.js'
import type { AheadLimiter } from './pacing/ahead-limiter.js'
import type { Circuits } from './pacing/circuits.js'
import type { Throttles } from './pacing/throttles.js'
import type { Tracking } from './sending/tracking.js'
import type { Announcing } from './telling/announcing-store.js'
import type { WantedEvents } from './telling/wanted-events.js'
import type { WakeUp } from './wake-up.js'

/** The numbers of the protocol. Every duration is in elapsed milliseconds. */
export interface EngineSettings {
  /** How many due runs are claimed at once. */
  readonly batchSize: number
  /** How many calls may be under way at once. */
  readonly maxInFlight: number
  /** How long an engine's claims are safe without a heartbeat. */
  readonly leaseMs: number
  /** How far the clocks of engines and Store may differ: claims are taken over only so long after a lease. */
  readonly skewMs: number
  /** How far this machine's clock may be off the Store's. It is set by the Store's; one that is further off starts no work. */
  readonly maxDriftMs: number
  /** How long a call may start after its intent was written. */
  readonly permitMs: number
  /** How long the intent transaction may take. */
  readonly intentTimeoutMs: number
  /** How long a call may take before its outcome counts as unknown. */
  readonly callTimeoutMs: number
  /** How often the Store is asked for work when nothing wakes the engine. */
  readonly pollMs: number
  /** How often an engine asks nevertheless while another one asks for all and wakes it through the queue. */
  readonly sweepMs: number
  /** How long a run waits for an unknown outcome before it goes on. */
  readonly advanceAfterMs: number
  /** When an unknown outcome is looked at first, how long apart the looks are, and when it becomes `unresolved`. */
  readonly reconcile: { readonly graceMs: number; readonly everyMs: number; readonly windowMs: number }
  /** How often counters are summed up and what has had its time is forgotten. */
  readonly tidyMs: number
  /** How long copies of a provider's report are recognized: longer than any provider repeats them. */
  readonly keepKeysMs: number
  /** How long reports wait for their delivery. */
  readonly parkReportsMs: number
  readonly retry: RetryPolicy
  /** How many tests of templates a workspace may send within so many milliseconds, of which there may be as many as `keepKeysMs`. */
  readonly testSends: { readonly budget: number; readonly windowMs: number }
  /** How accounts that push back are slowed down, each engine for itself. */
  readonly throttle: ThrottleSettings
  /** How the host's endpoints are told of events. */
  readonly outbox: OutboxSettings
}

/** The numbers of telling endpoints. Every duration is in elapsed milliseconds. */
export interface OutboxSettings {
  /** How many requests may be under way at once. */
  readonly atOnce: number
  /** How many of them to one endpoint. */
  readonly perEndpoint: number
  /** How long an event that was claimed is safe from other engines: longer than any request takes. */
  readonly leaseMs: number
  /** How often an event is tried, and how far apart. */
  readonly retry: RetryPolicy
  /** An endpoint that has taken nothing for so long is disabled. */
  readonly disableAfterMs: number
  /** How long it may take until an engine hears of an endpoint that another process registered. */
  readonly refreshMs: number
  /** How long it can be read how attempts ended. */
  readonly keepAttemptsMs: number
  /** How long events are kept that were set aside, or wait for an endpoint that is disabled. */
  readonly keepEventsMs: number
}

/** What applies unless the host says otherwise. */
export const defaultEngineSettings: EngineSettings = {
  batchSize: 500,
  maxInFlight: 200,
  leaseMs: 15_000,
  skewMs: 2_000,
  maxDriftMs: 60_000,
  permitMs: 3_000,
  intentTimeoutMs: 2_000,
  callTimeoutMs: 20_000,
  pollMs: 1_000,
  sweepMs: 15_000,
  advanceAfterMs: 60 * 60 * 1000,
  reconcile: { graceMs: 60_000, everyMs: 60_000, windowMs: 24 * 60 * 60 * 1000 },
  tidyMs: 60_000,
  keepKeysMs: 30 * 24 * 60 * 60 * 1000,
  parkReportsMs: 7 * 24 * 60 * 60 * 1000,
  retry: { maxAttempts: 8, firstMs: 2_000, longestMs: 15 * 60 * 1000 },
  testSends: { budget: 50, windowMs: 60 * 60 * 1000 },
  throttle: { keep: 0.5, moreAtOnce: 1, moreRate: 0.05, calmMs: 1_000, longestPauseMs: 60_000 },
  outbox: {
    atOnce: 50,
    perEndpoint: 10,
    leaseMs: 60_000,
    retry: { maxAttempts: 12, firstMs: 30_000, longestMs: 12 * 60 * 60 * 1000 },
    disableAfterMs: 5 * 24 * 60 * 60 * 1000,
    refreshMs: 5_000,
    keepAttemptsMs: 7 * 24 * 60 * 60 * 1000,
    keepEventsMs: 30 * 24 * 60 * 60 * 1000,
  },
}

/** Everything the parts of the engine share. */
export interface EngineContext {
  readonly store: Store
  readonly queue: Queue | null
  readonly wakeUp: WakeUp
  readonly limiter: AheadLimiter
  readonly channels: ReadonlyMap<string, Channel>
  readonly actions: ReadonlyMap<string, Action>
  readonly webhooks: WebhookCaller | null
  readonly contactSource: ContactSource | null
  readonly audienceCounting: AudienceCounting
  readonly eventSender: EventSender | null
  readonly wanted: WantedEvents
  readonly clock: CalibratedClock
  readonly random: () => number
  /** Keys references, idempotency keys and links. Never leaves the process. */
  readonly secret: string
  readonly unsubscribeUrl: ((request: UnsubscribeRequest) => string) | null
  readonly tracking: Tracking
  readonly settings: EngineSettings
  readonly events: EventEmitter<DrumbeatEvents>
  readonly ids: IdPool
  readonly circuits: Circuits
  readonly throttles: Throttles
  readonly lease: Lease
}

/** What events are made with. */
export function announcingOf(context: EngineContext): Announcing {
  const { wanted, clock } = context
  return { wanted, clock, secret: () => context.secret }
}

/** Whom an unsubscribe link is for. Of a test send, nobody: both ids are then a reference of which `isTestRef` is true. */
export interface UnsubscribeRequest {
  readonly workspaceId: string
  readonly contactId: string
  readonly channel: string
  readonly topic: string | null
  readonly deliveryRef: string
}

/** This engine's standing with the Store. */
export interface Lease {
  /** Who claims name; null = not confirmed, or run out: nothing may be claimed or started. */
  owner(): Owner | null
  /** Gives every claim up at once, whatever became of it: the next heartbeat starts over. */
  abandon(): void
}
