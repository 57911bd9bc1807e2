import { type CompiledRequest, compileRequest } from '../../message/webhook-request.js'
import type { PlannedCall } from '../../recipient/effect.js'
import type { WebhookStep } from '../../sequence/step.js'
import type { Decision } from '../decide.js'
import { missingReason, valuesOf } from './render-message.js'

/** The call, or why it cannot be made: a reason that names what is missing. */
export type FilledCall =
  | { readonly ok: true; readonly call: PlannedCall }
  | { readonly ok: false; readonly reason: string }

/**
 * Fills a webhook's request in for its contact as it is known now. An action is given its input as it is.
 * @throws {TemplateError} when the request is not well-formed.
 */
export function fillCall(decision: Decision, call: PlannedCall): FilledCall {
  const { step } = call
  if (step.kind !== 'webhook') return { ok: true, call }
  const filled = compiled(step)(valuesOf(decision, undefined))
  if (!filled.ok) return { ok: false, reason: missingReason(filled) }
  const { ok: _, ...request } = filled
  return { ok: true, call: { ...call, step: { ...step, ...request } } }
}

const known = new WeakMap<WebhookStep, CompiledRequest>()

function compiled(step: WebhookStep): CompiledRequest {
  const found = known.get(step) ?? compileRequest(step)
  known.set(step, found)
  return found
}
