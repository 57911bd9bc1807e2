import type { JsonObject } from '../json.js'
import type { MessageSpec } from '../sequence/step.js'
import type { Draft } from './draft.js'
import { openingFrom, reasonOf, windowsOf } from './send-rules.js'

/**
 * Why a message that lies ahead is due when it is: the rule that put it off, with who set that rule and the zone it is read in. Null =
 * none did, its moment is simply not there yet.
 */
export function whyLater(draft: Draft, item: string, spec: MessageSpec): JsonObject | null {
  const plan = draft.plan(item)
  const rule = draft.known.deliveries.find(({ id }) => id === plan?.deliveryId)?.reason
  if (plan === undefined || rule === undefined || rule === null) return null
  return { rule, plannedAt: plan.plannedAt, ...setBy(draft, spec, rule, plan.plannedAt) }
}

/** Who set the quiet hours, window or blackout that closed an instant. Other rules have no layers. */
function setBy(draft: Draft, spec: MessageSpec, rule: string, at: number): JsonObject {
  const windows = windowsOf(draft, spec)
  const opening = openingFrom(windows, at)
  const [closure] = opening?.closedBy ?? []
  if (opening === null || closure === undefined || reasonOf(opening) !== rule) return {}
  const layer = windows.layers.find(({ from, rules }) => from === closure.from && rules[closure.rule] != null)
  return { setBy: closure.from, ...(layer === undefined ? {} : { zone: layer.zone }) }
}
