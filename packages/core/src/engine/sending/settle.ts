import { withChanges } from '../../contact/permission-change.js'
import type { Delivery } from '../../delivery/delivery.js'
import { settledDelivery } from '../../delivery/settled-delivery.js'
import type { Settlement } from '../../ports/store-deliveries.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { changeOf, counterOf, type Decision, decide, leftToClaim } from '../decide.js'
import { deliveryTold, recipientTold } from '../events.js'
import { ensureIds, type Loaded, loadRuns } from '../load.js'
import { circuitOf } from '../pacing/circuits.js'
import { type AttemptEnd, attemptEnd, leftBehind } from './attempt-end.js'
import type { CallEnd, Finished } from './dispatch.js'

/** An outcome to be written, and the run that waits for it; null = none does any more. */
interface Open {
  readonly end: AttemptEnd
  readonly run: Recipient | null
  /** What its claim has loaded, where that is still good enough to decide by. */
  readonly loaded?: Loaded
}

const attemptsToWrite = 8

/** T2: writes how calls ended, and what their runs do now. Results in hand are tried again until they are written. */
export async function settleFinished(context: EngineContext, finished: readonly Finished[]): Promise<void> {
  const open = finished.map((one): Open => {
    const { fence, decision } = one.started
    const { loaded, after } = decision
    const end = endOf(context, one)
    return { end, run: { ...after, fence }, ...(loaded.asks ? {} : { loaded }) }
  })
  await settle(context, 'sending', open)
}

/**
 * Writes outcomes with what they mean for the runs. A run that changed meanwhile is read again, and decided on anew; where it has left,
 * nobody would try again, and what was to be tried again is canceled.
 */
export async function settle(
  context: EngineContext,
  from: 'sending' | 'unknown',
  open: readonly Open[],
): Promise<void> {
  if (open.length === 0) return
  const { results, decisions } = await write(context, from, open)
  const withResult = (wanted: (typeof results)[number]) => open.filter((_, index) => results[index] === wanted)
  results.forEach((result, index) => {
    if (result !== 'stale') announce(context, open[index], result === 'applied' ? decisions[index] : null)
  })
  const alone = withResult('applied').filter(({ run }) => run === null)
  const left = await followRuns(context, withResult('run_changed'))
  await cancel(context, [...alone, ...left])
  // Another engine has taken it for lost by now. The result is in hand: it settles the unknown outcome.
  if (from === 'sending') await settle(context, 'unknown', await readAgain(context, withResult('stale')))
}

async function write(context: EngineContext, from: 'sending' | 'unknown', open: readonly Open[]) {
  const { store, clock } = context
  const fresh = await loadRuns(
    context,
    open.flatMap(({ run, loaded }) => (run === null || loaded !== undefined ? [] : run)),
  )
  await ensureIds(context, [...open.flatMap(({ loaded }) => loaded ?? []), ...fresh.values()])
  const decisions = open.map(({ end, run, loaded }) =>
    decisionOn(context, end, run, loaded ?? (run === null ? undefined : fresh.get(run.id))),
  )
  const settlements = open.map(({ end }, index) => settlementOf(context, end, decisions[index] ?? null))
  const results = await withPatience(context, () => store.deliveries.settle({ settlements, from, now: clock.now() }))
  return { results, decisions }
}

/** Tells runs that had changed, if they still wait for this. Returns the outcomes for which nobody waits any more. */
async function followRuns(context: EngineContext, changed: readonly Open[]): Promise<readonly Open[]> {
  const left: Open[] = []
  let open = changed
  for (let attempt = 0; open.length > 0 && attempt < attemptsToWrite; attempt++) {
    const fresh = await readAgain(context, open)
    left.push(...fresh.filter(({ run }) => run === null))
    const waiting = fresh.filter(({ run }) => run !== null)
    const loaded = await loadRuns(
      context,
      waiting.flatMap(({ run }) => run ?? []),
    )
    const decided = waiting.flatMap((one) => {
      const decision = decisionOn(context, one.end, one.run, loaded.get(one.run?.id ?? 0))
      return decision === null ? [] : [{ one, decision }]
    })
    const changes = decided.map(({ decision }) => changeOf(context, decision, context.clock.now()))
    const results = await withPatience(context, () => context.store.recipients.commit(changes))
    open = decided.filter((_, index) => results[index] === 'stale').map(({ one }) => one)
  }
  return left
}

/** Cancels what would have been tried again by runs that have left. */
async function cancel(context: EngineContext, left: readonly Open[]): Promise<void> {
  for (const from of ['retry_wait', 'scheduled'] as const) {
    const settlements = left.flatMap(({ end }): readonly Settlement[] => {
      const result = leftBehind(end)
      if (result === null || end.result.state !== from) return []
      const attempts = end.delivery.attempts - (end.result.attemptCounts ? 0 : 1)
      return [settlementOf(context, { ...end, delivery: { ...end.delivery, attempts }, result }, null)]
    })
    if (settlements.length === 0) continue
    const { store, clock } = context
    await withPatience(context, () => store.deliveries.settle({ settlements, from, now: clock.now() }))
  }
}

/** The runs as they are now; null where none waits for this delivery any more. */
async function readAgain({ store }: EngineContext, open: readonly Open[]): Promise<readonly Open[]> {
  return Promise.all(
    open.map(async ({ end }) => {
      const { workspaceId, recipientId, id } = end.delivery
      const [run] = await store.recipients.get({ workspaceId, recipientIds: [recipientId] })
      return { end, run: run?.deliveryId === id ? run : null }
    }),
  )
}

/** What the run does now; null = it has left, or cannot be decided about: its next claim sees what became of the call. */
function decisionOn(
  { clock, events }: EngineContext,
  end: AttemptEnd,
  run: Recipient | null,
  loaded: Loaded | undefined,
): Decision | null {
  if (run === null || loaded === undefined) return null
  const now = clock.now()
  const deliveries = withOutcome(loaded.facts.deliveries, end)
  const permissions = withChanges(loaded.facts.permissions, end.result.permissions)
  const known = { ...loaded, facts: { ...loaded.facts, deliveries, permissions } }
  try {
    return leftToClaim(decide(known, run, { kind: 'outcome', outcome: end.outcome }, now), now)
  } catch (error) {
    events.emit('engine.failed', { during: `telling run ${run.id} what became of its call`, error })
    return null
  }
}

function settlementOf(context: EngineContext, { delivery, result }: AttemptEnd, decision: Decision | null): Settlement {
  const { workspaceId, campaignId, stepId, id: deliveryId, attempts: attempt } = delivery
  const counts = result.state !== delivery.state
  return {
    state: result.state,
    reason: result.reason,
    providerId: result.providerId,
    sentAt: result.sentAt,
    facts: result.facts,
    reply: result.reply,
    attemptCounts: result.attemptCounts,
    possibleDuplicate: result.possibleDuplicate,
    lookAt: result.lookAt,
    permissions: result.permissions,
    workspaceId,
    deliveryId,
    attempt,
    counters: counts ? [{ campaignId, stepId, name: counterOf(result), by: 1 }] : [],
    change: decision === null ? null : changeOf(context, decision, context.clock.now()),
  }
}

/** Conditions behind the send see it as it will be written. */
function withOutcome(known: readonly Delivery[], { delivery, result }: AttemptEnd): readonly Delivery[] {
  const { state, reason, providerId, sentAt } = result
  const written = { ...delivery, state, reason, providerId, sentAt: sentAt ?? delivery.sentAt }
  return known.length === 0 ? [written] : [...known.filter(({ id }) => id !== delivery.id), written]
}

function endOf(context: EngineContext, { started: { delivery }, outcome, at }: Finished): AttemptEnd {
  const blockedUntil = recordCircuit(context, delivery, outcome, at)
  return attemptEnd(context, delivery, outcome, { at, blockedUntil })
}

function recordCircuit(context: EngineContext, delivery: Delivery, end: CallEnd, at: Instant): Instant {
  const { circuits, events } = context
  const { outcome } = end
  const account = circuitOf(delivery)
  if (outcome === 'not_started') return circuits.closedUntil(account, at) ?? at
  const result = resultFor(context, account, end, at)
  const until = circuits.record(account, result, at)
  if (until !== null) {
    const code = 'code' in end ? String(end.code) : outcome
    events.emit('account.blocked', { account: delivery.account, code, until })
  }
  return until ?? at
}

/** What a call says about its account. One that is only called too fast is not in trouble, as long as it can be called more slowly. */
function resultFor(
  { throttles }: EngineContext,
  account: string,
  end: CallEnd,
  at: Instant,
): 'ok' | 'failed' | 'blocked' {
  switch (end.outcome) {
    case 'accepted':
    case 'rejected':
      throttles.succeeded(account, at)
      return 'ok'
    case 'blocked':
      return 'blocked'
    case 'not_accepted':
      return end.reason === 'too_fast' && throttles.pushedBack(account, at, end.retryAfterMs) ? 'ok' : 'failed'
    default:
      throttles.pushedBack(account, at, null)
      return 'failed'
  }
}

function announce({ events }: EngineContext, open: Open | undefined, decision: Decision | null | undefined): void {
  if (open !== undefined && open.end.result.state !== open.end.delivery.state) {
    const { delivery, result } = open.end
    if (events.listenerCount('delivery.settled') > 0)
      events.emit('delivery.settled', deliveryTold(settledDelivery(delivery, result)))
  }
  if (decision?.after.status !== undefined && decision.after.status !== 'active') {
    events.emit('recipient.ended', recipientTold(decision.after))
  }
}

/** A result in hand is not given up because the Store cannot be reached for a moment. */
async function withPatience<Result>({ clock }: EngineContext, write: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      const retryable = typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true
      if (!retryable || attempt >= attemptsToWrite) throw error
      await clock.sleep(Math.min(5_000, 100 * 2 ** attempt))
    }
  }
}
