import type { Channel, OutboundMessage, RawReport, SendContext } from '../../ports/channel.js'
import { aSendContext } from '../outbound.js'

/**
 * How a provider's stand-in answers requests: `accept`; `reject` as a message that can never be taken; `too_many_requests` with a
 * `Retry-After` of {@link patienceMs}; `bad_credentials`; `server_error` that the provider does not document; `reset` of the connection
 * once the request was read; `unreadable`, a success that says nothing; `silence`.
 */
export type ProviderAnswer =
  | 'accept'
  | 'reject'
  | 'too_many_requests'
  | 'bad_credentials'
  | 'server_error'
  | 'reset'
  | 'unreadable'
  | 'silence'

/** How long the stand-in asks to wait, in milliseconds. */
export const patienceMs = 30_000

/** Stands in for the provider: a server on the loopback that the real client is pointed at, or whatever the channel calls. */
export interface ProviderStandIn {
  /** How every request is answered from now on. At first it accepts. */
  answer(how: ProviderAnswer): void
  /** From now on connections are refused. */
  refuseConnections(): Promise<void>
  /** What has reached it, each request as text with URL escapes resolved. */
  readonly requests: readonly string[]
}

/** Makes webhook requests as the provider does, signed with the channel's secret (`ours`), with another one, or not at all. */
export interface ReportSource {
  /** Says that a delivery was delivered. */
  delivered(delivery: ReportedDelivery, signed: Signing): RawReport | Promise<RawReport>
  /** Brings a message of that text from a contact. */
  inbound?(text: string, signed: Signing): RawReport | Promise<RawReport>
}

/** By whom a webhook's request is signed. */
export type Signing = 'ours' | 'foreign' | 'nobody'

/** What names a delivery in a report. */
export interface ReportedDelivery {
  readonly deliveryRef: string
  readonly providerId: string
}

/** A channel with a provider's stand-in at its other end. */
export interface ChannelSubject {
  readonly channel: Channel
  /** One that the channel can send. */
  readonly message: OutboundMessage
  readonly provider: ProviderStandIn
  /** Absent where the provider reports nothing: then the group `reports` is skipped, with a reason. */
  readonly reports?: ReportSource
  close(): Promise<void>
}

/** Sentences with their proofs. */
export interface ChannelCases {
  readonly [sentence: string]: (subject: ChannelSubject) => Promise<void>
}

/** What goes with a message of the suite. */
export function contextFor(deliveryRef: string, given: Partial<SendContext> = {}): SendContext {
  return aSendContext({ deliveryRef, idempotencyKey: `dc1_${deliveryRef}_key`, ...given })
}

/** Waits until something is so; for a few seconds at most, since real sockets are at work. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += 5) {
    if (waitedMs > 5000) throw new Error(`Waited five seconds, and still not: ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
