import type { Anchor } from '../schedule/moment.js'
import { stepOf } from '../sequence/sequence.js'
import { type Draft, type Move, stay } from './draft.js'
import type { Input } from './input.js'
import { openState } from './settled.js'

/**
 * Takes a run up again after a pause. `shift` moves what counts from a base by the length of the pause; dates keep their dates.
 * `send` leaves what fell due to be sent now; `skip` drops those messages, and those behind them whose moments were in the pause too,
 * and goes on; `exit` ends runs that had one. A run that entered in the pause begins now.
 */
export function resume(draft: Draft, { policy, pausedAt }: Extract<Input, { kind: 'resume' }>): Move {
  draft.set({ parked: false })
  const { recipient, now } = draft
  if (recipient.dueAt === null || recipient.visit === 0) return stay
  // A call under way, or one whose outcome is not known, is no message that fell due.
  const step = stepOf(draft.definition.sequence, recipient.stepId)
  if (step === undefined || (recipient.waiting === 'delivery' && !isRetrying(draft))) return stay
  if (policy === 'shift') return shift(draft, Math.max(0, now - Math.max(pausedAt, draft.memory.base)))
  const fellDue = recipient.dueAt >= pausedAt && recipient.dueAt <= now
  if (!fellDue || policy === 'send') return stay
  draft.remember({ missed: { until: now, policy } })
  return stay
}

function isRetrying(draft: Draft): boolean {
  return Object.keys(draft.memory.plans).some(
    (item) => draft.plan(item)?.state === 'open' && openState(draft, item) === 'retry_wait',
  )
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
