import type { Delivery } from '../../delivery/delivery.js'
import { deliveryRef } from '../../delivery/delivery-key.js'
import type { LookupResult } from '../../ports/channel.js'
import type { Reconciliation } from '../../ports/store-deliveries.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import {
  type AttemptEnd,
  absentOnce,
  attemptEnd,
  isAbsentOnce,
  lostEnd,
  retryWithSameKey,
  unresolvedEnd,
} from './attempt-end.js'
import { settle } from './settle.js'

const looksAtOnce = 100
/** A key is treated as forgotten so long before the provider forgets it. */
const keyMarginMs = 10 * 60 * 1000

/**
 * Finds out what became of calls whose outcome is unknown: from reports that came in meanwhile, by calling again with a key that the
 * provider de-duplicates by, by asking the provider, and when the window is over by calling it `unresolved`. Returns how many were
 * looked at.
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
    const { workspaceId, recipientId, id, state } = one.delivery
    const [found] = await store.recipients.get({ workspaceId, recipientIds: [recipientId] })
    const run = found?.deliveryId === id ? found : null
    // Its run left while the call was under way, and the engine that made it has never said how it ended.
    if (state === 'sending') await settle(context, 'sending', [{ end: lostEnd(context, one.delivery, now), run }])
    if (state !== 'unknown') continue
    const end = await look(context, one, run, now)
    if (end !== null) await settle(context, 'unknown', [{ end, run: end.result.state === 'unknown' ? null : run }])
  }
  return due.length
}

/** What is known now; null = nothing new. */
async function look(
  context: EngineContext,
  { delivery, since }: Reconciliation,
  run: Recipient | null,
  now: Instant,
): Promise<AttemptEnd | null> {
  const reported = reportedAt(delivery)
  if (reported !== null) return accepted(context, delivery, delivery.providerId, reported)
  if (run !== null && mayRepeat(context, delivery, now)) return retryWithSameKey(context, delivery, now)
  const result = await lookUp(context, delivery)
  if (result.found === 'yes') return accepted(context, delivery, result.providerId, result.at ?? now)
  // Providers are eventually consistent: one "absent" is not believed yet.
  if (result.found === 'absent' && !isAbsentOnce(delivery)) return absentOnce(context, delivery, now)
  if (result.found === 'absent') return run === null ? unresolvedEnd(delivery) : absent(context, delivery, now)
  if (now - since < context.settings.reconcile.windowMs) return null
  const channel = context.channels.get(delivery.channel)
  if (channel?.ambiguity === 'at_least_once' && run !== null && !delivery.possibleDuplicate) {
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

/** Whether the provider would recognize a second call by its key, and not send twice. */
function mayRepeat({ channels }: EngineContext, { channel, intendedAt }: Delivery, now: Instant): boolean {
  const ttlMs = channels.get(channel)?.capabilities.idempotencyKeyTtlMs ?? null
  return ttlMs !== null && intendedAt !== null && now < intendedAt + ttlMs - keyMarginMs
}

async function lookUp({ channels, secret, events }: EngineContext, delivery: Delivery): Promise<LookupResult> {
  const channel = channels.get(delivery.channel)
  if (channel?.lookup === undefined) return { found: 'cannot_tell' }
  try {
    const { id, providerId, address: to, intendedAt: since } = delivery
    return await channel.lookup({ deliveryRef: deliveryRef(secret, id), providerId, to, since })
  } catch (error) {
    events.emit('engine.failed', { during: `looking up delivery ${delivery.id}`, error })
    return { found: 'cannot_tell' }
  }
}

function accepted(context: EngineContext, delivery: Delivery, providerId: string | null, at: Instant): AttemptEnd {
  const end = { outcome: 'accepted', providerId, reply: null, exit: null, at } as const
  return attemptEnd(context, delivery, end, { at: context.clock.now(), blockedUntil: at })
}

function absent(context: EngineContext, delivery: Delivery, now: Instant): AttemptEnd {
  const end = { outcome: 'not_accepted', code: 'absent', retryAfterMs: null } as const
  return attemptEnd(context, delivery, end, { at: now, blockedUntil: now })
}
