import type { CampaignStore } from './store-campaigns.js'
import type { ContactStore } from './store-contacts.js'
import type { ControlStore } from './store-control.js'
import type { DeliveryStore } from './store-deliveries.js'
import type { InboxStore } from './store-inbox.js'
import type { OutboxStore } from './store-outbox.js'
import type { RecipientStore } from './store-recipients.js'
import type { TemplateStore } from './store-templates.js'

/**
 * Where Drumbeat keeps its truth. Grouped by entity, set-based where much happens, and free of SQL, so that the plainest
 * in-memory implementation and PostgreSQL satisfy the same conformance suite (`@drumbeat/core/testing`).
 *
 * Every method is scoped to a workspace by an argument, or works across workspaces on behalf of the engine and returns rows
 * that name theirs. Methods take `now`, so that a fake clock can drive them. Every method is one transaction, unless it is
 * given a `tx`, and rejects with `StorageError` (nothing was written) when the database cannot be used. Input that cannot be kept
 * (a NUL in a text, a contact's id of no or more than 255 characters, a page limit out of range) rejects with a `DrumbeatError`
 * and writes nothing.
 */
export interface Store {
  /** `memory`, `pglite`, `postgres`: for messages and metrics. */
  readonly kind: string
  readonly control: ControlStore
  readonly campaigns: CampaignStore
  readonly templates: TemplateStore
  readonly contacts: ContactStore
  readonly recipients: RecipientStore
  readonly deliveries: DeliveryStore
  readonly inbox: InboxStore
  readonly outbox: OutboxStore
  /**
   * Creates or migrates what it needs, and takes the directory lock where there is one. Safe when many processes start at
   * once; a second call does nothing.
   * @throws {ConflictError} of kind `store_locked` when another process holds the directory.
   */
  open(): Promise<void>
  /** Releases what `open()` took. Calls under way are awaited; later ones reject with `StorageError`. */
  close(): Promise<void>
  /**
   * Runs `work` in one transaction of the host's. What it writes through `tx` is committed when it resolves and rolled back
   * when it throws. While it runs, an embedded store rejects calls that were not given its `tx` (`ConflictError`, kind
   * `store_busy`).
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
}

/**
 * A transaction of the host's. Stores accept the one that their own `transaction()` made; the PostgreSQL store also accepts
 * a client (anything with `query`) on which the host has begun a transaction itself.
 */
export type Transaction = object

/** One page of a list, in id order. */
export interface Page {
  /** The last id of the page before; null = from the start. */
  readonly after?: string | null
  /** 1–1,000. Default 100. */
  readonly limit?: number
}
