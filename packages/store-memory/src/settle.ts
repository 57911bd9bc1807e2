import { type DeliveryStore, type Instant, isDrumbeatError, type Settlement, settledDelivery } from '@drumbeat/core'
import { applyChange, count, deliveryOf, lookAgain, writeDelivery } from './changes.js'
import { appendChanged } from './memory-inbox.js'
import { changePermission } from './memory-permissions.js'
import { appendOutbox } from './outbox.js'
import type { State } from './state.js'

type Request = Parameters<DeliveryStore['settle']>[0]
type Answer = Awaited<ReturnType<DeliveryStore['settle']>>[number]

/** Writes an outcome and what it means for the run. What cannot be stored makes the outcome unknown. */
export function settle(state: State, settlement: Settlement, { from, now }: Omit<Request, 'settlements'>): Answer {
  const { workspaceId, deliveryId, attempt } = settlement
  const delivery = deliveryOf(state, workspaceId, deliveryId)
  if (delivery?.state !== from || delivery.attempts !== attempt) return 'stale'
  try {
    return state.journal.together(() => write(state, settlement, now))
  } catch (error) {
    if (!isDrumbeatError(error)) throw error
    write(state, unstorable(settlement, now), now)
    return 'run_changed'
  }
}

function write(state: State, settlement: Settlement, now: Instant): Answer {
  const { workspaceId, deliveryId, lookAt, counters, permissions } = settlement
  const delivery = deliveryOf(state, workspaceId, deliveryId)
  if (delivery === undefined) return 'stale'
  writeDelivery(state, settledDelivery(delivery, settlement), now)
  count(state, workspaceId, counters)
  for (const permission of permissions) changePermission(state, workspaceId, permission)
  if (permissions.length > 0) appendChanged(state, workspaceId, [delivery.contactId], now)
  appendOutbox(state, workspaceId, settlement.outbox)
  const latest = state.attempts.get(deliveryId)
  if (latest?.finishedAt === null) state.attempts.set(deliveryId, { ...latest, finishedAt: now })
  if (lookAt === null) state.looks.delete(deliveryId)
  else lookAgain(state, deliveryId, lookAt, now)
  if (settlement.change === null) return 'applied'
  return applyChange(state, settlement.change) === 'applied' ? 'applied' : 'run_changed'
}

function unstorable(settlement: Settlement, now: Instant): Settlement {
  const { workspaceId, deliveryId, attempt, attemptCounts, possibleDuplicate, lookAt } = settlement
  return {
    workspaceId,
    deliveryId,
    attempt,
    attemptCounts,
    possibleDuplicate,
    state: 'unknown',
    reason: 'unstorable',
    providerId: null,
    sentAt: null,
    facts: [],
    reply: null,
    lookAt: lookAt ?? now,
    counters: [],
    permissions: [],
    change: null,
  }
}
