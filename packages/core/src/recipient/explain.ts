import type { Contact } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import { shownFact } from '../delivery/facts.js'
import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import { formatInZone } from '../schedule/instant.js'
import { resolveZone } from '../schedule/zone.js'
import type { Recipient } from './recipient.js'
import type { RunDefinition } from './run-facts.js'

/** Where a run is and why, what was not sent and why not, and what comes next. */
export interface Explanation {
  readonly status: Recipient['status']
  readonly reason: string | null
  readonly stepId: string
  /** What it waits for; null = it has ended. */
  readonly waitsFor: Recipient['waiting'] | null
  readonly dueAt: Instant | null
  /** `dueAt` in the contact's zone, such as `2026-03-09T09:00-04:00`. */
  readonly dueLocally: string | null
  /** The anchor, rule and zone that set `dueAt`, or the rule that moved it. */
  readonly why: JsonObject | null
  readonly paused: boolean
  /** The zone that "the contact's" means, where it comes from, and what was given instead if that is no zone. */
  readonly zone: { readonly name: string; readonly from: string; readonly invalid: string | null }
  /** The latest steps, oldest first, each with the exit taken to get there. */
  readonly path: Recipient['memory']['path']
  readonly deliveries: readonly ExplainedDelivery[]
}

/** What became of one message or call. */
export interface ExplainedDelivery {
  readonly stepId: string
  readonly itemId: string | null
  readonly state: Delivery['state']
  readonly reason: string | null
  /** The strongest report on it; null = none. */
  readonly shown: string | null
  readonly plannedAt: Instant
  readonly dueAt: Instant
  readonly sentAt: Instant | null
}

/** Explains a run from its records. Pure. */
export function explain(
  { campaign, settings }: Pick<RunDefinition, 'campaign' | 'settings'>,
  recipient: Recipient,
  contact: Pick<Contact, 'zone'> | null,
  deliveries: readonly Delivery[],
): Explanation {
  const { zone, source, invalid } = resolveZone({
    contact: contact?.zone,
    campaign: campaign.zone,
    workspace: settings.zone,
  })
  const { status, reason, stepId, waiting, dueAt, memory, parked } = recipient
  return {
    status,
    reason,
    stepId,
    waitsFor: status === 'active' ? waiting : null,
    dueAt,
    dueLocally: dueAt === null ? null : formatInZone(dueAt, zone),
    why: memory.why,
    paused: parked || campaign.status === 'paused',
    zone: { name: zone, from: source, invalid },
    path: memory.path,
    deliveries: deliveries.map((delivery) => ({
      stepId: delivery.stepId,
      itemId: delivery.itemId,
      state: delivery.state,
      reason: delivery.reason,
      shown: shownFact(delivery.facts),
      plannedAt: delivery.plannedAt,
      dueAt: delivery.dueAt,
      sentAt: delivery.sentAt,
    })),
  }
}
