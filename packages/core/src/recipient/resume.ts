import type { Anchor } from '../schedule/moment.js'
import { stepOf } from '../sequence/sequence.js'
import { type Draft, end, type Move, stay } from './draft.js'
import type { Input } from './input.js'
import { drop } from './launch.js'
import { openState } from './settled.js'
import { behaviorOf } from './steps/index.js'

/**
 * Takes a run up again after a pause. `shift` moves what counts from a base by the length of the pause; dates keep their dates.
 * `send` leaves what fell due to be sent now; `skip` drops those messages and goes on; `exit` ends runs that had one.
 */
export function resume(draft: Draft, { policy, pausedAt }: Extract<Input, { kind: 'resume' }>): Move {
  draft.set({ parked: false })
  const { recipient, now } = draft
  if (recipient.dueAt === null || recipient.visit === 0) return stay
  // A call under way, or one whose outcome is not known, is no message that fell due.
  const step = stepOf(draft.definition.sequence, recipient.stepId)
  if (step === undefined || (recipient.waiting === 'delivery' && !isRetrying(draft))) return stay
  if (policy === 'shift') return shift(draft, now - pausedAt)
  const fellDue = recipient.dueAt >= pausedAt && recipient.dueAt <= now
  if (!fellDue || policy === 'send') return stay
  const sends =
    step.kind === 'send' || step.kind === 'series' || (step.kind === 'wait' && leadsToSend(draft, step.next))
  if (!sends) return stay
  if (policy === 'exit') return end('paused')
  return skip(draft)
}

function isRetrying(draft: Draft): boolean {
  return Object.keys(draft.memory.plans).some(
    (item) => draft.plan(item)?.state === 'open' && openState(draft, item) === 'retry_wait',
  )
}

function leadsToSend(draft: Draft, next: string): boolean {
  return stepOf(draft.definition.sequence, next)?.kind === 'send'
}

/** Drops the messages that fell due, and lets the run go on behind them. */
function skip(draft: Draft): Move {
  const step = stepOf(draft.definition.sequence, draft.recipient.stepId)
  if (step?.kind === 'wait') {
    const base = draft.recipient.dueAt ?? draft.now
    draft.remember({ base, since: base })
    const next = stepOf(draft.definition.sequence, step.next)
    if (next?.kind !== 'send') return stay
    draft.enter(step.next, 'next', null)
    draft.setPlan('', { plannedAt: base, dueAt: base, state: 'planned', deliveryId: null, attempts: 0 })
    drop(draft, '', next, 'skipped', 'paused')
    return { move: 'go', to: next.next, via: 'next' }
  }
  if (step?.kind === 'send') {
    drop(draft, '', step, 'skipped', 'paused')
    return { move: 'go', to: step.next, via: 'next' }
  }
  if (step?.kind !== 'series') return stay
  for (const item of step.items) {
    const plan = draft.plan(item.id)
    const fellDue = plan?.state === 'open' || (plan?.state === 'planned' && plan.dueAt <= draft.now)
    if (fellDue) drop(draft, item.id, item, 'skipped', 'paused')
  }
  return behaviorOf('series').due(draft, step)
}

function shift(draft: Draft, byMs: number): Move {
  const { recipient, memory } = draft
  if (anchorOf(draft) !== 'base' || recipient.dueAt === null || recipient.waiting === 'delivery') return stay
  const plans = Object.fromEntries(
    Object.entries(memory.plans).map(([item, plan]) => [
      item,
      plan.state === 'planned' ? { ...plan, plannedAt: plan.plannedAt + byMs, dueAt: plan.dueAt + byMs } : plan,
    ]),
  )
  draft.remember({ base: memory.base + byMs, plans })
  draft.set({ dueAt: recipient.dueAt + byMs })
  return stay
}

function anchorOf(draft: Draft): Anchor {
  const step = stepOf(draft.definition.sequence, draft.recipient.stepId)
  if (step?.kind === 'wait') return step.anchor ?? 'base'
  if (step?.kind === 'waitFor') return step.limit.anchor ?? 'base'
  if (step?.kind === 'series') return step.anchor
  return step?.kind === 'send' ? 'base' : 'enrollment'
}
