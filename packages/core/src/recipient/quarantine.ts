import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { Recipient } from './recipient.js'

/** The run out of the way: nothing becomes of it until somebody releases it. It remembers what it waited for. */
export function quarantinedRun(run: Recipient, reason: string, error: JsonObject | null = null): Recipient {
  const { waiting, dueAt, deliveryId, memory } = run
  const aside = { waiting, dueAt, deliveryId, why: memory.why }
  return {
    ...run,
    status: 'quarantined',
    reason,
    dueAt: null,
    deliveryId: null,
    waiting: 'timer',
    memory: { ...memory, aside, why: error ?? memory.why },
  }
}

/**
 * The run as it was before it was quarantined, with its claims counted from nothing. What fell due meanwhile is due; whether a pause holds it is
 * judged when it is claimed.
 */
export function releasedRun(run: Recipient, now: Instant): Recipient {
  const { aside, ...memory } = run.memory
  const { waiting = 'timer', dueAt = null, deliveryId = null, why = null } = aside ?? {}
  return {
    ...run,
    status: 'active',
    reason: null,
    waiting,
    dueAt: dueAt ?? now,
    deliveryId,
    parked: false,
    claims: 0,
    memory: { ...memory, aside: null, why },
  }
}
