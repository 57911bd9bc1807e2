import type { Contact, ContactInput, Permissions } from '../contact/contact.js'
import type { PermissionChange } from '../contact/permission-change.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { Instant } from '../schedule/instant.js'
import type { Condition } from '../sequence/condition.js'
import type { Page, Transaction } from './store.js'
import type { NewEvent } from './store-inbox.js'

export type { PermissionChange } from '../contact/permission-change.js'

/** Names a contact. */
export interface ContactKey {
  readonly workspaceId: string
  readonly contactId: string
}

/** Contacts that the Store keeps, and the permissions of all contacts, also of those that the host keeps. */
export interface ContactStore {
  /** Creates or merges contacts: what an input does not name stays. Also puts each into the inbox as changed. */
  upsert(request: {
    readonly workspaceId: string
    readonly contacts: readonly ContactInput[]
    readonly now: Instant
    readonly tx?: Transaction
  }): Promise<{ readonly created: number; readonly updated: number }>
  /** The contacts that exist, in any order. */
  get(keys: readonly ContactKey[]): Promise<readonly (Contact & { readonly workspaceId: string })[]>
  /**
   * One page of contacts in id order (by code point), of those that satisfy the condition (attributes, tags, consent and events,
   * which count from the beginning of records whatever their `since`). At most `limit`; `next` is where to go on, also when nothing
   * on the way matched; null = the end.
   */
  page(
    request: { readonly workspaceId: string; readonly where: Condition | null; readonly now: Instant } & Page,
  ): Promise<{ readonly contacts: readonly Contact[]; readonly next: string | null }>
  /** How many contacts satisfy the condition, judged as by `page`; null = how many there are. */
  count(request: {
    readonly workspaceId: string
    readonly where: Condition | null
    readonly now: Instant
  }): Promise<number>
  /** Contacts by address, as `normalizeAddress` writes it. */
  byAddress(request: {
    readonly workspaceId: string
    readonly channel: string
    readonly address: string
  }): Promise<readonly Contact[]>
  /**
   * Consents and suppressions of contacts, by {@link contactKey}; every key has an entry. Suppressions are found through the
   * addresses named here.
   */
  permissions(
    keys: readonly (ContactKey & { readonly addresses: { readonly [channel: string]: string } })[],
  ): Promise<ReadonlyMap<string, Permissions>>
  /**
   * Writes permission changes in their order. Of two consents for one contact, channel and topic, and of two suppressions of one
   * address, topic and reason, the later `at` wins; of two consents of one instant a revocation, else the one written last.
   * Addresses are the same when their `addressKey` is. A suppression outlives the contact.
   */
  changePermissions(request: {
    readonly workspaceId: string
    readonly changes: readonly PermissionChange[]
    readonly now: Instant
    /** Names of what caused them: nothing is written where a call in the workspace had one of these, however long ago. Default: none. */
    readonly once?: readonly string[]
    /** To be appended with them, as `inbox.append` does. Default: nothing. */
    readonly events?: readonly NewEvent[]
    /** To be told to the host's endpoints. Default: nothing. */
    readonly outbox?: readonly OutboxEvent[]
  }): Promise<void>
  /**
   * Forgets a person: the contact, consents, events, inbox items, what waits in the outbox, addresses and replies in deliveries, what
   * runs remember of events and replies. Live runs end as `exited` for the reason `erased`; deliveries that wait to start or to be retried are canceled
   * for it, calls under way are settled as ever.
   * Suppressions stay, as keyed hashes. Returns false when nothing was left to forget.
   */
  erase(request: ContactKey & { readonly now: Instant }): Promise<boolean>
}

/** The key of a contact in maps: workspace and contact, joined so that no two keys collide. */
export function contactKey({ workspaceId, contactId }: ContactKey): string {
  return `${workspaceId.length}:${workspaceId}${contactId}`
}
