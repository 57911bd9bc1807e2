import type { Delivery } from '../delivery/delivery.js'
import type { Instant } from '../schedule/instant.js'
import type { Draft } from './draft.js'
import type { Outcome } from './input.js'
import { toleranceMs } from './launch.js'
import type { Plan } from './recipient.js'

/** How the news of an open delivery leaves its plan. */
export type Settled = 'done' | 'failed' | 'waiting'

/**
 * Takes note of what became of the plan's delivery. `sent` sets the base: the instant it was due after every deferral, or, if it
 * really went out later than the tolerance, that instant.
 */
export function settlePlan(draft: Draft, item: string, outcome: Outcome): Settled {
  const plan = draft.plan(item)
  if (plan === undefined) return 'done'
  switch (outcome.state) {
    case 'sent': {
      draft.setPlan(item, { ...plan, state: 'done' })
      const base = outcome.sentAt - plan.dueAt > toleranceMs ? outcome.sentAt : plan.dueAt
      draft.remember({
        base: Math.max(base, draft.memory.base),
        since: Math.max(outcome.intendedAt, draft.memory.since),
      })
      return 'done'
    }
    case 'failed':
    case 'unresolved':
      draft.setPlan(item, { ...plan, state: 'done' })
      return 'failed'
    case 'skipped':
      draft.setPlan(item, { ...plan, state: 'done' })
      return 'done'
    case 'retry_wait':
      if (outcome.attemptCounts === false) draft.setPlan(item, { ...plan, attempts: Math.max(0, plan.attempts - 1) })
      awaitOutcome(draft, plan, outcome)
      return 'waiting'
    case 'unknown':
      awaitOutcome(draft, plan, outcome)
      return 'waiting'
    case 'scheduled': {
      const dueAt = outcome.byRule ? outcome.until : plan.dueAt
      draft.setPlan(item, { ...plan, dueAt, state: 'planned', attempts: Math.max(0, plan.attempts - 1) })
      draft.wait('timer', outcome.until, { rule: outcome.reason, plannedAt: plan.plannedAt })
      return 'waiting'
    }
  }
}

function awaitOutcome(
  draft: Draft,
  plan: Plan,
  outcome: { state: 'retry_wait' | 'unknown'; reason: string; until: Instant },
): void {
  draft.set({ deliveryId: plan.deliveryId })
  draft.wait('delivery', outcome.until, { rule: outcome.state, reason: outcome.reason })
}

/** Stops waiting for an outcome that stays unknown: finding it out goes on beside the run. */
export function detach(draft: Draft, item: string): void {
  const plan = draft.plan(item)
  if (plan === undefined || plan.deliveryId === null) return
  draft.setPlan(item, { ...plan, state: 'done' })
  draft.emit({ kind: 'detach', deliveryId: plan.deliveryId })
}

/** Where the delivery is that a plan has open. `settled` = its end is written, but the run was not told. */
export type OpenState = 'sending' | 'retry_wait' | 'unknown' | 'settled'

/** What is known of the delivery that a plan has open; null = nothing yet. */
export function openState(draft: Draft, item: string): OpenState | null {
  const state = openDelivery(draft, item)?.state
  if (state === undefined) return null
  return state === 'sending' || state === 'retry_wait' || state === 'unknown' ? state : 'settled'
}

/** The news that a run was not told, out of the record of its delivery; null = there is none. */
export function recordedOutcome(draft: Draft, item: string): Outcome | null {
  const delivery = openDelivery(draft, item)
  if (delivery === undefined || openState(draft, item) !== 'settled') return null
  const { state, sentAt, intendedAt, reply } = delivery
  const reason = delivery.reason ?? state
  if (state === 'sent') {
    const at = sentAt ?? draft.now
    return { state, sentAt: at, intendedAt: intendedAt ?? at, reply, exit: delivery.reason }
  }
  if (state === 'failed' || state === 'unresolved') return { state, reason }
  if (state === 'scheduled') return { state, reason, until: draft.now, byRule: false }
  return { state: 'skipped', reason }
}

function openDelivery(draft: Draft, item: string): Delivery | undefined {
  const id = draft.plan(item)?.deliveryId ?? null
  return id === null ? undefined : draft.known.deliveries.find((delivery) => delivery.id === id)
}
