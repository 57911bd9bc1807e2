import type { AddressKind } from '../contact/address.js'
import type { Category } from '../contact/consent.js'
import type { RawInbound } from '../contact/inbound.js'
import type { Fact } from '../delivery/facts.js'
import type { Metadata } from '../json.js'
import type { RenderedContent } from '../message/render.js'
import type { Instant } from '../schedule/instant.js'
import type { Rate } from './limiter.js'

/** What a provider can do, beyond accepting a message. */
export interface ChannelCapabilities {
  /** How long the provider refuses a second message with the same key, in milliseconds; null = it does not de-duplicate. */
  readonly idempotencyKeyTtlMs: number | null
  /** Whether reports carry our delivery reference back. */
  readonly echoesReference: boolean
  /** Whether it can be asked what became of a message, and by what. By its address alone only an absence can be proven. */
  readonly lookup: 'none' | 'byReference' | 'byProviderId' | 'byAddress'
  /** How many messages that are sent at one time may share one request, each with its own outcome. Default 1. */
  readonly batchSize?: number
}

/** One rendered message for one address. */
export interface OutboundMessage {
  /** The address, normalised. */
  readonly to: string
  readonly content: RenderedContent
  readonly category: Category
  /** Ready-made List-Unsubscribe headers for mail; empty = none. */
  readonly headers: { readonly [name: string]: string }
  /** The provider's id of the message whose conversation this one continues; null = it begins one. */
  readonly inReplyTo: string | null
  readonly metadata: Metadata
}

/** What goes with a message. */
export interface SendContext {
  /** The same for every attempt of one delivery with unchanged content. */
  readonly idempotencyKey: string
  /** Names the delivery in reports and look-ups. */
  readonly deliveryRef: string
  /** Aborted when the call's time is over; what is not answered by then counts as unknown. */
  readonly signal: AbortSignal
  /** Throws when the permit to start has run out. Call it right before the request is written. */
  readonly assertMayStart: () => void
}

/**
 * Why a message was refused for good: the address itself is wrong or gone (`recipient`), its owner has opted out at the provider, or the
 * content is not allowed or not valid. The first two close the address for every campaign, so say them only where the provider does: not
 * of a full mailbox, nor of a request that holds other addresses too.
 */
export type RejectionReason = 'recipient' | 'opted_out' | 'content'

/** How a provider answered. What it did not answer is `unknown`, never a guess. `code` is the provider's own where it gives one. */
export type SendOutcome =
  | { readonly outcome: 'accepted'; readonly providerId: string | null; readonly at?: Instant }
  /** Proven not accepted, and no other attempt can help: a bad address, a bad payload. */
  | { readonly outcome: 'rejected'; readonly code: string; readonly reason?: RejectionReason }
  /**
   * Proven not accepted, but a later attempt may be: refused connection, 429, documented 503. `too_fast` = the account as a whole is called
   * too fast: it is called more slowly for a while.
   */
  | {
      readonly outcome: 'not_accepted'
      readonly code: string
      readonly retryAfterMs: number | null
      readonly reason?: 'too_fast'
    }
  /** The account cannot send at all: 401, 403, quota. No attempt is used up; the account's circuit opens. */
  | { readonly outcome: 'blocked'; readonly code: string }
  /** Whether it was accepted is not known: time-out, reset, an undocumented 5xx, an unreadable answer. */
  | { readonly outcome: 'unknown'; readonly code: string }

/** A provider's report, or a message from a contact, as a webhook brought it. */
export type ParsedReport =
  | {
      readonly kind: 'facts'
      /** Unique per provider event. */
      readonly dedupeKey: string
      readonly delivery: { readonly deliveryRef: string } | { readonly providerId: string }
      readonly facts: readonly Fact[]
    }
  | {
      readonly kind: 'inbound'
      readonly dedupeKey: string
      readonly message: Omit<RawInbound, 'channel'>
      /** What its signature covers where that is none of its content: no other message is believed with it. */
      readonly token?: string
    }

/** A webhook's request, as it came. */
export interface RawReport {
  readonly method: string
  /** Absolute. Behind a proxy, the one that the provider called; a channel may be told it instead. */
  readonly url: string
  /** Names in any case; a repeated header is joined by commas. */
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
  /** When it came in: the time of events that say none of their own. */
  readonly receivedAt: Instant
}

/** A delivery whose outcome is asked for. */
export interface UnknownDelivery {
  readonly deliveryRef: string
  /** Null = the provider has not told it. */
  readonly providerId: string | null
  /** The address it went to; null = that is no longer known. */
  readonly to: string | null
  /** Not later than the beginning of its first call; null = that is not known. */
  readonly since: Instant | null
}

/** What a look-up found. `absent` must be authoritative. */
export type LookupResult =
  | { readonly found: 'yes'; readonly providerId: string | null; readonly at: Instant | null }
  | { readonly found: 'absent' }
  | { readonly found: 'cannot_tell' }

/** What one message costs about; an SMS costs it for each segment. */
export interface Price {
  /** In units of the currency: 0.0079. */
  readonly amount: number
  /** ISO 4217: `USD`. */
  readonly currency: string
}

/** Sends rendered messages through one provider account. */
export interface Channel {
  /** What steps call it: `email`, `sms`, … Unique among the channels of one Drumbeat. */
  readonly name: string
  /** The kind of address it takes. */
  readonly addressKind: AddressKind
  /** The provider account behind it: circuits, limits and gates are per account. */
  readonly account: string
  readonly capabilities: ChannelCapabilities
  /**
   * How fast messages may start through the account, over all engines that share a limiter; SMS count in segments. Default: as fast as
   * they can.
   */
  readonly rate?: Rate
  /**
   * A hint for authors, shown with previews. What the provider bills depends on the country, the carrier and the contract. Default: nothing
   * is said.
   */
  readonly price?: Price
  /** After an unknown outcome: `at_most_once` (default) never calls again on a guess; `at_least_once` may, once, and flags it. */
  readonly ambiguity?: 'at_most_once' | 'at_least_once'
  /**
   * Sends one message. Expected failures are outcomes; it rejects only with what `assertMayStart` throws, before any request. What it
   * throws else counts as unknown.
   */
  send(message: OutboundMessage, context: SendContext): Promise<SendOutcome>
  /** Whether a webhook's request was signed by the provider, judged by its raw bytes. Never rejects; what it cannot read is not signed. */
  verify?(report: RawReport): Promise<boolean>
  /**
   * What a verified webhook's request says; empty = nothing that concerns us. The same request is always read the same, so that copies
   * share their `dedupeKey`. Never rejects: an event that cannot be read is left out, and the others are kept.
   */
  parse?(report: RawReport): Promise<readonly ParsedReport[]>
  /** Asks the provider what became of a message. */
  lookup?(delivery: UnknownDelivery): Promise<LookupResult>
}
