import type { Anchor } from '../schedule/moment.js'
import { stepOf } from '../sequence/sequence.js'
import { type Draft, type Move, stay } from './draft.js'
import type { Input } from './input.js'

/**
 * Takes a run up again after a pause, once for each pause. `shift` moves what counts from a base by the length of the pause; dates keep
 * their dates. `send` leaves what fell due to be sent now; `skip` drops those messages, and those behind them whose moments were in the
 * pause too; `exit` ends runs that come to one. A run that entered in the pause begins now.
 */
export function resume(draft: Draft, { policy, pausedAt }: Extract<Input, { kind: 'resume' }>): Move {
  const { recipient, memory, now } = draft
  draft.set({ parked: false })
  if (memory.resumed?.pausedAt === pausedAt || recipient.visit === 0) return stay
  draft.remember({ resumed: { pausedAt, at: now, policy } })
  return policy === 'shift' ? shift(draft, Math.max(0, now - Math.max(pausedAt, memory.base))) : stay
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
  draft.remember({ base: memory.base + byMs, plans, why: { ...memory.why, shiftedByPauseMs: byMs } })
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
