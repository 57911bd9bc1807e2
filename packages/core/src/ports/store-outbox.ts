import type { EventType } from '../outbox/event-type.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { WebhookEndpoint } from '../outbox/webhook-endpoint.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { Transaction } from './store.js'

/** Names an endpoint. */
export interface EndpointKey {
  readonly workspaceId: string
  readonly endpointId: string
}

/** Says what is to be told of a run that begins. Called inside the transaction, so it only computes. */
export type OnEntry = (run: Recipient) => readonly OutboxEvent[]

/** An event that is to be told to one endpoint now. */
export interface ClaimedEvent {
  /** Names it within the outbox. */
  readonly id: number
  /** The number of this attempt, from 1. */
  readonly attempt: number
  readonly endpoint: WebhookEndpoint
  readonly event: OutboxEvent
}

/** How an attempt to tell an endpoint ended. Says nothing of what the event was about. */
export interface WebhookAttempt {
  readonly eventId: string
  readonly type: EventType | TestEvent
  readonly attempt: number
  readonly at: Instant
  readonly durationMs: number
  readonly answer: 'taken' | 'gone' | 'failed'
  /** Null = there was no answer. */
  readonly status: number | null
  /** Null = there is nothing to say. */
  readonly code: string | null
}

/** The type of the event by which a host tries an endpoint. */
export type TestEvent = 'webhook.test'

/** An attempt at a claimed event, and what is next. */
export interface Telling extends EndpointKey {
  /** As it was claimed. */
  readonly id: number
  readonly report: WebhookAttempt
  /** Where it failed: when it is tried again; null = never, it is set aside. Ignored where it was taken. */
  readonly retryAt: Instant | null
}

/** How many events an endpoint has not been told of. */
export interface Backlog {
  readonly endpointId: string
  /** They wait for their turn. */
  readonly waiting: number
  /** Every attempt failed: they were set aside. */
  readonly setAside: number
}

/**
 * The transactional outbox. Other groups write events with what they tell of, for every endpoint that is enabled at that moment and
 * wants them; here they are taken out, in order within a stream and endpoint.
 */
export interface OutboxStore {
  /** The endpoints of a workspace, oldest first. */
  endpoints(request: { readonly workspaceId: string }): Promise<readonly WebhookEndpoint[]>
  /**
   * Writes an endpoint whole. `expectedRevision` null = it must not exist yet; otherwise it must be the stored one.
   * @throws {ConflictError} of kind `stale` or `duplicate` otherwise.
   */
  saveEndpoint(request: { readonly endpoint: WebhookEndpoint; readonly expectedRevision: number | null }): Promise<void>
  /** Deletes an endpoint with everything that it has not been told and its attempts. False = there was none. */
  deleteEndpoint(key: EndpointKey): Promise<boolean>
  /** What the enabled endpoints of these workspaces want, one entry each; no types = everything. */
  wanted(request: {
    readonly workspaceIds: readonly string[]
    readonly tx?: Transaction
  }): Promise<readonly { readonly workspaceId: string; readonly types: readonly EventType[] }[]>
  /**
   * Leases events that may be told now, each the first of its stream that has not been told or set aside; of enabled endpoints that
   * are not among `except`, at most `perEndpoint` of each, those due longest first. One that was claimed before and is neither settled
   * nor leased any more is claimed again.
   */
  claim(request: {
    readonly now: Instant
    readonly limit: number
    readonly perEndpoint: number
    readonly leaseMs: number
    readonly except: readonly EndpointKey[]
  }): Promise<readonly ClaimedEvent[]>
  /**
   * Writes how attempts ended, those that are still the latest of their event: what was taken leaves the outbox, what failed waits
   * until `retryAt` with all of its stream or is set aside. An endpoint that answered `gone` is disabled for it, and so is one none of
   * whose attempts has succeeded for `disableAfterMs`; what waits for it stays. Returns the endpoints that were disabled by this call.
   */
  settle(request: {
    readonly tellings: readonly Telling[]
    readonly now: Instant
    readonly disableAfterMs: number
  }): Promise<readonly WebhookEndpoint[]>
  /** Keeps how an attempt ended that was made outside of the outbox. */
  recordAttempt(request: EndpointKey & { readonly report: WebhookAttempt }): Promise<void>
  /** Makes due at once what waits for an endpoint; with `setAside`, also what was set aside, from its first attempt on. Returns how many. */
  requeue(request: EndpointKey & { readonly setAside: boolean; readonly now: Instant }): Promise<number>
  /** The latest attempts at an endpoint, newest first. */
  attempts(request: EndpointKey & { readonly limit: number }): Promise<readonly WebhookAttempt[]>
  /** What the endpoints of a workspace have not been told; those that have been told everything are left out. */
  backlog(request: { readonly workspaceId: string }): Promise<readonly Backlog[]>
  /** When the next event is due to be told, also when that has passed; null = none lies ahead. */
  nextDueAt(): Promise<Instant | null>
  /** Forgets attempts that were made, and events that happened, before these instants. Bounded; returns how many rows. */
  tidy(request: { readonly attemptsBefore: Instant; readonly eventsBefore: Instant }): Promise<number>
}
