import type { ContactInput } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { Recipient, RecipientStatus } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { Condition } from '../sequence/condition.js'
import type { Page, Transaction } from './store.js'
import type { PermissionChange } from './store-contacts.js'
import type { NewEvent, NewRun } from './store-inbox.js'
import type { OnEntry } from './store-outbox.js'

/** Who holds a claim. */
export interface Owner {
  readonly engineId: string
  readonly epoch: number
}

/** One more or less of something, counted per campaign, step and arm. */
export interface CounterDelta {
  readonly campaignId: string
  /** `''` = the campaign as a whole. */
  readonly stepId: string
  /** `entered`, `delivery.sent`, `delivery.skipped.quiet_hours`, `recipient.exited.goal`, … */
  readonly name: string
  readonly by: number
}

/** A counter's value. */
export interface Counter {
  readonly stepId: string
  readonly name: string
  readonly value: number
}

/**
 * What one decision does to one run, all of it or nothing. Applied only if the run's fence is still `expectedFence`; the
 * Store raises it.
 */
export interface RunChange {
  readonly workspaceId: string
  readonly recipientId: number
  readonly expectedFence: number
  /** The run as it is to be. Its `fence` is ignored; its claim ends, unless it `keepsClaim`. */
  readonly recipient: Recipient
  /** True where an engine's call for the run goes on: `dueAt` and the claim stay as they are stored. */
  readonly keepsClaim: boolean
  /** Deliveries to write whole: new ones, and deferred ones that were taken up again, skipped, expired or canceled. */
  readonly deliveries: readonly Delivery[]
  /** Merged as `contacts.upsert` does, with its inbox item. */
  readonly contact: ContactInput | null
  readonly permissions: readonly PermissionChange[]
  readonly events: readonly NewEvent[]
  readonly counters: readonly CounterDelta[]
  /** Deliveries whose outcome is unknown while the run goes on: looked at again from `lookAt` on. */
  readonly detached: readonly { readonly deliveryId: number; readonly lookAt: Instant }[]
  /** To be told to the host's endpoints. Default: nothing. */
  readonly outbox?: readonly OutboxEvent[]
}

/** How many live runs stand at a step of a version. */
export interface Standing {
  readonly version: number
  readonly stepId: string
  readonly runs: number
}

/** A run that stands before a closed scope. */
export interface Parking {
  readonly change: RunChange
  /** The provider account of the call that it stands before; null = it stands before none. */
  readonly account: string | null
}

/** How every run of one zone begins. */
export interface ZoneBeginning {
  readonly recipient: NewRun['recipient']
  /** What each of these runs adds one to. */
  readonly counters: readonly Pick<CounterDelta, 'stepId' | 'name'>[]
}

/** The runs of contacts through campaigns. */
export interface RecipientStore {
  /**
   * Begins runs; a run that its identity forbids (see `NewRun.again`) is not begun. Guaranteed by unique indexes. Takes part in `tx`
   * when given. `activation`, if given, moves the campaign's cursor and raises its revision in the same transaction, and enrolls
   * nobody if the cursor is not at `from` any more (a campaign whose `activation` is null has none).
   */
  enroll(request: {
    readonly runs: readonly NewRun[]
    readonly now: Instant
    readonly tx?: Transaction
    readonly activation?: {
      readonly workspaceId: string
      readonly campaignId: string
      readonly from: string | null
      /** Null = the snapshot is complete. */
      readonly to: string | null
    }
    /** Told of each run that is begun. Default: nothing. */
    readonly onEntry?: OnEntry
  }): Promise<{ readonly enrolled: readonly Recipient[] }>
  /**
   * Begins a run for each of the next contacts of an audience that the Store keeps, moves the campaign's cursor past them and counts, in
   * one transaction, or in several that each do all of it for the contacts that come next. Looks at no more than `limit` contacts, in id
   * order, and judges them as `contacts.page` does; re-entry is as by `enroll`. Begins nobody if the cursor is not at `from` any more.
   */
  enrollAudience(request: {
    readonly workspaceId: string
    readonly campaignId: string
    readonly from: string | null
    readonly limit: number
    readonly where: Condition | null
    readonly now: Instant
    /** Whose runs all of them are; see {@link NewRun}. */
    readonly run: Pick<NewRun, 'version' | 'runKey' | 'again'>
    /** How a run begins for contacts of this zone, as they name it. Pure; asked once per zone, not once per contact. */
    readonly begin: (zone: string | null) => ZoneBeginning
    /** Told of each run that is begun. Default: nothing. */
    readonly onEntry?: OnEntry
  }): Promise<{ readonly enrolled: number }>
  /**
   * T0: leases due runs to an engine and raises their fences; decides nothing. Due: live, not parked, `dueAt <= now`, and either
   * unclaimed or claimed by an engine whose lease ended more than `skewMs` ago. Oldest first within a lane and workspace, lanes and
   * workspaces in fair shares. Runs of blocked lanes are not read. Concurrent callers never get the same run.
   */
  claimDue(request: {
    readonly owner: Owner
    readonly now: Instant
    readonly limit: number
    readonly skewMs: number
    /** `workspaceId` null = in every workspace. */
    readonly blocked: readonly { readonly workspaceId: string | null; readonly channel: string }[]
  }): Promise<readonly Recipient[]>
  /** Gives claims back untouched: as due as before, the fence raised, not counted as a claim without progress. */
  release(
    claims: readonly { readonly workspaceId: string; readonly recipientId: number; readonly fence: number }[],
  ): Promise<void>
  /** Applies changes in one transaction, each on its own fence. Returns for each whether it was applied. */
  commit(changes: readonly RunChange[]): Promise<readonly ('applied' | 'stale')[]>
  /**
   * Applies changes of runs that are to stand still, as `commit` does: parked where the workspace, the campaign, the step or the account
   * is closed, and not parked elsewhere. The gates are read under their shared lock, so that whoever opens one either finds the run
   * parked, or has opened it before.
   */
  park(parkings: readonly Parking[]): Promise<readonly ('applied' | 'stale')[]>
  get(request: {
    readonly workspaceId: string
    readonly recipientIds: readonly number[]
  }): Promise<readonly Recipient[]>
  /** The runs of a contact, oldest first; of one campaign if named. */
  ofContact(request: {
    readonly workspaceId: string
    readonly contactId: string
    readonly campaignId?: string
  }): Promise<readonly Recipient[]>
  /** The runs of a campaign in id order; `after` is a recipient id as text. */
  ofCampaign(
    request: {
      readonly workspaceId: string
      readonly campaignId: string
      readonly live?: boolean
      readonly status?: RecipientStatus
      readonly parked?: boolean
      readonly stepId?: string
    } & Page,
  ): Promise<readonly Recipient[]>
  /** How many live runs of a campaign stand at which step of which version, ordered by both; steps where nobody stands are left out. */
  standing(request: { readonly workspaceId: string; readonly campaignId: string }): Promise<readonly Standing[]>
  /** The earliest `dueAt` of live runs, parked and claimed ones aside, also when it has passed; null = there is none. */
  nextDueAt(): Promise<Instant | null>
  /** The counters of a campaign: folded values and deltas together. */
  counters(request: { readonly workspaceId: string; readonly campaignId: string }): Promise<readonly Counter[]>
}
