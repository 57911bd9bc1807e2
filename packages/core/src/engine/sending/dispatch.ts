import type { Delivery } from '../../delivery/delivery.js'
import type { JsonObject, JsonValue } from '../../json.js'
import type { CallOutcome } from '../../ports/caller.js'
import type { OutboundMessage, RejectionReason, SendContext, SendOutcome } from '../../ports/channel.js'
import type { PlannedCall } from '../../recipient/effect.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import type { Decision } from '../decide.js'
import { circuitOf } from '../pacing/circuits.js'
import { type CallDeadline, CallDeadlines } from './call-deadlines.js'
import { permittedCall } from './permitted-call.js'

/** A call whose intent is written. */
export interface Started {
  readonly decision: Decision
  readonly delivery: Delivery
  readonly idempotencyKey: string
  /** The run's fence since the intent. */
  readonly fence: number
  /** On the monotonic clock: a call that has not begun by then must not begin. */
  readonly startBy: number
  /** On the wall clock, by the Store's stamp: likewise. */
  readonly permitUntil: Instant
  readonly call: Message | PlannedCall
}

/** A message, and the reference that goes with it. */
export interface Message {
  readonly message: OutboundMessage
  readonly deliveryRef: string
}

/** How a started call ended. */
export interface Finished {
  readonly started: Started
  readonly outcome: CallEnd
  readonly at: Instant
}

/** `not_started` = its permit ran out before it began: no call was made. */
export type CallEnd =
  | {
      readonly outcome: 'accepted'
      readonly providerId: string | null
      readonly reply: JsonValue
      readonly exit: string | null
      /** When the provider accepted it, if it said so. */
      readonly at: Instant | null
    }
  | { readonly outcome: 'rejected'; readonly code: string; readonly reason?: RejectionReason }
  | {
      readonly outcome: 'not_accepted'
      readonly code: string
      readonly retryAfterMs: number | null
      readonly reason?: 'too_fast'
    }
  | { readonly outcome: 'blocked'; readonly code: string }
  | { readonly outcome: 'unknown'; readonly code: string }
  | { readonly outcome: 'not_started' }

/** Makes the calls, all at once and each only while its permit is valid, and returns how they ended. Never rejects. */
export function dispatch(context: EngineContext, started: readonly Started[]): Promise<readonly Finished[]> {
  const deadlines = new CallDeadlines(context.clock, context.settings.callTimeoutMs)
  return Promise.all(
    started.map(async (one): Promise<Finished> => {
      const outcome = await makeCall(context, one, deadlines)
      return { started: one, outcome, at: context.clock.now() }
    }),
  )
}

const notStarted: CallEnd = { outcome: 'not_started' }

async function makeCall(context: EngineContext, started: Started, deadlines: CallDeadlines): Promise<CallEnd> {
  const { clock, lease, circuits } = context
  const mayStart = (): boolean =>
    lease.owner() !== null && clock.monotonic() < started.startBy && clock.now() < started.permitUntil
  if (!mayStart()) return notStarted
  const circuit = circuitOf(started.delivery)
  if (!circuits.mayStart(circuit, clock.now())) return notStarted
  const end = await permittedCall(mayStart, deadlines.begin(), (deadline, assertMayStart) =>
    perform(context, started, deadline, assertMayStart),
  )
  if (end.outcome === 'not_started') circuits.notStarted(circuit)
  return end
}

async function perform(
  { channels, actions, webhooks }: EngineContext,
  { delivery, call, idempotencyKey, decision }: Started,
  deadline: CallDeadline,
  assertMayStart: () => void,
): Promise<CallEnd> {
  if (!('step' in call)) {
    const channel = channels.get(delivery.channel)
    if (channel === undefined) return { outcome: 'rejected', code: 'channel_missing' }
    return ofSend(
      await channel.send(call.message, new CallContext(idempotencyKey, call.deliveryRef, assertMayStart, deadline)),
    )
  }
  const { step } = call
  const { workspaceId, campaignId, contactId, stepId } = delivery
  assertMayStart()
  if (step.kind === 'action') {
    const action = actions.get(step.action)
    if (action === undefined) return { outcome: 'rejected', code: 'action_missing' }
    const input = step.input ?? {}
    return ofCall(
      await action.run(
        { workspaceId, campaignId, contactId, stepId, input },
        { idempotencyKey, signal: deadline.signal },
      ),
    )
  }
  if (webhooks === null) return { outcome: 'rejected', code: 'webhooks_not_configured' }
  const { trigger, entryEvent } = decision.after.memory
  const body: JsonObject = {
    workspaceId,
    campaignId,
    contactId,
    stepId,
    idempotencyKey,
    trigger: (trigger ?? entryEvent)?.data ?? null,
    body: step.body ?? null,
  }
  const request = { url: step.url, method: step.method ?? 'POST', headers: step.headers ?? {}, body }
  return ofCall(await webhooks.call(request, { idempotencyKey, signal: deadline.signal }))
}

/** What a channel gets beside the message. A class, because objects with getters of their own are slow to make. */
class CallContext implements SendContext {
  constructor(
    readonly idempotencyKey: string,
    readonly deliveryRef: string,
    readonly assertMayStart: () => void,
    private readonly deadline: CallDeadline,
  ) {}

  /** Made only for those who listen. */
  get signal(): AbortSignal {
    return this.deadline.signal
  }
}

/** How a channel's answer ends a call. */
export function ofSend(outcome: SendOutcome): CallEnd {
  if (outcome.outcome !== 'accepted') return outcome
  return { outcome: 'accepted', providerId: outcome.providerId, reply: null, exit: null, at: outcome.at ?? null }
}

function ofCall(outcome: CallOutcome): CallEnd {
  switch (outcome.outcome) {
    case 'done':
      return { outcome: 'accepted', providerId: null, reply: outcome.reply, exit: outcome.exit ?? null, at: null }
    case 'failed':
      return { outcome: 'rejected', code: outcome.code }
    case 'not_done':
      return { outcome: 'not_accepted', code: outcome.code, retryAfterMs: outcome.retryAfterMs }
    default:
      return outcome
  }
}
