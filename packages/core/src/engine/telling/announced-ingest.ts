import type { Delivery } from '../../delivery/delivery.js'
import { mergeFacts } from '../../delivery/facts.js'
import { eventsOfFacts } from '../../outbox/delivery-events.js'
import type { OutboxEvent } from '../../outbox/outbox-event.js'
import { eventsOfPermission } from '../../outbox/permission-events.js'
import { eventsOfReply } from '../../outbox/reply-events.js'
import type { ContactIngest, InboxItem } from '../../ports/store-inbox.js'
import { type Announcing, announced, onEntry, refOf, wantedOf } from './announcing-store.js'
import type { Wants } from './wanted-events.js'

/**
 * What taking in a contact's items means, with what is to be told of it: replies, reports that say something new, addresses that they
 * close, runs that begin and what becomes of those under way.
 */
export function announcedIngest(
  announcing: Announcing,
  wants: Wants,
  contact: ContactIngest,
  known: { readonly items: readonly InboxItem[]; readonly deliveries: ReadonlyMap<number, Delivery> },
): ContactIngest {
  const { workspaceId, contactId, permissions, changes } = contact
  const permitted = { workspaceId, contactIds: [contactId], secret: announcing.secret(), now: announcing.clock.now() }
  const outbox = [
    ...eventsOfItems(announcing, known.items, new Map(known.deliveries)),
    ...permissions.flatMap((change) => eventsOfPermission(change, permitted)),
  ]
  return {
    ...contact,
    changes: changes.map((change) => announced(announcing, wants, change)),
    outbox: wantedOf(wants, outbox),
    onEntry: onEntry(wants),
  }
}

function eventsOfItems(
  announcing: Announcing,
  items: readonly InboxItem[],
  deliveries: Map<number, Delivery>,
): readonly OutboxEvent[] {
  return items.flatMap((item) => {
    if (item.kind === 'event') return eventsOfReply(item.workspaceId, item.event)
    const delivery = item.kind === 'report' ? deliveries.get(item.deliveryId) : undefined
    if (item.kind !== 'report' || delivery === undefined) return []
    deliveries.set(delivery.id, { ...delivery, facts: mergeFacts(delivery.facts, item.facts) })
    return eventsOfFacts(delivery, item.facts, refOf(announcing))
  })
}
