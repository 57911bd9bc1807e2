import type { Delivery } from '../delivery/delivery.js'
import type { Recipient } from '../recipient/recipient.js'

/** What a host may listen to. Ids and states only; listeners run after the commit and cannot hold it up. */
export interface DrumbeatEvents {
  /** A call ended: the delivery as it then was. */
  'delivery.settled': [delivery: Delivery]
  /** A message was put off, skipped, expired or canceled. */
  'delivery.recorded': [delivery: Delivery]
  /** A run ended, or was quarantined. */
  'recipient.ended': [recipient: Recipient]
  /** An account cannot send; it is tried again at `until`. */
  'account.blocked': [report: { readonly account: string; readonly code: string; readonly until: number }]
  /** Something failed that the engine goes on without. */
  'engine.failed': [report: { readonly during: string; readonly error: unknown }]
}
