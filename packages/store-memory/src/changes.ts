import type { CounterDelta, Delivery, Instant, Recipient, RunChange } from '@drumbeat/core'
import { ConflictError, isLive } from '@drumbeat/core'
import { keyOf } from './keys.js'
import { mergeContact } from './memory-contacts.js'
import { appendChanged, appendEvent } from './memory-inbox.js'
import { changePermission } from './memory-permissions.js'
import { appendOutbox } from './outbox.js'
import { matchParked } from './reports.js'
import type { State } from './state.js'
import type { StoredRun } from './stored-run.js'

/** The run of that id, if it is the workspace's. */
export function runOf(state: State, workspaceId: string, recipientId: number): StoredRun | undefined {
  const stored = state.runs.get(recipientId)
  return stored?.standing.workspaceId === workspaceId ? stored : undefined
}

/** The delivery of that id, if it is the workspace's. */
export function deliveryOf(state: State, workspaceId: string, deliveryId: number): Delivery | undefined {
  const delivery = state.deliveries.get(deliveryId)
  return delivery?.workspaceId === workspaceId ? delivery : undefined
}

/** Does to one run what was decided, if nobody has written to it since. */
export function applyChange(state: State, change: RunChange): 'applied' | 'stale' {
  const stored = runOf(state, change.workspaceId, change.recipientId)
  if (stored === undefined || stored.standing.fence !== change.expectedFence) return 'stale'
  const { recipient, keepsClaim } = change
  if (keepsClaim) writeRun(state, stored, { ...recipient, dueAt: stored.standing.dueAt }, stored.owner)
  else writeRun(state, stored, recipient, null)
  applyRest(state, change)
  return 'applied'
}

/** Does what was decided beside the run itself. */
export function applyRest(state: State, change: RunChange): void {
  const { workspaceId } = change
  for (const delivery of change.deliveries) writeDelivery(state, { ...delivery, workspaceId }, state.now)
  if (change.contact !== null) {
    mergeContact(state, workspaceId, change.contact, state.now)
    appendChanged(state, workspaceId, [change.contact.id], state.now)
  }
  for (const permission of change.permissions) changePermission(state, workspaceId, permission)
  for (const event of change.events) appendEvent(state, workspaceId, event, state.now)
  count(state, workspaceId, change.counters)
  appendOutbox(state, workspaceId, change.outbox)
  for (const { deliveryId, lookAt } of change.detached) {
    const delivery = deliveryOf(state, workspaceId, deliveryId)
    const open = delivery?.state === 'unknown' || delivery?.state === 'sending'
    if (open) lookAgain(state, deliveryId, lookAt, delivery.intendedAt ?? lookAt)
  }
}

/** Adds to counters. */
export function count(state: State, workspaceId: string, deltas: readonly CounterDelta[]): void {
  for (const { campaignId, stepId, name, by } of deltas) {
    const key = keyOf(workspaceId, campaignId, stepId, name)
    const value = (state.counters.get(key)?.value ?? 0) + by
    state.counters.set(key, { workspaceId, campaignId, stepId, name, value })
  }
}

/** Writes a run as it is to be, its identity kept and its fence raised. One that has ended waits for nothing. */
export function writeRun(state: State, before: StoredRun, to: Recipient, owner: StoredRun['owner']): Recipient {
  const { id, contactId } = before
  const { workspaceId, campaignId, runKey, entryNo, fence } = before.standing
  const run = { ...to, id, workspaceId, campaignId, contactId, runKey, entryNo, fence: fence + 1 }
  const waiting = isLive(run)
  const row = waiting ? { run, owner } : { run: { ...run, dueAt: null, parked: false }, owner: null }
  return state.runs.set(id, row).run
}

/** Writes a delivery whole, and hands it the reports that came before it. */
export function writeDelivery(state: State, delivery: Delivery, now: Instant): Delivery {
  const known = state.deliveries.get(delivery.id)
  if (known !== undefined && known.workspaceId !== delivery.workspaceId) {
    throw new ConflictError(`Delivery ${delivery.id} exists already. Take ids from reserveIds().`, {
      kind: 'duplicate',
    })
  }
  const written = state.deliveries.set(delivery.id, delivery)
  matchParked(state, written, now)
  return written
}

/** Has an unknown outcome looked at from `lookAt` on. */
export function lookAgain(state: State, deliveryId: number, lookAt: Instant, since: Instant): void {
  state.looks.set(deliveryId, { since, ...state.looks.get(deliveryId), deliveryId, lookAt })
}
