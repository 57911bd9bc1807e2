import { type ContactStore, contactKey, type Delivery, isLive, type Recipient, streamOfContact } from '@drumbeat/core'
import { forgetAddress } from './addresses.js'
import { writeRun } from './changes.js'
import { keyOf } from './keys.js'
import { forgetStream } from './outbox.js'
import type { State } from './state.js'

type Request = Parameters<ContactStore['erase']>[0]

/** Forgets a person; true = there was something to forget. */
export function eraseContact(state: State, request: Request): boolean {
  const key = contactKey(request)
  const { workspaceId } = request
  const contact = state.contacts.get(key)
  const deliveries = state.deliveriesOfContact.of(key)
  const addresses = Object.entries(contact?.addresses ?? {})
  for (const { channel, address } of deliveries) if (address !== null) addresses.push([channel, address])
  for (const [channel, address] of addresses) forgetAddress(state, { workspaceId, channel, address })

  const forgotten = [
    state.contacts.delete(key),
    ...state.consentsOf
      .of(key)
      .map(({ channel, topic }) => state.consents.delete(keyOf(key, channel, topic === null ? '' : `topic ${topic}`))),
    ...state.eventsOfContact.of(key).map(({ id }) => state.events.delete(keyOf(workspaceId, id))),
    ...state.inboxOf.of(key).map(({ seq }) => state.inbox.delete(seq)),
    forgetStream(state, workspaceId, streamOfContact(request.contactId)),
    ...deliveries.map((delivery) => forgetInDelivery(state, delivery)),
    ...state.runsOfContact.of(key).map(({ run }) => forgetInRun(state, run, request)),
  ]
  return forgotten.includes(true)
}

function forgetInDelivery(state: State, delivery: Delivery): boolean {
  const waits = delivery.state === 'scheduled' || delivery.state === 'retry_wait'
  if (!waits && delivery.address === null && delivery.reply === null) return false
  const end = waits ? ({ state: 'canceled', reason: 'erased' } as const) : {}
  state.deliveries.set(delivery.id, { ...delivery, ...end, address: null, reply: null })
  return true
}

function forgetInRun(state: State, run: Recipient, { now }: Request): boolean {
  const stored = state.runs.get(run.id)
  const { entryEvent, trigger, replies } = run.memory
  const remembers = entryEvent !== null || trigger !== null || Object.keys(replies).length > 0
  if (stored === undefined || (!isLive(run) && !remembers)) return false
  const memory = { ...run.memory, entryEvent: null, trigger: null, replies: {} }
  const end = { status: 'exited', reason: 'erased', endedAt: now, waiting: 'timer', deliveryId: null } as const
  writeRun(state, stored, { ...run, ...(isLive(run) ? end : {}), memory }, null)
  return true
}
