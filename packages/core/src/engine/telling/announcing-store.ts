import type { Delivery, DeliveryState } from '../../delivery/delivery.js'
import { deliveryRef } from '../../delivery/delivery-key.js'
import { settledDelivery } from '../../delivery/settled-delivery.js'
import { eventsOfCampaign } from '../../outbox/campaign-events.js'
import { eventsOfDelivery, type RefOf, typeOfState } from '../../outbox/delivery-events.js'
import type { OutboxEvent } from '../../outbox/outbox-event.js'
import { eventsOfPermission } from '../../outbox/permission-events.js'
import { eventOfEntry, eventsOfRun } from '../../outbox/recipient-events.js'
import type { Clock } from '../../ports/clock.js'
import type { Store } from '../../ports/store.js'
import type { Settlement } from '../../ports/store-deliveries.js'
import type { OnEntry } from '../../ports/store-outbox.js'
import type { RunChange } from '../../ports/store-recipients.js'
import type { Instant } from '../../schedule/instant.js'
import type { WantedEvents, Wants } from './wanted-events.js'

/** What announcing needs beside the store. */
export interface Announcing {
  readonly wanted: WantedEvents
  readonly clock: Pick<Clock, 'now'>
  /** Known once the store is open. */
  readonly secret: () => string
}

/**
 * The store with every write that changes what hosts may want to be told of carrying the events that tell of it, so that both are
 * committed or neither. Where no endpoint wants any, requests pass as they are. What is taken in from the inbox carries its own.
 */
export function announcingStore(store: Store, announcing: Announcing): Store {
  const { wanted, clock } = announcing
  const workspacesOf = (items: readonly { readonly workspaceId: string }[]) =>
    items.map(({ workspaceId }) => workspaceId)
  return {
    ...store,
    recipients: overlaid(store.recipients, {
      async enroll(request) {
        const wants = await wanted.of(workspacesOf(request.runs), request.tx)
        return store.recipients.enroll(wants === null ? request : { ...request, onEntry: onEntry(wants) })
      },
      async enrollAudience(request) {
        const wants = await wanted.of([request.workspaceId])
        return store.recipients.enrollAudience(wants === null ? request : { ...request, onEntry: onEntry(wants) })
      },
      async commit(changes) {
        const wants = await wanted.of(workspacesOf(changes))
        return store.recipients.commit(
          wants === null ? changes : changes.map((one) => announced(announcing, wants, one)),
        )
      },
      async park(parkings) {
        const wants = await wanted.of(workspacesOf(parkings.map(({ change }) => change)))
        if (wants === null) return store.recipients.park(parkings)
        return store.recipients.park(
          parkings.map((one) => ({ ...one, change: announced(announcing, wants, one.change) })),
        )
      },
    }),
    deliveries: overlaid(store.deliveries, {
      async intend(request) {
        const wants = await wanted.of(workspacesOf(request.intents.map(({ change }) => change)))
        if (wants === null) return store.deliveries.intend(request)
        const intents = request.intents.map((one) => ({ ...one, change: announced(announcing, wants, one.change) }))
        return store.deliveries.intend({ ...request, intents })
      },
      async settle(request) {
        const wants = await wanted.of(workspacesOf(request.settlements))
        if (wants === null) return store.deliveries.settle(request)
        const told = request.settlements.filter((one) => isTold(wants, one, request.from))
        const deliveries = await deliveriesOf(store, told)
        const settlements = request.settlements.map((one): Settlement => {
          const delivery = deliveries.get(one.deliveryId)
          const change = one.change === null ? null : announced(announcing, wants, one.change)
          if (delivery === undefined) return { ...one, change }
          return { ...one, change, outbox: wantedOf(wants, eventsOfOutcome(announcing, delivery, one, request.now)) }
        })
        return store.deliveries.settle({ ...request, settlements })
      },
    }),
    contacts: overlaid(store.contacts, {
      async changePermissions(request) {
        const { workspaceId, changes, now } = request
        const wants = await wanted.of([workspaceId])
        if (wants === null) return store.contacts.changePermissions(request)
        const outbox: OutboxEvent[] = []
        for (const change of changes) {
          const address = change.kind === 'suppress' ? change.suppression : change
          const owners = 'address' in address ? await store.contacts.byAddress({ workspaceId, ...address }) : []
          const contactIds = owners.map(({ id }) => id)
          outbox.push(...eventsOfPermission(change, { workspaceId, contactIds, secret: announcing.secret(), now }))
        }
        return store.contacts.changePermissions({ ...request, outbox: wantedOf(wants, outbox) })
      },
    }),
    campaigns: overlaid(store.campaigns, {
      async save(request) {
        const { campaign, expectedRevision } = request
        const { workspaceId, id } = campaign
        const wants = expectedRevision === null ? null : await wanted.of([workspaceId])
        if (wants === null) return store.campaigns.save(request)
        const [before] = await store.campaigns.get({ workspaceId, campaignIds: [id] })
        // At another revision than expected nothing is written, and nothing told.
        const outbox = before === undefined ? [] : eventsOfCampaign(before, campaign, clock.now())
        return store.campaigns.save({ ...request, outbox: wantedOf(wants, outbox) })
      },
    }),
  }
}

/** What is to be told of runs that begin. */
export function onEntry(wants: Wants): OnEntry {
  return (run) => wantedOf(wants, [eventOfEntry(run)])
}

/** A change of a run with what is to be told of it. */
export function announced(announcing: Announcing, wants: Wants, change: RunChange): RunChange {
  const { workspaceId, recipient } = change
  const now = announcing.clock.now()
  const context = { workspaceId, contactIds: [recipient.contactId], secret: announcing.secret(), now }
  const outbox = [
    ...change.permissions.flatMap((permission) => eventsOfPermission(permission, context)),
    ...change.deliveries.flatMap((delivery) => eventsOfDelivery(delivery, refOf(announcing), now)),
    ...eventsOfRun(recipient, now),
  ]
  return { ...change, outbox: wantedOf(wants, outbox) }
}

/** Whether it is told that a settlement changes the state of its delivery, or closes its address. */
function isTold(wants: Wants, { workspaceId, state, permissions }: Settlement, from: DeliveryState): boolean {
  const type = state === from ? undefined : typeOfState(state)
  if (permissions.length > 0 && wants(workspaceId, 'suppression.recorded')) return true
  return type !== undefined && wants(workspaceId, type)
}

function eventsOfOutcome(
  announcing: Announcing,
  delivery: Delivery,
  settlement: Settlement,
  now: Instant,
): readonly OutboxEvent[] {
  const { workspaceId, contactId, state } = delivery
  const context = { workspaceId, contactIds: [contactId], secret: announcing.secret(), now }
  const settled = settledDelivery(delivery, settlement)
  return [
    ...(settled.state === state ? [] : eventsOfDelivery(settled, refOf(announcing), now)),
    ...settlement.permissions.flatMap((permission) => eventsOfPermission(permission, context)),
  ]
}

/** Those of the events that are wanted. */
export function wantedOf(wants: Wants, events: readonly OutboxEvent[]): readonly OutboxEvent[] {
  return events.filter(({ workspaceId, type }) => wants(workspaceId, type))
}

/** Names deliveries outside. */
export function refOf({ secret }: Pick<Announcing, 'secret'>): RefOf {
  return (deliveryId) => deliveryRef(secret(), deliveryId)
}

async function deliveriesOf(store: Store, settlements: readonly Settlement[]): Promise<ReadonlyMap<number, Delivery>> {
  const found = new Map<number, Delivery>()
  for (const workspaceId of new Set(settlements.map((one) => one.workspaceId))) {
    const deliveryIds = settlements.filter((one) => one.workspaceId === workspaceId).map(({ deliveryId }) => deliveryId)
    for (const delivery of await store.deliveries.get({ workspaceId, deliveryIds })) found.set(delivery.id, delivery)
  }
  return found
}

/** A group of the store with some of its methods replaced, wherever the group has them from. */
function overlaid<Group extends object>(group: Group, methods: Partial<Group>): Group {
  return new Proxy(group, {
    get: (target, name, receiver) => Reflect.get(Object.hasOwn(methods, name) ? methods : target, name, receiver),
  })
}
