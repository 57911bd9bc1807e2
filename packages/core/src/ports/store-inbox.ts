import type { ContactEvent } from '../contact/contact.js'
import type { Fact, FactSet } from '../delivery/facts.js'
import type { JsonObject } from '../json.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { Transaction } from './store.js'
import type { PermissionChange } from './store-contacts.js'
import type { OnEntry } from './store-outbox.js'
import type { CounterDelta, RunChange } from './store-recipients.js'

/** An event to append. */
export interface NewEvent {
  /** The host's own id for it; a second one with the same id changes nothing. */
  readonly id: string
  readonly contactId: string
  readonly name: string
  readonly at: Instant
  readonly data: JsonObject
}

/** A provider's report to append. */
export interface NewReport {
  /** Unique per provider event: a second report with the same key changes nothing. */
  readonly dedupeKey: string
  /** The delivery it is about, by our reference or the provider's id. */
  readonly delivery: { readonly id: number } | { readonly channel: string; readonly providerId: string }
  readonly facts: readonly Fact[]
  /** It has one fact, of which nothing follows but that it is known and counted, unless a run waits for it. Default: false. */
  readonly isQuiet?: boolean
}

/** Something to be taken in, in order of arrival. */
export type InboxItem = {
  /** Names the item, and no other one. Those of events grow in the order of ingestion. */
  readonly seq: number
  readonly workspaceId: string
  readonly contactId: string
  readonly receivedAt: Instant
} & (
  | { readonly kind: 'event'; readonly event: ContactEvent }
  | { readonly kind: 'report'; readonly deliveryId: number; readonly facts: readonly Fact[] }
  | { readonly kind: 'contact_changed' }
)

/** A run to begin. */
export interface NewRun {
  readonly workspaceId: string
  readonly campaignId: string
  readonly version: number
  readonly contactId: string
  readonly runKey: string
  /**
   * Decides `entryNo`: `never` = 1; `afterExit` = the last plus one if every one before has ended (a quarantined run has not);
   * `always` = the last plus one.
   */
  readonly again: 'never' | 'afterExit' | 'always'
  /** Everything but what the Store assigns; `fence` and `claims` begin at 0. */
  readonly recipient: Omit<
    Recipient,
    'id' | 'entryNo' | 'fence' | 'claims' | 'workspaceId' | 'campaignId' | 'contactId' | 'runKey' | 'version'
  >
}

/** Events, provider reports and contact changes: appended at once, taken in by the engine in batches. */
export interface InboxStore {
  /**
   * Appends events and their inbox rows, and nothing else. Takes part in `tx` when given. Returns how many were new.
   */
  append(request: {
    readonly workspaceId: string
    readonly events: readonly NewEvent[]
    readonly now: Instant
    readonly tx?: Transaction
  }): Promise<{ readonly appended: number }>
  /**
   * Appends provider reports; those that match no delivery yet are parked for `parkMs` and matched when it appears, or when it learns
   * the provider's id. Returns how many were new, parked ones included.
   *
   * A quiet report does without the inbox where nobody but its delivery has to hear of it. Its time counts as that of the delivery's
   * `intendedAt` where it is before that and `now`. If the delivery knows the fact since then or earlier, that is all. If it knows none of the
   * kind, is `sent`, and its run has completed or exited, the fact is merged at once and `fact.{kind}` of its step counted by one.
   */
  appendReports(request: {
    readonly workspaceId: string
    readonly reports: readonly NewReport[]
    readonly now: Instant
    readonly parkMs: number
  }): Promise<{ readonly appended: number }>
  /** Appends the news that contacts have changed. */
  contactsChanged(request: {
    readonly workspaceId: string
    readonly contactIds: readonly string[]
    readonly now: Instant
    readonly tx?: Transaction
  }): Promise<void>
  /** The oldest items, without claiming them, with every live run of their contacts. */
  peek(request: {
    readonly limit: number
  }): Promise<{ readonly items: readonly InboxItem[]; readonly runs: readonly Recipient[] }>
  /**
   * Takes items in, contact by contact: in one transaction it locks all live runs of the contacts in id order, re-reads them in a
   * new statement, and applies a contact's changes only if its live runs and their fences are exactly `expected` and its items
   * are still there. Otherwise that contact is left as it was and named in `conflicts`, by `contactKey`; peek again.
   */
  ingest(batch: readonly ContactIngest[]): Promise<{ readonly conflicts: readonly string[]; readonly enrolled: number }>
  /** Events of contacts by name, by `contactKey`, in order of `seq`, once appended; at most the latest 1,000 per contact and name. */
  events(
    queries: readonly {
      readonly workspaceId: string
      readonly contactId: string
      readonly names: readonly string[]
    }[],
  ): Promise<ReadonlyMap<string, readonly ContactEvent[]>>
}

/** What taking in a contact's items means. */
export interface ContactIngest {
  readonly workspaceId: string
  readonly contactId: string
  readonly seqs: readonly number[]
  readonly expected: readonly { readonly id: number; readonly fence: number }[]
  /**
   * Facts to merge, each into its delivery. `known` is what the delivery knew when it was decided what of them is new: if it knows any of
   * that by now, the contact is a conflict, so that nothing is counted twice. Default: nothing of them is taken for new.
   */
  readonly facts: readonly { readonly deliveryId: number; readonly facts: readonly Fact[]; readonly known?: FactSet }[]
  /** What reports mean for the contact's addresses, also when their run has ended. */
  readonly permissions: readonly PermissionChange[]
  readonly counters: readonly CounterDelta[]
  readonly changes: readonly RunChange[]
  readonly newRuns: readonly NewRun[]
  /** To be told to the host's endpoints, beside what the changes tell. Default: nothing. */
  readonly outbox?: readonly OutboxEvent[]
  /** Told of each of `newRuns` that is begun. Default: nothing. */
  readonly onEntry?: OnEntry
}
