import type { Delivery } from '../../delivery/delivery.js'
import { retryAt } from '../../delivery/retry-policy.js'
import type { AttemptResult } from '../../delivery/settled-delivery.js'
import type { Settlement } from '../../ports/store-deliveries.js'
import type { Outcome } from '../../recipient/input.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import type { CallEnd } from './dispatch.js'
import { refusalEffects } from './refusal-effects.js'

/** What became of an attempt: what is written on its delivery, and the news for its run. */
export interface AttemptEnd {
  readonly delivery: Delivery
  readonly result: AttemptResult & Pick<Settlement, 'lookAt' | 'permissions'>
  readonly outcome: Outcome
}

/** The result of an attempt of which nothing more is known than its state. */
const nothingElse = {
  reason: null,
  providerId: null,
  sentAt: null,
  facts: [],
  reply: null,
  attemptCounts: true,
  possibleDuplicate: false,
  lookAt: null,
  permissions: [],
} satisfies Partial<AttemptEnd['result']>

/** A call that could not start is not tried again at once: what kept it may take a moment. */
const notStartedMs = 1000

type Policies = Pick<EngineContext, 'settings' | 'random' | 'channels'>

/** What a call's end means, by the state machine of a delivery. `blockedUntil` is when its account may be called again. */
export function attemptEnd(
  policies: Policies,
  delivery: Delivery,
  end: CallEnd,
  { at, blockedUntil }: { readonly at: Instant; readonly blockedUntil: Instant },
): AttemptEnd {
  switch (end.outcome) {
    case 'accepted':
      return accepted(delivery, end, at)
    case 'rejected':
      return failed(delivery, end.code, refusalEffects(delivery, end.reason, at))
    case 'not_accepted':
      return notAccepted(policies, delivery, end, at)
    case 'blocked':
      return putBack(delivery, end.code, Math.max(blockedUntil, at + 1000))
    case 'not_started':
      return putBack(delivery, 'not_started', Math.max(blockedUntil, at + notStartedMs))
    case 'unknown':
      return unknown(policies, delivery, end.code, at)
  }
}

/** The end of a call whose engine died with it under way: nobody knows what became of it. */
export function lostEnd(policies: Policies, delivery: Delivery, at: Instant): AttemptEnd {
  return unknown(policies, delivery, 'engine_lost', at)
}

/** The end of a search: it stays unknown for good. */
export function unresolvedEnd(delivery: Delivery): AttemptEnd {
  const reason = 'not_found_out'
  return { delivery, result: { ...nothingElse, state: 'unresolved', reason }, outcome: { state: 'unresolved', reason } }
}

const absentReason = 'absent'

/** The provider does not know it: true once it has said so. */
export function isAbsentOnce({ state, reason }: Delivery): boolean {
  return state === 'unknown' && reason === absentReason
}

/** Still unknown, but the provider has said once that it does not know it. Looked at again. */
export function absentOnce({ settings }: Policies, delivery: Delivery, now: Instant): AttemptEnd {
  const { possibleDuplicate } = delivery
  const lookAt = now + settings.reconcile.everyMs
  return {
    delivery,
    result: { ...nothingElse, state: 'unknown', reason: absentReason, possibleDuplicate, lookAt },
    outcome: { state: 'unknown', reason: absentReason, until: lookAt },
  }
}

/** The reason of a delivery whose next attempt must be the very same call. */
export const sameKey = 'same_key'

/** An earlier call may still have been accepted: that a later one was not, or did not start, changes nothing about it. */
export function reasonToKeep({ reason }: Pick<Delivery, 'reason'>, code: string): string {
  return reason === sameKey ? sameKey : code
}

/** Unknown, but safe to call again: the provider de-duplicates by the key, which is that of the same content. */
export function retryWithSameKey(policies: Policies, delivery: Delivery, now: Instant): AttemptEnd {
  const again = notAccepted(policies, delivery, { outcome: 'not_accepted', code: sameKey, retryAfterMs: null }, now)
  return again.result.state === 'failed' ? unresolvedEnd(delivery) : again
}

/** What is written instead when the run has left that would have tried again; null = nobody would have. */
export function leftBehind({ delivery, result }: AttemptEnd): AttemptEnd['result'] | null {
  if (result.state !== 'retry_wait' && result.state !== 'scheduled') return null
  return { ...nothingElse, state: 'canceled', reason: 'run_left', possibleDuplicate: delivery.possibleDuplicate }
}

function accepted(
  delivery: Delivery,
  { providerId, reply, exit, at: saidAt }: Extract<CallEnd, { outcome: 'accepted' }>,
  now: Instant,
): AttemptEnd {
  const intendedAt = delivery.intendedAt ?? now
  const at = saidAt === null ? now : Math.min(now, Math.max(intendedAt, saidAt))
  const facts = [{ kind: 'accepted' as const, at }]
  return {
    delivery,
    // The exit that an action chose is kept as the reason, for whoever goes on from the record alone.
    result: {
      state: 'sent',
      reason: exit,
      providerId,
      sentAt: at,
      facts,
      reply,
      attemptCounts: true,
      possibleDuplicate: false,
      lookAt: null,
      permissions: nothingElse.permissions,
    },
    outcome: { state: 'sent', sentAt: at, intendedAt, reply, exit },
  }
}

function failed(delivery: Delivery, reason: string, permissions: AttemptEnd['result']['permissions'] = []): AttemptEnd {
  const result = { ...nothingElse, state: 'failed', reason, permissions } as const
  return { delivery, result, outcome: { state: 'failed', reason } }
}

function notAccepted(
  { settings, random }: Policies,
  delivery: Delivery,
  { code, retryAfterMs }: Extract<CallEnd, { outcome: 'not_accepted' }>,
  now: Instant,
): AttemptEnd {
  const { attempts } = delivery
  const until = retryAt(settings.retry, { attempts, retryAfterMs, random: random(), now })
  if (until === null) return failed(delivery, code)
  const state = 'retry_wait'
  const reason = reasonToKeep(delivery, code)
  return { delivery, result: { ...nothingElse, state, reason }, outcome: { state, reason, until } }
}

/** No call was made, or the account could not take any: the attempt does not count. */
function putBack(delivery: Delivery, code: string, until: Instant): AttemptEnd {
  const reason = reasonToKeep(delivery, code)
  const state = delivery.attempts > 1 ? 'retry_wait' : 'scheduled'
  const result = { ...nothingElse, state, reason, attemptCounts: false } as const
  if (state === 'retry_wait') return { delivery, result, outcome: { state, reason, until, attemptCounts: false } }
  return { delivery, result, outcome: { state, reason, until, byRule: false } }
}

function unknown({ settings, channels }: Policies, delivery: Delivery, reason: string, at: Instant): AttemptEnd {
  const atLeastOnce = channels.get(delivery.channel)?.ambiguity === 'at_least_once'
  const possibleDuplicate = atLeastOnce && delivery.possibleDuplicate
  const lookAt = at + settings.reconcile.graceMs
  return {
    delivery,
    result: { ...nothingElse, state: 'unknown', reason, possibleDuplicate, lookAt },
    outcome: { state: 'unknown', reason, until: at + settings.advanceAfterMs },
  }
}
