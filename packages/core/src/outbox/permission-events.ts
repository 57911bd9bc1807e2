import type { PermissionChange } from '../contact/permission-change.js'
import type { JsonObject } from '../json.js'
import { sha256 } from '../message/hash.js'
import type { Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'
import { eventId, type OutboxEvent, streamOfContact } from './outbox-event.js'

/** What a permission change is told with. */
export interface PermissionContext {
  readonly workspaceId: string
  /** Whose address it is, as far as that is known; it may be that of several. */
  readonly contactIds: readonly string[]
  /** Keys what names an address, which itself is never told. */
  readonly secret: string
  readonly now: Instant
}

/** What is told of a permission change: once for each contact, or once about nobody where the address is nobody's. */
export function eventsOfPermission(change: PermissionChange, context: PermissionContext): readonly OutboxEvent[] {
  if (change.kind === 'consent') {
    const { channel, topic, status, at } = change.consent
    return [eventOf(context, 'consent.recorded', change.contactId, at, { channel, topic, status }, '')]
  }
  const [type, address, at, said] = readAddressChange(change, context.now)
  const keyed = sha256(`${context.secret}|outbox|${address}`)
  const contactIds = context.contactIds.length === 0 ? [null] : context.contactIds
  return contactIds.map((contactId) => eventOf(context, type, contactId, at, said, keyed))
}

function readAddressChange(
  change: Exclude<PermissionChange, { kind: 'consent' }>,
  now: Instant,
): readonly [EventType, address: string, Instant, JsonObject] {
  if (change.kind === 'suppress') {
    const { channel, address, topic, reason, at } = change.suppression
    return ['suppression.recorded', address, at, { channel, topic, reason }]
  }
  const { channel, address, reasons } = change
  return ['suppression.lifted', address, now, { channel, reasons }]
}

function eventOf(
  { workspaceId }: PermissionContext,
  type: EventType,
  contactId: string | null,
  at: Instant,
  said: JsonObject,
  keyed: string,
): OutboxEvent {
  return {
    workspaceId,
    id: eventId(workspaceId, type, contactId, JSON.stringify(said), at, keyed),
    type,
    at,
    stream: contactId === null ? 'addresses' : streamOfContact(contactId),
    data: { contactId, ...said },
  }
}
