import { isTerminal } from '../delivery/delivery.js'
import type { Draft } from './draft.js'

/** Cancels deliveries that have not started. One under way is left to its outcome, which is found out beside the run. */
export function releaseDeliveries(draft: Draft, reason: string): void {
  for (const [item, plan] of Object.entries(draft.memory.plans)) {
    if (plan.deliveryId === null || plan.state === 'done') continue
    const known = draft.known.deliveries.find(({ id }) => id === plan.deliveryId)
    if (known === undefined || isTerminal(known.state)) continue
    if (known.state === 'unknown' || known.state === 'sending') draft.emit({ kind: 'detach', deliveryId: known.id })
    else draft.emit({ kind: 'record', delivery: { ...known, state: 'canceled', reason } })
    draft.setPlan(item, { ...plan, state: 'done' })
  }
}
