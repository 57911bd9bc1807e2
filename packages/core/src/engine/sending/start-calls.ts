import type { Delivery } from '../../delivery/delivery.js'
import { idempotencyKey } from '../../delivery/delivery-key.js'
import type { Intent, IntentResult } from '../../ports/store-deliveries.js'
import type { Owner, Parking } from '../../ports/store-recipients.js'
import type { PlannedCall, PlannedSend } from '../../recipient/effect.js'
import type { Outcome } from '../../recipient/input.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { changeOf, type Decision, decideOn, leftToClaim } from '../decide.js'
import { circuitOf } from '../pacing/circuits.js'
import { giveBack, withinRates } from '../pacing/rate.js'
import { releaseClaims } from '../run-changes.js'
import { reasonToKeep, sameKey } from './attempt-end.js'
import { dispatch, type Started } from './dispatch.js'
import { type FilledCall, fillCall } from './fill-call.js'
import { loadTemplates, type ReadyMessage, type Rendered, renderSend, templateKey } from './render-message.js'
import { settleFinished } from './settle.js'

/** A call that may start as soon as its intent is written. */
interface Wish {
  readonly decision: Decision
  readonly planned: PlannedSend | PlannedCall
  /** Null = no message, but a webhook's or an action's call. */
  readonly ready: ReadyMessage | null
}

/**
 * Renders messages, writes the intents of what may start (T1), makes the calls within their permits, and settles them (T2). Returns what was
 * refused, decided again: it has not been written yet.
 */
export async function startCalls(
  context: EngineContext,
  owner: Owner,
  decisions: readonly Decision[],
): Promise<readonly Decision[]> {
  if (decisions.length === 0) return []
  const { wishes, again } = await renderAll(context, decisions)
  // Intents are written only for what can start at once: what a crash leaves unclear is bounded by that.
  for (let left: readonly Wish[] = wishes; left.length > 0; ) {
    const { atOnce, rest } = startableAtOnce(context, left)
    left = rest
    const { now, later } = await withinRates(context, atOnce)
    for (const { wish, until } of later) {
      const outcome = { state: 'scheduled', reason: 'rate', until, byRule: false } as const
      again.push(refuse(context, wish.decision, wish.planned.delivery, outcome))
    }
    again.push(...(await startBatch(context, owner, now)))
  }
  return again
}

/** The next calls that may be under way together: so many in all, and of each account as many as it takes. */
function startableAtOnce({ settings, throttles }: EngineContext, wishes: readonly Wish[]) {
  const atOnce: Wish[] = []
  const rest: Wish[] = []
  const perAccount = new Map<string, number>()
  for (const wish of wishes) {
    const account = circuitOf(wish.planned.delivery)
    const mine = perAccount.get(account) ?? 0
    if (atOnce.length >= settings.maxInFlight || mine >= throttles.atOnce(account)) {
      rest.push(wish)
      continue
    }
    perAccount.set(account, mine + 1)
    atOnce.push(wish)
  }
  return { atOnce, rest }
}

async function renderAll(context: EngineContext, decisions: readonly Decision[]) {
  const sends = decisions.flatMap((decision) =>
    decision.start !== null && 'spec' in decision.start ? [{ decision, send: decision.start }] : [],
  )
  const templates = sends.length === 0 ? new Map() : await loadTemplates(context, sends)
  const wishes: Wish[] = []
  const again: Decision[] = []
  for (const decision of decisions) {
    const { start } = decision
    if (start === null) continue
    const reason = blockedReason(context, start.delivery)
    if (reason !== null) {
      again.push(refuse(context, decision, start.delivery, reason))
      continue
    }
    if (!('spec' in start)) {
      const filled = fillSafely(context, decision, start)
      if (filled.ok) wishes.push({ decision, planned: filled.call, ready: null })
      else again.push(refuse(context, decision, start.delivery, { state: 'failed', reason: filled.reason }))
      continue
    }
    const rendered = renderSafely(context, decision, start, templates.get(templateKey(start)))
    if (!rendered.ok)
      again.push(refuse(context, decision, start.delivery, { state: 'skipped', reason: rendered.reason }))
    else if (mayStart(decision, rendered.ready)) wishes.push({ decision, planned: start, ready: rendered.ready })
    else again.push(refuse(context, decision, start.delivery, { state: 'unresolved', reason: 'content_changed' }))
  }
  return { wishes, again }
}

/** A blocked account uses up no intent and no attempt. */
function blockedReason({ circuits, clock }: EngineContext, delivery: Delivery): Refusal | null {
  const until = circuits.closedUntil(circuitOf(delivery), clock.now())
  return until === null ? null : { state: 'scheduled', reason: 'account_blocked', until, byRule: false }
}

/** A template or a value that cannot be rendered stops its own message, and no other. */
function renderSafely(...[context, decision, send, template]: Parameters<typeof renderSend>): Rendered {
  try {
    return renderSend(context, decision, send, template)
  } catch (error) {
    context.events.emit('engine.failed', { during: `rendering delivery ${send.delivery.id}`, error })
    return { ok: false, reason: 'not_rendered' }
  }
}

function fillSafely(context: EngineContext, decision: Decision, call: PlannedCall): FilledCall {
  try {
    return fillCall(decision, call)
  } catch (error) {
    context.events.emit('engine.failed', { during: `filling in call ${call.delivery.id}`, error })
    return { ok: false, reason: 'not_rendered' }
  }
}

/** A call that may have reached the provider is repeated only as it was: with other content it would be another message. */
function mayStart(decision: Decision, { delivery }: ReadyMessage): boolean {
  const known = knownOf(decision, delivery)
  return known?.reason !== sameKey || known.contentHash === delivery.contentHash
}

function knownOf({ loaded }: Decision, { id }: Delivery): Delivery | undefined {
  return loaded.facts.deliveries.find((delivery) => delivery.id === id)
}

async function startBatch(context: EngineContext, owner: Owner, wishes: readonly Wish[]): Promise<readonly Decision[]> {
  if (wishes.length === 0) return []
  const { store, clock, settings } = context
  const now = clock.now()
  const begun = clock.monotonic()
  const intents = wishes.map((wish) => intentOf(context, wish, now))
  const { permitMs, intentTimeoutMs: timeoutMs } = settings
  const results = await store.deliveries.intend({ intents, owner, now, permitMs, timeoutMs })
  const started: Started[] = []
  const again: Decision[] = []
  const closed: Parking[] = []
  const stale: Decision[] = []
  results.forEach((result, index) => {
    const [wish, intent] = [wishes[index], intents[index]]
    if (wish === undefined || intent === undefined) return
    const { decision, ready, planned } = wish
    if (result.result === 'started') {
      const { fence, permitUntil } = result
      const { delivery, idempotencyKey } = intent
      const call = ready ?? (planned as PlannedCall)
      const startBy = begun + permitMs - Math.min(500, permitMs / 4)
      started.push({ decision, delivery, call, startBy, idempotencyKey, fence, permitUntil })
    } else if (result.result === 'refused') again.push(refuse(context, decision, intent.delivery, outcomeOf(result)))
    else if (result.result === 'closed') closed.push(parkingOf(context, decision, intent.delivery.account, now))
    else stale.push(decision)
  })
  await giveBack(
    context,
    wishes.filter((_, index) => results[index]?.result !== 'started'),
  )
  if (closed.length > 0) await store.recipients.park(closed)
  await releaseClaims(context, stale)
  await settleFinished(context, await dispatch(context, started))
  return again
}

function intentOf(context: EngineContext, { decision, ready, planned }: Wish, now: Instant): Intent {
  const wanted = ready?.delivery ?? planned.delivery
  const mustRepeat = knownOf(decision, wanted)?.reason === sameKey
  const delivery = mustRepeat ? { ...wanted, reason: sameKey } : wanted
  const { keepContent } = decision.loaded.definition.settings
  return {
    change: changeOf(context, decision, now),
    delivery,
    idempotencyKey: idempotencyKey(context.secret, delivery.id, delivery.contentHash ?? ''),
    guard: ready?.guard ?? null,
    content: keepContent ? JSON.parse(JSON.stringify(ready?.message ?? null)) : null,
  }
}

function outcomeOf({ verdict }: Extract<IntentResult, { result: 'refused' }>): Refusal {
  if (verdict.verdict === 'skip') return { state: 'skipped', reason: verdict.reason }
  return { state: 'scheduled', reason: verdict.reason, until: verdict.until, byRule: true }
}

/** How a call that was about to start may end instead. */
type Refusal = Extract<Outcome, { state: 'skipped' | 'scheduled' | 'unresolved' | 'failed' }>

/** Decides on what a call's refusal means, with a record of it. The attempt that was not made does not count. */
function refuse(context: EngineContext, decision: Decision, delivery: Delivery, refusal: Refusal): Decision {
  const attempts = Math.max(0, delivery.attempts - 1)
  const waiting = attempts === 0 ? 'scheduled' : 'retry_wait'
  const known = knownOf(decision, delivery) ?? delivery
  const record: Delivery = {
    ...delivery,
    attempts,
    intendedAt: attempts === 0 ? null : delivery.intendedAt,
    state: refusal.state === 'scheduled' ? waiting : refusal.state,
    reason: refusal.state === 'scheduled' ? reasonToKeep(known, refusal.reason) : refusal.reason,
    dueAt: refusal.state === 'scheduled' && refusal.byRule ? refusal.until : delivery.dueAt,
  }
  const noted: Decision = {
    ...decision,
    effects: [...decision.effects, { kind: 'record', delivery: record }],
    start: null,
  }
  return decideOn(noted, { kind: 'outcome', outcome: refusal }, context.clock.now())
}

/** A run before a closed scope waits at the very step whose call it was about to start, as due as it was. */
function parkingOf(context: EngineContext, decision: Decision, account: string, now: Instant): Parking {
  const left = leftToClaim(decision, now)
  const waiting = { ...left, after: { ...left.after, dueAt: decision.before.dueAt } }
  return { change: changeOf(context, waiting, now), account }
}
