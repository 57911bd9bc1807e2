import type { ActionStep, StepId, WebhookStep } from '../../sequence/step.js'
import { type Draft, go, type Move, stay } from '../draft.js'
import type { Outcome } from '../input.js'
import type { Plan } from '../recipient.js'
import { detach, openState, recordedOutcome, settlePlan } from '../settled.js'
import type { StepBehavior } from './behavior.js'
import { afterFailure } from './send-step.js'

type CallStep = WebhookStep | ActionStep

const item = ''

/** Calls out, under the same intent, fence and recorded outcome as a message, and keeps the reply for later steps. */
export const callBehavior: StepBehavior<CallStep> = {
  enter(draft, step) {
    const { base } = draft.memory
    draft.setPlan(item, { plannedAt: base, dueAt: base, state: 'planned', deliveryId: null, attempts: 0 })
    return call(draft, step)
  },
  due(draft, step) {
    if (draft.recipient.waiting !== 'delivery') return call(draft, step)
    const open = openState(draft, item)
    const untold = recordedOutcome(draft, item)
    if (untold !== null) return hear(draft, step, untold)
    if (open === 'retry_wait') return call(draft, step)
    if (open !== 'unknown') return stay
    detach(draft, item)
    return go(nextOf(step, null), 'next')
  },
  outcome: hear,
}

function hear(draft: Draft, step: CallStep, outcome: Outcome): Move {
  const settled = settlePlan(draft, item, outcome)
  if (settled === 'waiting') return stay
  if (settled === 'failed') return afterFailure({ ...step, next: nextOf(step, null) })
  return afterReply(draft, step, outcome)
}

function call(draft: Draft, step: CallStep): Move {
  const plan = draft.plan(item)
  if (plan === undefined) return stay
  const id = plan.deliveryId ?? draft.known.newDeliveryId()
  const open: Plan = { ...plan, state: 'open', deliveryId: id, attempts: plan.attempts + 1 }
  draft.setPlan(item, open)
  draft.set({ deliveryId: id })
  const channel = step.kind === 'webhook' ? 'webhook' : `action:${step.action}`
  const row = draft.delivery(
    item,
    open,
    { kind: step.kind, channel, spec: null },
    { id, state: 'sending', reason: null },
  )
  const account = accountOf(step)
  const delivery = { ...row, account, attempts: open.attempts, intendedAt: row.intendedAt ?? draft.now }
  draft.emit({ kind: 'call', call: { delivery, step } })
  return draft.wait('delivery', draft.now, null)
}

/** What fails together: the calls to one host, those of one action. */
function accountOf(step: CallStep): string {
  if (step.kind === 'action') return `action:${step.action}`
  return `webhook:${/^[a-z]+:\/\/([^/?#]+)/i.exec(step.url)?.[1] ?? ''}`
}

function afterReply(draft: Draft, step: CallStep, outcome: Outcome): Move {
  if (outcome.state !== 'sent') return go(nextOf(step, null), 'next')
  const { replies } = draft.memory
  draft.remember({ replies: { ...replies, [draft.recipient.stepId]: outcome.reply } })
  return go(nextOf(step, outcome.exit), outcome.exit ?? 'next')
}

function nextOf(step: CallStep, exit: string | null): StepId {
  if (step.kind === 'webhook') return step.next
  return (exit !== null && Object.hasOwn(step.exits, exit) ? step.exits[exit] : undefined) ?? step.exits.next
}
