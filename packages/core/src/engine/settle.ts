import type { Delivery } from '../delivery/delivery.js'
import { retryAt } from '../delivery/retry-policy.js'
import type { Settlement } from '../ports/store-deliveries.js'
import type { Outcome } from '../recipient/input.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { EngineContext } from './context.js'
import { changeOf, counterOf, type Decision, decide, leftToClaim } from './decide.js'
import type { CallEnd, Finished } from './dispatch.js'
import { type Loaded, loadRuns } from './load.js'

/** What became of an attempt, as it is to be written. */
export interface AttemptEnd {
  readonly delivery: Delivery
  readonly result: Omit<Settlement, 'change' | 'workspaceId' | 'deliveryId' | 'attempt'>
  /** The news for the run. */
  readonly outcome: Outcome
}

const attemptsToWrite = 8

/** T2: writes how calls ended, and what their runs do now. Results in hand are tried again until they are written. */
export async function settleFinished(context: EngineContext, finished: readonly Finished[]): Promise<void> {
  if (finished.length === 0) return
  const ends = finished.map((one) => ({ one, end: endOf(context, one) }))
  const runs = ends.map(({ one: { started } }) => ({ ...started.decision.after, fence: started.fence }))
  await settle(
    context,
    'sending',
    ends.map(({ end }, index) => ({ end, run: runs[index] as Recipient })),
  )
}

/** Writes outcomes with what they mean for the runs. A run that changed meanwhile is read again, and decided on anew. */
export async function settle(
  context: EngineContext,
  from: 'sending' | 'unknown',
  wanted: readonly { readonly end: AttemptEnd; readonly run: Recipient | null }[],
): Promise<void> {
  let open = wanted
  let loaded = await loadRuns(
    context,
    open.flatMap(({ run }) => (run === null ? [] : [run])),
  )
  let state = from
  for (let attempt = 0; open.length > 0 && attempt < attemptsToWrite; attempt++) {
    const decided = open.map(({ end, run }) =>
      settlementOf(context, end, run, run === null ? undefined : loaded.get(run.id)),
    )
    const settlements = decided.map(({ settlement }) => settlement)
    const results = await withPatience(context, () =>
      context.store.deliveries.settle({ settlements, from: state, now: context.clock.now() }),
    )
    results.forEach((result, index) => {
      const done = decided[index]
      if (result === 'applied' && done !== undefined) announce(context, open[index]?.end, done.decision)
    })
    const again = open.filter((_, index) => results[index] === 'run_changed')
    const late = state === 'sending' ? open.filter((_, index) => results[index] === 'stale') : []
    if (again.length > 0) await followRuns(context, again)
    // Another engine has taken it for lost by now. The result is in hand: it settles the unknown outcome.
    open = late
    state = 'unknown'
    if (open.length > 0) {
      const fresh = await freshRuns(context, open)
      loaded = await loadRuns(
        context,
        fresh.flatMap(({ run }) => (run === null ? [] : [run])),
      )
      open = fresh
      if (attempt > 0) return
    }
  }
}

/** The outcome is written, but the run had changed: tells the run as it is now, if it still waits for this delivery. */
async function followRuns(
  context: EngineContext,
  changed: readonly { readonly end: AttemptEnd; readonly run: Recipient | null }[],
): Promise<void> {
  let open = await freshRuns(context, changed)
  for (let attempt = 0; open.length > 0 && attempt < attemptsToWrite; attempt++) {
    const waiting = open.filter(({ end, run }) => run !== null && run.deliveryId === end.delivery.id)
    if (waiting.length === 0) return
    const loaded = await loadRuns(
      context,
      waiting.map(({ run }) => run as Recipient),
    )
    const changes = waiting.flatMap(({ end, run }) => {
      const known = run === null ? undefined : loaded.get(run.id)
      if (run === null || known === undefined) return []
      return [
        changeOf(
          context,
          leftToClaim(
            decide(known, run, { kind: 'outcome', outcome: end.outcome }, context.clock.now()),
            context.clock.now(),
          ),
          context.clock.now(),
        ),
      ]
    })
    const results = await withPatience(context, () => context.store.recipients.commit(changes))
    open = await freshRuns(
      context,
      waiting.filter((_, index) => results[index] === 'stale'),
    )
  }
}

async function freshRuns<Item extends { readonly end: AttemptEnd }>(
  { store }: EngineContext,
  items: readonly Item[],
): Promise<readonly { readonly end: AttemptEnd; readonly run: Recipient | null }[]> {
  return Promise.all(
    items.map(async ({ end }) => {
      const { workspaceId, recipientId } = end.delivery
      const [run] = await store.recipients.get({ workspaceId, recipientIds: [recipientId] })
      return { end, run: run?.deliveryId === end.delivery.id ? run : null }
    }),
  )
}

function settlementOf(
  context: EngineContext,
  end: AttemptEnd,
  run: Recipient | null,
  loaded: Loaded | undefined,
): { readonly settlement: Settlement; readonly decision: Decision | null } {
  const now = context.clock.now()
  const { delivery, result, outcome } = end
  const known =
    loaded === undefined
      ? undefined
      : { ...loaded, facts: { ...loaded.facts, deliveries: withOutcome(loaded.facts.deliveries, end) } }
  const decision =
    run === null || known === undefined ? null : leftToClaim(decide(known, run, { kind: 'outcome', outcome }, now), now)
  const change = decision === null ? null : changeOf(context, decision, now)
  const counter = {
    campaignId: delivery.campaignId,
    stepId: delivery.stepId,
    name: counterOf({ ...delivery, ...result }),
    by: 1,
  }
  return {
    decision,
    settlement: {
      workspaceId: delivery.workspaceId,
      deliveryId: delivery.id,
      attempt: delivery.attempts,
      ...result,
      change: change === null ? null : { ...change, counters: [...change.counters, counter] },
    },
  }
}

/** Conditions behind the send see it as it will be written. */
function withOutcome(known: readonly Delivery[], { delivery, result }: AttemptEnd): readonly Delivery[] {
  const { state, reason, providerId, sentAt } = result
  const written = { ...delivery, state, reason, providerId, sentAt: sentAt ?? delivery.sentAt }
  return [...known.filter(({ id }) => id !== delivery.id), written]
}

/** What a call's end means, by the state machine of a delivery. */
export function endOf(context: EngineContext, { started, outcome, at }: Finished): AttemptEnd {
  const { delivery } = started
  const account = recordCircuit(context, delivery, outcome, at)
  return attemptEnd(context, delivery, outcome, { at, blockedUntil: account })
}

function recordCircuit(
  { circuits, events }: EngineContext,
  { account }: Delivery,
  { outcome, ...rest }: CallEnd,
  at: Instant,
): Instant {
  if (outcome === 'not_started') {
    circuits.notStarted(account)
    return at
  }
  const result = outcome === 'accepted' || outcome === 'rejected' ? 'ok' : outcome === 'blocked' ? 'blocked' : 'failed'
  const until = circuits.record(account, result, at)
  if (until !== null) {
    const code = 'code' in rest ? String(rest.code) : outcome
    events.emit('account.blocked', { account, code, until })
  }
  return until ?? at
}

/** What an attempt's end means for its delivery and its run. */
export function attemptEnd(
  { settings, random, channels }: EngineContext,
  delivery: Delivery,
  end: CallEnd,
  when: { readonly at: Instant; readonly blockedUntil: Instant },
): AttemptEnd {
  const { at, blockedUntil } = when
  const nothing = {
    providerId: null,
    sentAt: null,
    facts: [],
    reply: null,
    attemptCounts: true,
    possibleDuplicate: false,
    lookAt: null,
  }
  switch (end.outcome) {
    case 'accepted': {
      const intendedAt = delivery.intendedAt ?? at
      return {
        delivery,
        result: {
          ...nothing,
          state: 'sent',
          reason: null,
          providerId: end.providerId,
          sentAt: at,
          facts: [{ kind: 'accepted', at }],
          reply: end.reply,
        },
        outcome: { state: 'sent', sentAt: at, intendedAt, reply: end.reply, exit: end.exit },
      }
    }
    case 'rejected':
      return {
        delivery,
        result: { ...nothing, state: 'failed', reason: end.code },
        outcome: { state: 'failed', reason: end.code },
      }
    case 'not_accepted': {
      const until = retryAt(settings.retry, {
        attempts: delivery.attempts,
        retryAfterMs: end.retryAfterMs,
        random: random(),
        now: at,
      })
      const reason = end.code
      return until === null
        ? { delivery, result: { ...nothing, state: 'failed', reason }, outcome: { state: 'failed', reason } }
        : {
            delivery,
            result: { ...nothing, state: 'retry_wait', reason },
            outcome: { state: 'retry_wait', reason, until },
          }
    }
    case 'blocked':
    case 'not_started': {
      const reason = end.outcome === 'blocked' ? end.code : 'not_started'
      const state = delivery.attempts > 1 ? 'retry_wait' : 'scheduled'
      const until = end.outcome === 'blocked' ? Math.max(blockedUntil, at + 1000) : at
      const outcome: Outcome =
        state === 'retry_wait' ? { state, reason, until } : { state, reason, until, byRule: false }
      return { delivery, result: { ...nothing, state, reason, attemptCounts: false }, outcome }
    }
    case 'unknown': {
      const lookAt = at + settings.reconcile.graceMs
      const atLeastOnce = channels.get(delivery.channel)?.ambiguity === 'at_least_once'
      const until = at + settings.advanceAfterMs
      return {
        delivery,
        result: {
          ...nothing,
          state: 'unknown',
          reason: end.code,
          lookAt,
          possibleDuplicate: atLeastOnce && delivery.possibleDuplicate,
        },
        outcome: { state: 'unknown', reason: end.code, until },
      }
    }
  }
}

function announce({ events }: EngineContext, end: AttemptEnd | undefined, decision: Decision | null): void {
  if (end !== undefined) events.emit('delivery.settled', { ...end.delivery, ...end.result, facts: end.delivery.facts })
  if (decision !== null && decision.after.status !== 'active') events.emit('recipient.ended', decision.after)
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
