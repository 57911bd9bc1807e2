import type { Delivery } from '../delivery/delivery.js'
import { deliveryRef } from '../delivery/delivery-key.js'
import type { LookupResult } from '../ports/channel.js'
import type { Reconciliation } from '../ports/store-deliveries.js'
import type { Instant } from '../schedule/instant.js'
import { type AttemptEnd, attemptEnd, unresolvedEnd } from './attempt-end.js'
import type { EngineContext } from './context.js'
import { settle } from './settle.js'

const looksAtOnce = 100
/** A look-up must say `absent` so often before that is believed: providers are eventually consistent. */
const looksToBelieve = 2

/**
 * Finds out what became of calls whose outcome is unknown: from reports that came in meanwhile, by asking the provider, and when the
 * window is over by calling it `unresolved`. Returns how many were looked at.
 */
export async function reconcile(context: EngineContext): Promise<number> {
  const { store, clock, settings } = context
  const now = clock.now()
  const next = await store.deliveries.nextLookAt()
  if (next === null || next > now) return 0
  const due = await store.deliveries.claimReconciliations({
    now,
    limit: looksAtOnce,
    leaseMs: settings.reconcile.everyMs,
  })
  for (const one of due) {
    const end = await look(context, one, now)
    if (end === null) continue
    const { workspaceId, recipientId, id } = one.delivery
    const [run] = await store.recipients.get({ workspaceId, recipientIds: [recipientId] })
    await settle(context, 'unknown', [{ end, run: run?.deliveryId === id ? run : null }])
  }
  return due.length
}

async function look(context: EngineContext, one: Reconciliation, now: Instant): Promise<AttemptEnd | null> {
  const { delivery, since, looks } = one
  const reported = reportedAt(delivery)
  if (reported !== null) return found(context, delivery, delivery.providerId, reported)
  const result = await lookUp(context, delivery)
  if (result.found === 'yes') return found(context, delivery, result.providerId, result.at ?? now)
  const waits = await isWaitedFor(context, delivery)
  if (result.found === 'absent' && looks >= looksToBelieve)
    return waits ? absent(context, delivery, now) : unresolvedEnd(delivery)
  if (now - since < context.settings.reconcile.windowMs) return null
  const channel = context.channels.get(delivery.channel)
  if (channel?.ambiguity === 'at_least_once' && waits && !delivery.possibleDuplicate) {
    const again = absent(context, delivery, now)
    return { ...again, result: { ...again.result, possibleDuplicate: true } }
  }
  return unresolvedEnd(delivery)
}

/** Reports are proof: whatever the provider says of it happened to a message it has. */
function reportedAt({ facts }: Delivery): Instant | null {
  const times = Object.values(facts).filter((at) => at !== undefined)
  return times.length === 0 ? null : Math.min(...times)
}

async function lookUp({ channels, secret, events }: EngineContext, delivery: Delivery): Promise<LookupResult> {
  const channel = channels.get(delivery.channel)
  if (channel?.lookup === undefined) return { found: 'cannot_tell' }
  try {
    return await channel.lookup({ deliveryRef: deliveryRef(secret, delivery.id), providerId: delivery.providerId })
  } catch (error) {
    events.emit('engine.failed', { during: `looking up delivery ${delivery.id}`, error })
    return { found: 'cannot_tell' }
  }
}

async function isWaitedFor({ store }: EngineContext, { workspaceId, recipientId, id }: Delivery): Promise<boolean> {
  const [run] = await store.recipients.get({ workspaceId, recipientIds: [recipientId] })
  return run?.deliveryId === id
}

function found(context: EngineContext, delivery: Delivery, providerId: string | null, at: Instant): AttemptEnd {
  return attemptEnd(
    context,
    delivery,
    { outcome: 'accepted', providerId, reply: null, exit: null },
    { at, blockedUntil: at },
  )
}

function absent(context: EngineContext, delivery: Delivery, now: Instant): AttemptEnd {
  const end = { outcome: 'not_accepted', code: 'absent', retryAfterMs: null } as const
  return attemptEnd(context, delivery, end, { at: now, blockedUntil: now })
}
