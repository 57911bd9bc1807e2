import type { SuppressionReason } from '../contact/suppression.js'
import type { FactKind } from '../delivery/facts.js'
import type { PermissionChange } from '../ports/store-contacts.js'
import type { InboxItem } from '../ports/store-inbox.js'
import type { CounterDelta, RunChange } from '../ports/store-recipients.js'
import type { Recipient } from '../recipient/recipient.js'
import { asIs } from './advance.js'
import type { Loaded } from './load.js'

type Report = Extract<InboxItem, { kind: 'report' }>

const suppresses: { readonly [Kind in FactKind]?: SuppressionReason } = {
  hard_bounced: 'hard_bounce',
  complained: 'complaint',
  unsubscribed: 'unsubscribed',
}

/**
 * What providers' reports do beside being merged, once per new fact: a hard bounce, a complaint and an unsubscribe close the address, and
 * every new fact is counted. Carried by the change of the delivery's own run; a report on a run that has ended is merged and no more.
 */
export function sideEffectsOf(
  reports: readonly Report[],
  live: readonly Recipient[],
  changes: readonly RunChange[],
  loaded: ReadonlyMap<number, Loaded>,
): readonly RunChange[] {
  let all = changes
  for (const run of live) {
    const deliveries = loaded.get(run.id)?.facts.deliveries ?? []
    const permissions: PermissionChange[] = []
    const counters: CounterDelta[] = []
    for (const report of reports) {
      const delivery = deliveries.find(({ id }) => id === report.deliveryId)
      if (delivery === undefined) continue
      for (const { kind, at } of report.facts) {
        if (delivery.facts[kind] !== undefined) continue
        counters.push({ campaignId: run.campaignId, stepId: delivery.stepId, name: `fact.${kind}`, by: 1 })
        const reason = suppresses[kind]
        if (reason === undefined || delivery.address === null) continue
        const { channel, address, topic } = delivery
        permissions.push({
          kind: 'suppress',
          suppression: { channel, address, topic: kind === 'unsubscribed' ? topic : null, reason, at },
        })
      }
    }
    if (permissions.length === 0 && counters.length === 0) continue
    const mine = all.find(({ recipientId }) => recipientId === run.id) ?? asIs(run, run)
    const extended = {
      ...mine,
      permissions: [...mine.permissions, ...permissions],
      counters: [...mine.counters, ...counters],
    }
    all = [...all.filter(({ recipientId }) => recipientId !== run.id), extended]
  }
  return all
}
