import type { Delivery } from '../delivery/delivery.js'
import type { Disablement } from '../outbox/webhook-endpoint.js'
import type { Recipient } from '../recipient/recipient.js'

/**
 * What a host may listen to, and write into its logs: of people only their ids, so no address, no reply, and no data of events. Listeners
 * run after the commit and cannot hold it up.
 */
export interface DrumbeatEvents {
  /** A call ended: the delivery as it then was. */
  'delivery.settled': [delivery: Delivery]
  /** A message was put off, skipped, expired or canceled. */
  'delivery.recorded': [delivery: Delivery]
  /** A run ended, or was quarantined. */
  'recipient.ended': [recipient: Recipient]
  /** An account cannot send; it is tried again at `until`. */
  'account.blocked': [report: { readonly account: string; readonly code: string; readonly until: number }]
  /** An endpoint is told nothing any more: it said that it is gone, or has failed for too long. */
  'endpoint.disabled': [
    report: { readonly workspaceId: string; readonly endpointId: string; readonly reason: Disablement['reason'] },
  ]
  /** Something failed that the engine goes on without. */
  'engine.failed': [report: { readonly during: string; readonly error: unknown }]
}

/** A delivery as it is told: without what is the person's own. */
export function deliveryTold(delivery: Delivery): Delivery {
  return { ...delivery, address: null, reply: null }
}

/** A run as it is told: without what it remembers of its contact's events and of replies. */
export function recipientTold(recipient: Recipient): Recipient {
  return { ...recipient, memory: { ...recipient.memory, entryEvent: null, trigger: null, replies: {} } }
}
