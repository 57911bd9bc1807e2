import type { ContactInput } from '../contact/contact.js'
import type { Delivery } from '../delivery/delivery.js'
import type { PermissionChange } from '../ports/store-contacts.js'
import type { NewEvent } from '../ports/store-inbox.js'
import type { CounterDelta, RunChange } from '../ports/store-recipients.js'
import type { Effect, PlannedCall, PlannedSend } from '../recipient/effect.js'
import type { Input } from '../recipient/input.js'
import type { Recipient } from '../recipient/recipient.js'
import type { RunFacts } from '../recipient/run-facts.js'
import { transition } from '../recipient/transition.js'
import type { Instant } from '../schedule/instant.js'
import type { EngineContext } from './context.js'
import type { Loaded } from './load.js'

/** What was decided about one run, and not yet written. Deciding again on top of it adds to it. */
export interface Decision {
  readonly loaded: Loaded
  /** The run as it was read. Its fence guards the write. */
  readonly before: Recipient
  readonly after: Recipient
  /** All that is to be done, but for the call. */
  readonly effects: readonly Effect[]
  /** The call to start; null = none. */
  readonly start: PlannedSend | PlannedCall | null
}

/** Decides what an input does to a run. */
export function decide(loaded: Loaded, run: Recipient, input: Input, now: Instant): Decision {
  return decideOn({ loaded, before: run, after: run, effects: [], start: null }, input, now)
}

/** Decides what an input does on top of a decision that has not been written. */
export function decideOn(decision: Decision, input: Input, now: Instant): Decision {
  const { loaded, before, after, effects } = decision
  const facts = withRecords(loaded.facts, effects)
  const removed: Input = { kind: 'withdraw', reason: 'removed' }
  const { recipient, effects: more } = transition(
    loaded.definition,
    after,
    loaded.contact === null && input.kind !== 'outcome' ? removed : input,
    facts,
    now,
  )
  const start = more.find((effect) => effect.kind === 'send' || effect.kind === 'call')
  return {
    loaded,
    before,
    after: recipient,
    effects: [...effects, ...more.filter((effect) => effect.kind !== 'send' && effect.kind !== 'call')],
    start: start === undefined ? null : start.kind === 'send' ? start.send : start.call,
  }
}

/**
 * Leaves a call that a decision would start to the run's next claim, which is due at once: calls start only from claims, so whoever decides
 * outside one must not keep the call.
 */
export function leftToClaim(decision: Decision, now: Instant): Decision {
  if (decision.start === null) return decision
  const plans = Object.fromEntries(
    Object.entries(decision.after.memory.plans).map(([item, plan]) => [
      item,
      plan.state === 'open' && plan.deliveryId === decision.after.deliveryId
        ? {
            ...plan,
            state: 'planned' as const,
            attempts: plan.attempts - 1,
            deliveryId: keptId(decision, plan.deliveryId),
          }
        : plan,
    ]),
  )
  const after: Recipient = {
    ...decision.after,
    waiting: 'timer',
    deliveryId: null,
    dueAt: now,
    memory: { ...decision.after.memory, plans },
  }
  return { ...decision, after, start: null }
}

/** A delivery that has a record keeps its id; one that was only about to begin gets its id when it is claimed. */
function keptId({ loaded, effects }: Decision, id: number | null): number | null {
  const recorded = effects.some((effect) => effect.kind === 'record' && effect.delivery.id === id)
  return recorded || loaded.facts.deliveries.some((delivery) => delivery.id === id) ? id : null
}

/** What was recorded in this decision counts as known to what is decided on top of it. */
function withRecords(facts: RunFacts, effects: readonly Effect[]): RunFacts {
  const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.delivery] : []))
  if (records.length === 0) return facts
  const byId = new Map([...facts.deliveries, ...records].map((delivery) => [delivery.id, delivery]))
  return { ...facts, deliveries: [...byId.values()] }
}

/** The write that a decision asks for. Where progress has been made, claims are counted from nothing again. */
export function changeOf(context: EngineContext, decision: Decision, now: Instant): RunChange {
  const { before, after, effects } = decision
  const { workspaceId, campaignId, id } = before
  let deliveries: readonly Delivery[] = []
  const permissions: PermissionChange[] = []
  const events: NewEvent[] = []
  const counters: CounterDelta[] = []
  const detached: { deliveryId: number; lookAt: Instant }[] = []
  let contact: ContactInput | null = null
  const count = (stepId: string, name: string): void => {
    counters.push({ campaignId, stepId, name, by: 1 })
  }
  for (const effect of effects) {
    switch (effect.kind) {
      case 'record':
        deliveries = [...deliveries.filter((known) => known.id !== effect.delivery.id), effect.delivery]
        count(effect.delivery.stepId, counterOf(effect.delivery))
        break
      case 'update':
        contact = effect.contact === null ? contact : merged(contact, effect.contact)
        permissions.push(...effect.permissions)
        break
      case 'emit': {
        const eventId = `run/${id}/${after.visit}/${events.length}/${effect.event}`
        events.push({ id: eventId, contactId: after.contactId, name: effect.event, at: now, data: effect.data })
        break
      }
      case 'detach':
        detached.push({ deliveryId: effect.deliveryId, lookAt: lookAtOf(context, now) })
        break
      case 'count':
        count(effect.stepId, effect.name)
        break
    }
  }
  return {
    workspaceId,
    recipientId: id,
    expectedFence: before.fence,
    recipient: { ...after, claims: hasProgressed(before, after) ? 0 : before.claims },
    keepsClaim: false,
    deliveries,
    contact,
    permissions,
    events,
    counters,
    detached,
  }
}

/** A call that is still under way is over by then. */
function lookAtOf({ settings: { callTimeoutMs, reconcile } }: EngineContext, now: Instant): Instant {
  return now + callTimeoutMs + reconcile.graceMs
}

/**
 * The write that a decision from outside a claim asks for; null = it changes nothing. Where the run's call goes on, so does the claim of
 * the engine that makes it.
 */
export function changeBeside(context: EngineContext, decision: Decision, now: Instant): RunChange | null {
  const { before, after, effects } = decision
  if (after === before && effects.length === 0) return null
  const sameCall = after.waiting === 'delivery' && after.deliveryId === before.deliveryId
  return { ...changeOf(context, decision, now), keepsClaim: before.waiting === 'delivery' && sameCall }
}

/** A run that is due again at once, and for the same, has not got anywhere. */
function hasProgressed(before: Recipient, after: Recipient): boolean {
  return (
    after.status !== before.status ||
    after.visit !== before.visit ||
    after.dueAt !== before.dueAt ||
    after.waiting !== before.waiting ||
    after.deliveryId !== before.deliveryId
  )
}

/** What a delivery's state is counted as: `delivery.sent`, `delivery.skipped.quiet_hours`. */
export function counterOf({ state, reason }: Pick<Delivery, 'state' | 'reason'>): string {
  return state === 'skipped' && reason !== null ? `delivery.skipped.${reason}` : `delivery.${state}`
}

function merged(one: ContactInput | null, other: ContactInput): ContactInput {
  return { ...one, ...other, attributes: { ...one?.attributes, ...other.attributes } }
}
