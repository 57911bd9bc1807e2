import type { PermissionChange } from '../contact/permission-change.js'
import type { Delivery, DeliveryState } from '../delivery/delivery.js'
import type { IntentGuard, IntentVerdict } from '../delivery/intent.js'
import type { AttemptResult } from '../delivery/settled-delivery.js'
import type { JsonValue } from '../json.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { Instant } from '../schedule/instant.js'
import type { Page } from './store.js'
import type { CounterDelta, Owner, RunChange } from './store-recipients.js'

/** A wish to start one provider call. */
export interface Intent {
  /** The decision, on the fence of its claim: the run as it waits for the outcome, and all else it does, written with the intent. */
  readonly change: RunChange
  /** As it will be written: state `sending`, `attempts` counting this one. */
  readonly delivery: Delivery
  readonly idempotencyKey: string
  /** Null = nothing to re-check: a webhook or an action. */
  readonly guard: IntentGuard | null
  /** The rendered message, kept only if the workspace asks for it. */
  readonly content: JsonValue
}

/** What became of an intent. */
export type IntentResult =
  /** Durable: the call may start until `permitUntil`. `fence` is the run's from now on. */
  | { readonly result: 'started'; readonly fence: number; readonly permitUntil: Instant }
  /** The claim is no longer ours, the run changed since, or an event of its contact waits to be taken in. Nothing was written. */
  | { readonly result: 'stale' }
  /** Its scope is closed. Nothing was written. */
  | { readonly result: 'closed' }
  /** A guard refused it. Nothing was written. */
  | { readonly result: 'refused'; readonly verdict: Exclude<IntentVerdict, { verdict: 'start' }> }

/** How an attempt ended. */
export interface Settlement extends AttemptResult {
  readonly workspaceId: string
  readonly deliveryId: number
  /** The attempt this is about; one that is not the delivery's latest changes nothing. */
  readonly attempt: number
  /** When to look at it again: set exactly while the outcome is unknown. */
  readonly lookAt: Instant | null
  /** Counted with the outcome, whatever became of the run. */
  readonly counters: readonly CounterDelta[]
  /**
   * What it says about the address, whatever became of the run. Where it says anything, the contact has changed: an item of that kind is
   * put into the inbox, so that all their runs hear of it.
   */
  readonly permissions: readonly PermissionChange[]
  /** What the run does now; null = it no longer waits for this. */
  readonly change: RunChange | null
  /** To be told to the host's endpoints with the outcome, whatever became of the run. Default: nothing. */
  readonly outbox?: readonly OutboxEvent[]
}

/** A delivery whose outcome is not known. */
export interface Reconciliation {
  /** `unknown`, or still `sending` although nobody waits for it any more. */
  readonly delivery: Delivery
  /** When its outcome became unknown. */
  readonly since: Instant
}

/** Deliveries, their attempts, and the reconciliation of unknown outcomes. */
export interface DeliveryStore {
  /** Reserves ids, rising. Unused ones are lost. */
  reserveIds(count: number): Promise<readonly number[]>
  /**
   * T1: writes the intents that may start now: explicitly READ COMMITTED, runs locked by id and fence, contacts' pacing rows locked
   * in contact order before a separate statement reads what was sent (other deliveries only: a retry is not held against itself),
   * {@link judgeIntent}, then the gate's shared lock, then the gates
   * in a statement of their own, then delivery and attempt. Bounded to `timeoutMs`. The permit ends `permitMs` after the Store's own
   * stamp. A started run keeps its `dueAt` and stays claimed by `owner` until it is settled, so that a dead engine's calls are found by
   * `claimDue`. One result per intent, in order.
   */
  intend(request: {
    readonly intents: readonly Intent[]
    readonly owner: Owner
    readonly now: Instant
    readonly permitMs: number
    readonly timeoutMs: number
  }): Promise<readonly IntentResult[]>
  /**
   * T2: writes outcomes. The outcome is written if the delivery still is in `from` with that attempt, whatever became of the run;
   * its `change` only if the run's fence holds: `run_changed` otherwise, and the caller decides anew on the run as it is. A row that
   * the database cannot take (say, a NUL in a provider's text) becomes `unknown` alone, for the reason `unstorable`, to be looked at
   * from `lookAt ?? now` on, and answers `run_changed` with its run left as it was; the rest of the batch is written.
   */
  settle(request: {
    readonly settlements: readonly Settlement[]
    /** Also what waits to be tried again, which is canceled when its run has left meanwhile. */
    readonly from: Extract<DeliveryState, 'sending' | 'unknown' | 'retry_wait' | 'scheduled'>
    readonly now: Instant
  }): Promise<readonly ('applied' | 'run_changed' | 'stale')[]>
  get(request: { readonly workspaceId: string; readonly deliveryIds: readonly number[] }): Promise<readonly Delivery[]>
  /** The deliveries of runs, oldest first. */
  ofRecipients(
    keys: readonly { readonly workspaceId: string; readonly recipientId: number }[],
  ): Promise<ReadonlyMap<number, readonly Delivery[]>>
  /** The deliveries of a campaign in id order; `after` is a delivery id as text. */
  ofCampaign(
    request: {
      readonly workspaceId: string
      readonly campaignId: string
      readonly states?: readonly DeliveryState[]
      readonly stepId?: string
    } & Page,
  ): Promise<readonly Delivery[]>
  /** Leases deliveries of unknown outcome that are to be looked at, for `leaseMs`. */
  claimReconciliations(request: {
    readonly now: Instant
    readonly limit: number
    readonly leaseMs: number
  }): Promise<readonly Reconciliation[]>
  /** When the next reconciliation is due; null = none lies ahead. */
  nextLookAt(): Promise<Instant | null>
  /**
   * Outcomes of an experiment's arms, by the runs' memory and the metric's records up to `now`. One row per contact: with several
   * runs, the first assignment counts (of those of one moment, the first arm by name). Facts are those of the campaign's deliveries
   * to the contact.
   */
  tally(request: {
    readonly workspaceId: string
    readonly campaignId: string
    readonly stepId: string
    readonly metric: { readonly event: string } | { readonly fact: 'delivered' | 'opened' | 'clicked' }
    readonly now: Instant
  }): Promise<readonly TallyRow[]>
}

/** One assigned person and what they did. */
export interface TallyRow {
  readonly arm: string
  readonly contactId: string
  readonly assignedAt: Instant
  /** The metric's occurrences since the assignment, each with its data (`{}` for facts). */
  readonly occurrences: readonly { readonly at: Instant; readonly data: JsonValue }[]
}
