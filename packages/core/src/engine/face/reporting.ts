import { messageReceived } from '../../contact/contact.js'
import { type Inbound, type RawInbound, readInbound } from '../../contact/inbound.js'
import { liftedByStart } from '../../contact/suppression.js'
import { deliveryIdOf, isTestRef } from '../../delivery/delivery-key.js'
import type { Fact } from '../../delivery/facts.js'
import { ConfigurationError, NotFoundError } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import { hashOfJson } from '../../message/hash.js'
import type { Transaction } from '../../ports/store.js'
import type { PermissionChange } from '../../ports/store-contacts.js'
import type { NewEvent, NewReport } from '../../ports/store-inbox.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import { guardJson } from '../../sequence/guard-json.js'
import type { EngineContext } from '../context.js'
import { hintInbox } from '../hints.js'
import { saysOnly } from '../intake/report-effects.js'

/** An event as a host reports it. */
export interface TrackedEvent {
  /** The host's own id for it: a second report with the same one changes nothing. Default: a hash of the event. */
  readonly id?: string
  readonly contactId: string
  readonly event: string
  /** The event's own time. Default: now. */
  readonly at?: InstantInput
  readonly data?: JsonObject
}

/** What takes part in a transaction of the host's. */
export interface InTransaction {
  readonly tx?: Transaction
}

/** What a provider says of a delivery. */
export interface DeliveryReport {
  readonly delivery: { readonly deliveryRef: string } | { readonly channel: string; readonly providerId: string }
  readonly facts: readonly Fact[]
  /** Unique per provider event: a second report with the same one changes nothing. Default: a hash of the report. */
  readonly dedupeKey?: string
}

/**
 * Appends events of a workspace, all of them or, where one is not valid, none; the engine takes them in later. Returns how many were new.
 */
export async function appendEvents(
  context: EngineContext,
  workspaceId: string,
  tracked: readonly TrackedEvent[],
  { tx }: InTransaction = {},
): Promise<number> {
  const { store, clock } = context
  const now = clock.now()
  const events = tracked.map((one) => newEvent(one, now))
  if (events.length === 0) return 0
  const { appended } = await store.inbox.append({ workspaceId, events, now, ...(tx === undefined ? {} : { tx }) })
  if (tx === undefined) hintInbox(context, workspaceId)
  return appended
}

function newEvent(tracked: TrackedEvent, now: number): NewEvent {
  const { contactId, event: name, data = {} } = tracked
  if (typeof name !== 'string' || name === '' || name.length > 200) {
    throw new ConfigurationError('An event needs a name of 1 to 200 characters, such as "order.placed".')
  }
  guardJson(data)
  const at = tracked.at === undefined ? now : toInstant(tracked.at, 'at')
  return { id: tracked.id ?? `evt_${hashOfJson([contactId, name, at, data])}`, contactId, name, at, data }
}

/** What is known of a message beside what it says. */
export interface MessageIdentity {
  /** Names the message: a copy with the same one changes nothing. Default: the provider's id of it. */
  readonly id?: string
  /** What was signed where that is none of the content: another message with the same one changes nothing either. */
  readonly token?: string
}

/**
 * Changes what may be sent to the address that a message came from, and appends the message as an event of every contact with that address:
 * all of it once, however late a copy comes.
 */
export async function receiveMessage(
  context: EngineContext,
  workspaceId: string,
  raw: RawInbound,
  identity: MessageIdentity,
): Promise<Inbound> {
  const { store, clock } = context
  const inbound = readInbound(raw)
  const { channel, from: address, text, keyword, automatic, inReplyTo, at } = inbound
  const { id = inbound.providerId, token = null } = identity
  const contacts = await store.contacts.byAddress({ workspaceId, channel, address })
  const now = clock.now()
  const data = { channel, text, keyword, automatic, inReplyTo }
  const events = contacts.map(({ id: contactId }) => {
    const named = id === null ? {} : { id: `inbound/${id}/${contactId}` }
    return newEvent({ contactId, event: messageReceived, at, data, ...named }, now)
  })
  const once = [
    ...(id === null ? [] : [`inbound/${channel}/${id}`]),
    ...(token === null ? [] : [`inbound/${channel}/token/${token}`]),
  ]
  await store.contacts.changePermissions({ workspaceId, changes: permissionChanges(inbound), once, events, now })
  if (events.length > 0) hintInbox(context, workspaceId)
  return inbound
}

function permissionChanges({ channel, from: address, keyword, at }: Inbound): readonly PermissionChange[] {
  if (keyword === 'stop')
    return [{ kind: 'suppress', suppression: { channel, address, topic: null, reason: 'stop', at } }]
  if (keyword === 'start') return [{ kind: 'lift', channel, address, reasons: liftedByStart }]
  return []
}

/**
 * Appends providers' reports on deliveries; those on test sends are left out.
 * @throws {NotFoundError} when a reference is not one of ours; nothing is taken in then.
 */
export async function appendReports(
  context: EngineContext,
  workspaceId: string,
  reports: readonly DeliveryReport[],
): Promise<void> {
  const { store, clock, settings } = context
  await store.open()
  const { secret } = context
  const onDeliveries = reports.filter(
    ({ delivery }) => !isTestRef('deliveryRef' in delivery ? delivery.deliveryRef : delivery.providerId),
  )
  if (onDeliveries.length === 0) return
  const now = clock.now()
  // Endpoints that are told of deliveries are told when reports are taken in.
  const mayBeQuiet = (await context.wanted.of([workspaceId])) === null
  const read = onDeliveries.map(({ delivery, facts, dedupeKey }): NewReport => {
    const key = dedupeKey ?? hashOfJson([delivery, facts])
    const isQuiet = mayBeQuiet && saysOnly(facts, now)
    if (!('deliveryRef' in delivery)) return { dedupeKey: key, delivery, facts, isQuiet }
    return { dedupeKey: key, delivery: { id: idOfRef(secret, delivery.deliveryRef) }, facts, isQuiet }
  })
  await store.inbox.appendReports({ workspaceId, reports: read, now, parkMs: settings.parkReportsMs })
  hintInbox(context, workspaceId)
}

/** @throws {NotFoundError} when the reference is not one of ours. */
export function idOfRef(secret: string, ref: string): number {
  const id = deliveryIdOf(secret, ref)
  if (id === null) throw new NotFoundError(`The delivery reference "${ref.slice(0, 40)}" is not one of ours.`)
  return id
}
