import type { SuppressionReason } from '../../contact/suppression.js'
import type { Delivery } from '../../delivery/delivery.js'
import type { Fact, FactKind } from '../../delivery/facts.js'
import type { PermissionChange } from '../../ports/store-contacts.js'
import type { InboxItem } from '../../ports/store-inbox.js'
import type { CounterDelta } from '../../ports/store-recipients.js'
import type { Instant } from '../../schedule/instant.js'

/** A provider's report that waits to be taken in. */
export type Report = Extract<InboxItem, { kind: 'report' }>

const suppresses: { readonly [Kind in FactKind]?: SuppressionReason } = {
  hard_bounced: 'hard_bounce',
  complained: 'complaint',
  unsubscribed: 'unsubscribed',
}

/** How far a provider's clock may be ahead of ours: such times are kept, so that copies of a report agree whenever they come. */
export const aheadMs = 60 * 60 * 1000

/** Whether nothing follows from a report but that its one fact is known and counted, unless a run waits for it. */
export function saysOnly(facts: readonly Fact[], now: Instant): boolean {
  const [fact, more] = facts
  return fact !== undefined && more === undefined && suppresses[fact.kind] === undefined && fact.at <= now + aheadMs
}

/**
 * What providers' reports do beside being merged, once per new fact and whether or not the run has ended: a hard bounce, a complaint and
 * an unsubscribe close the address, and every new fact is counted.
 */
export function reportEffects(
  reports: readonly Report[],
  deliveries: ReadonlyMap<number, Delivery>,
): { readonly permissions: readonly PermissionChange[]; readonly counters: readonly CounterDelta[] } {
  const permissions: PermissionChange[] = []
  const counters: CounterDelta[] = []
  const seen = new Set<string>()
  for (const { deliveryId, facts } of reports) {
    const delivery = deliveries.get(deliveryId)
    if (delivery === undefined) continue
    const { campaignId, stepId, channel, address, topic } = delivery
    for (const { kind, at } of facts) {
      const known = delivery.facts[kind] !== undefined || seen.has(`${deliveryId}/${kind}`)
      if (known) continue
      seen.add(`${deliveryId}/${kind}`)
      counters.push({ campaignId, stepId, name: `fact.${kind}`, by: 1 })
      const reason = suppresses[kind]
      if (reason === undefined || address === null) continue
      const suppression = { channel, address, topic: kind === 'unsubscribed' ? topic : null, reason, at }
      permissions.push({ kind: 'suppress', suppression })
    }
  }
  return { permissions, counters }
}
