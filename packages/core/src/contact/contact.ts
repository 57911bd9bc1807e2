import type { JsonObject, JsonValue } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Consent } from './consent.js'
import type { Suppression } from './suppression.js'

/** A person, by the host's own id. */
export interface Contact {
  /** The host's id: 1–255 characters, unique in the workspace. */
  readonly id: string
  /** Addresses by channel: `{ email: 'ana@example.com', sms: '+15005550006' }`. */
  readonly addresses: { readonly [channel: string]: string }
  /** IANA zone as the host gave it; may be missing or invalid, then the campaign's or workspace's counts. */
  readonly zone: string | null
  /** BCP 47, as the host gave it. */
  readonly locale: string | null
  readonly attributes: JsonObject
  readonly tags: readonly string[]
  /** Null = the host's contacts carry no revision. */
  readonly updatedAt: Instant | null
}

/** What a host may say about a contact; what is not named stays as it is. An attribute set to null is removed. */
export interface ContactInput {
  readonly id: string
  readonly addresses?: { readonly [channel: string]: string | null }
  readonly zone?: string | null
  readonly locale?: string | null
  readonly attributes?: { readonly [name: string]: JsonValue | undefined }
  readonly tags?: readonly string[]
}

/** What decides whether a contact may be written to: kept by the Store, also for contacts that the host owns. */
export interface Permissions {
  readonly consents: readonly Consent[]
  /** Suppressed addresses of the contact. */
  readonly suppressions: readonly Suppression[]
}

/** Something the host reports about a contact. */
export interface ContactEvent {
  /** The order of ingestion within the Store, rising. */
  readonly seq: number
  /** The host's own id for it; a second report with the same one changes nothing. */
  readonly id: string
  readonly contactId: string
  readonly name: string
  /** The event's own time. */
  readonly at: Instant
  readonly data: JsonObject
}

/** The event that an inbound message is. Only a human one satisfies `reply`. */
export const messageReceived = 'message.received'
