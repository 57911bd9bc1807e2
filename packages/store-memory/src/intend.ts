import {
  contactKey,
  type Delivery,
  type DeliveryState,
  type DeliveryStore,
  historyNeededMs,
  type Instant,
  type Intent,
  type IntentResult,
  judgeIntent,
  type Recipient,
  type SentRecord,
} from '@drumbeat/core'
import { applyRest, runOf, writeDelivery, writeRun } from './changes.js'
import { permissionsOf } from './memory-contacts.js'
import { isClosedFor } from './memory-control.js'
import type { State } from './state.js'

type Request = Parameters<DeliveryStore['intend']>[0]

/** Where a delivery may be when an attempt begins. */
const startable: readonly DeliveryState[] = ['scheduled', 'retry_wait']
/** Where a delivery whose attempt began has turned out not to have reached anybody. */
const notSent: readonly DeliveryState[] = ['failed', 'canceled']

/** Writes an intent, if its claim holds, its guard agrees and its scopes are open. */
export function intend(state: State, intent: Intent, { owner, now, permitMs }: Request): IntentResult {
  const { change, delivery, idempotencyKey } = intent
  const { workspaceId } = change
  const stored = runOf(state, workspaceId, change.recipientId)
  if (stored === undefined || stored.standing.fence !== change.expectedFence) return { result: 'stale' }
  if (hasNews(state, stored.run)) return { result: 'stale' }
  const known = state.deliveries.get(delivery.id)
  if (known !== undefined && (known.workspaceId !== workspaceId || !startable.includes(known.state))) {
    return { result: 'stale' }
  }
  const verdict = judge(state, intent, now)
  if (verdict.verdict !== 'start') return { result: 'refused', verdict }
  if (isClosedFor(state, { ...delivery, workspaceId })) return { result: 'closed' }
  const permitUntil = now + permitMs
  const run = writeRun(state, stored, { ...change.recipient, dueAt: stored.standing.dueAt }, owner)
  applyRest(state, change)
  writeDelivery(state, { ...delivery, workspaceId }, now)
  state.attempts.set(delivery.id, { deliveryId: delivery.id, idempotencyKey, permitUntil, finishedAt: null })
  return { result: 'started', fence: run.fence, permitUntil }
}

/** An event that was reported before the intent is written wins, so it is taken in first. */
function hasNews(state: State, run: Recipient): boolean {
  return state.inboxOf.of(contactKey(run)).some(({ kind }) => kind === 'event')
}

function judge(
  state: State,
  { change: { workspaceId }, delivery, guard }: Intent,
  now: Instant,
): ReturnType<typeof judgeIntent> {
  if (guard === null) return { verdict: 'start' }
  const { contactId } = delivery
  const addresses = { [guard.channel]: guard.address }
  const permissions = permissionsOf(state, { workspaceId, contactId, addresses })
  const needed = historyNeededMs(guard)
  const history = needed === 0 ? [] : sentSince(state, { ...delivery, workspaceId }, now - needed)
  return judgeIntent(guard, { ...permissions, history }, now)
}

/** Messages to the contact whose intent was written since, but for the delivery that is about to be tried. */
function sentSince(state: State, { id, workspaceId, contactId }: Delivery, since: Instant): readonly SentRecord[] {
  return state.deliveriesOfContact.of(contactKey({ workspaceId, contactId })).flatMap((delivery) => {
    const { kind, intendedAt: at, channel, category } = delivery
    const counts = kind === 'message' && delivery.id !== id && !notSent.includes(delivery.state)
    return counts && at !== null && at >= since ? { at, channel, category } : []
  })
}
