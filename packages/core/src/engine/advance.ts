import type { Delivery } from '../delivery/delivery.js'
import { idempotencyKey } from '../delivery/delivery-key.js'
import type { Intent, IntentResult } from '../ports/store-deliveries.js'
import type { Owner, RunChange } from '../ports/store-recipients.js'
import type { PlannedCall, PlannedSend } from '../recipient/effect.js'
import type { Outcome } from '../recipient/input.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import { lostEnd } from './attempt-end.js'
import type { EngineContext } from './context.js'
import { changeOf, type Decision, decide, decideOn } from './decide.js'
import { dispatch, type Started } from './dispatch.js'
import { type Loaded, loadRuns } from './load.js'
import { loadTemplates, type ReadyMessage, renderSend, templateKey } from './render-message.js'
import { settle, settleFinished } from './settle.js'

/** Claims without progress after which a run is taken out of the way. */
const mostClaims = 5
/** A decision may start, be refused, and decide again, so often before it is left to the next claim. */
const mostRounds = 10

/** A call that may start as soon as its intent is written. */
interface Wish {
  readonly decision: Decision
  readonly planned: PlannedSend | PlannedCall
  readonly ready: ReadyMessage | null
}

/**
 * One round of the way of a message: T0 leases due runs; contacts and facts are loaded, decisions made, messages rendered; T1 writes
 * the intents; calls are made within their permits; T2 settles. Returns how many runs were claimed.
 */
export async function advanceDue(context: EngineContext): Promise<number> {
  const owner = context.lease.owner()
  if (owner === null) return 0
  const { store, clock, settings } = context
  const now = clock.now()
  const claims = await store.recipients.claimDue({
    owner,
    now,
    limit: settings.batchSize,
    skewMs: settings.skewMs,
    blocked: blockedLanes(context, now),
  })
  if (claims.length === 0) return 0
  try {
    await advanceClaims(context, owner, claims)
  } catch (error) {
    await store.recipients.release(
      claims.map(({ workspaceId, id, fence }) => ({ workspaceId, recipientId: id, fence })),
    )
    throw error
  }
  return claims.length
}

function blockedLanes({ channels, circuits }: EngineContext, now: Instant) {
  const open = circuits.openAccounts(now)
  return [...channels.values()]
    .filter(({ account }) => open.has(account))
    .map(({ name }) => ({ workspaceId: null, channel: name }))
}

async function advanceClaims(context: EngineContext, owner: Owner, claims: readonly Recipient[]): Promise<void> {
  const now = context.clock.now()
  const loaded = await loadRuns(context, claims)
  const decisions: Decision[] = []
  const lost: { run: Recipient; delivery: Delivery }[] = []
  const changes: RunChange[] = []
  for (const run of claims) {
    const known = loaded.get(run.id)
    if (known === undefined) {
      changes.push(quarantined(run, 'definition_missing'))
      continue
    }
    const parked = parkedBy(known, run)
    const open = known.facts.deliveries.find(({ id }) => id === run.deliveryId)
    if (run.waiting === 'delivery' && open?.state === 'sending') lost.push({ run, delivery: open })
    else if (parked !== null) changes.push(parked)
    else if (run.claims > mostClaims) changes.push(quarantined(run, 'no_progress'))
    else {
      const decision = decideSafely(context, known, run, now)
      if (decision === null) changes.push(quarantined(run, 'decision_failed'))
      else decisions.push(decision)
    }
  }
  if (changes.length > 0) await context.store.recipients.commit(changes)
  // Their engine died with the call under way: nobody knows what became of it.
  await settle(
    context,
    'sending',
    lost.map(({ run, delivery }) => ({ run, end: lostEnd(context, delivery, now) })),
  )
  await carryOut(context, owner, decisions)
}

function decideSafely({ events }: EngineContext, known: Loaded, run: Recipient, now: Instant): Decision | null {
  try {
    return decide(known, run, { kind: 'due' }, now)
  } catch (error) {
    events.emit('engine.failed', { during: `deciding about run ${run.id}`, error })
    return null
  }
}

/** Writes decisions, and starts the calls of those that have one. */
export async function carryOut(context: EngineContext, owner: Owner, decisions: readonly Decision[]): Promise<void> {
  let open = decisions
  for (let round = 0; open.length > 0 && round < mostRounds; round++) {
    await commit(
      context,
      open.filter(({ start }) => start === null),
    )
    const { wishes, redecided } = await renderAll(
      context,
      open.filter(({ start }) => start !== null),
    )
    const refused = await startAll(context, owner, wishes)
    open = [...redecided, ...refused]
  }
  await release(context, open)
}

async function commit(context: EngineContext, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return
  const now = context.clock.now()
  const results = await context.store.recipients.commit(decisions.map((decision) => changeOf(context, decision, now)))
  results.forEach((result, index) => {
    const decision = decisions[index]
    if (result !== 'applied' || decision === undefined) return
    for (const effect of decision.effects)
      if (effect.kind === 'record') context.events.emit('delivery.recorded', effect.delivery)
    if (decision.after.status !== 'active') context.events.emit('recipient.ended', decision.after)
  })
}

async function renderAll(
  context: EngineContext,
  decisions: readonly Decision[],
): Promise<{ readonly wishes: readonly Wish[]; readonly redecided: readonly Decision[] }> {
  const sends = decisions.flatMap((decision) =>
    decision.start !== null && 'spec' in decision.start ? [{ decision, send: decision.start }] : [],
  )
  const templates = sends.length === 0 ? new Map() : await loadTemplates(context, sends)
  const wishes: Wish[] = []
  const redecided: Decision[] = []
  for (const decision of decisions) {
    const { start } = decision
    if (start === null) continue
    if (!('spec' in start)) {
      wishes.push({ decision, planned: start, ready: null })
      continue
    }
    const rendered = renderSend(context, decision, start, templates.get(templateKey(start)))
    if (rendered.ok) wishes.push({ decision, planned: start, ready: rendered.ready })
    else redecided.push(refuse(context, decision, start.delivery, { state: 'skipped', reason: rendered.reason }))
  }
  return { wishes, redecided }
}

/** T1 and the calls. Returns what has to be decided again, because a last look refused it. */
async function startAll(context: EngineContext, owner: Owner, wishes: readonly Wish[]): Promise<readonly Decision[]> {
  const again: Decision[] = []
  const { maxInFlight } = context.settings
  // Intents are written only for what can start at once: what a crash leaves unclear is bounded by that.
  for (let from = 0; from < wishes.length; from += maxInFlight) {
    again.push(...(await startBatch(context, owner, wishes.slice(from, from + maxInFlight))))
  }
  return again
}

async function startBatch(context: EngineContext, owner: Owner, wishes: readonly Wish[]): Promise<readonly Decision[]> {
  const { store, clock, settings } = context
  const now = clock.now()
  const begun = clock.monotonic()
  const intents = wishes.map((wish) => intentOf(context, wish, now))
  const { permitMs, intentTimeoutMs: timeoutMs } = settings
  const results = await store.deliveries.intend({ intents, owner, now, permitMs, timeoutMs })
  const started: Started[] = []
  const again: Decision[] = []
  const closed: Decision[] = []
  const stale: Decision[] = []
  results.forEach((result, index) => {
    const [wish, intent] = [wishes[index], intents[index]]
    if (wish === undefined || intent === undefined) return
    const { decision, ready, planned } = wish
    if (result.result === 'started') {
      const call = ready?.message ?? (planned as PlannedCall)
      const { delivery } = intent
      const startBy = begun + permitMs - Math.min(500, permitMs / 4)
      started.push({ decision, delivery, call, startBy, idempotencyKey: intent.idempotencyKey, ...permitOf(result) })
    } else if (result.result === 'refused') again.push(refuse(context, decision, intent.delivery, outcomeOf(result)))
    else if (result.result === 'closed') closed.push(decision)
    else stale.push(decision)
  })
  await store.recipients.commit(closed.map(({ before }) => parkedAsIs(before)))
  await release(context, stale)
  await settleFinished(context, await dispatch(context, started))
  return again
}

function permitOf({ fence, permitUntil }: Extract<IntentResult, { result: 'started' }>) {
  return { fence, permitUntil }
}

function intentOf(context: EngineContext, { decision, ready, planned }: Wish, now: Instant): Intent {
  const delivery = ready?.delivery ?? planned.delivery
  return {
    change: changeOf(context, decision, now),
    delivery,
    idempotencyKey: idempotencyKey(context.secret, delivery.id, delivery.contentHash ?? ''),
    guard: ready?.guard ?? null,
    content: decision.loaded.definition.settings.keepContent
      ? JSON.parse(JSON.stringify(ready?.message ?? null))
      : null,
  }
}

function outcomeOf({ verdict }: Extract<IntentResult, { result: 'refused' }>): Outcome {
  if (verdict.verdict === 'skip') return { state: 'skipped', reason: verdict.reason }
  return { state: 'scheduled', reason: verdict.reason, until: verdict.until, byRule: true }
}

/** Decides on what a message's refusal means, with a record of it. The attempt that was not made does not count. */
function refuse(context: EngineContext, decision: Decision, delivery: Delivery, outcome: Outcome): Decision {
  const attempts = Math.max(0, delivery.attempts - 1)
  const record: Delivery = {
    ...delivery,
    attempts,
    intendedAt: attempts === 0 ? null : delivery.intendedAt,
    state: outcome.state === 'skipped' ? 'skipped' : attempts === 0 ? 'scheduled' : 'retry_wait',
    reason: 'reason' in outcome ? outcome.reason : null,
    dueAt: outcome.state === 'scheduled' && outcome.byRule ? outcome.until : delivery.dueAt,
  }
  const noted: Decision = {
    ...decision,
    effects: [...decision.effects, { kind: 'record', delivery: record }],
    start: null,
  }
  return decideOn(noted, { kind: 'outcome', outcome }, context.clock.now())
}

/** What stands still with its campaign, step or workspace leaves the due index until it is resumed. */
function parkedBy({ definition: { campaign } }: Loaded, run: Recipient): RunChange | null {
  if (campaign.status === 'stopping' || campaign.status === 'stopped') return null
  const paused = campaign.status !== 'active' || campaign.pausedSteps.includes(run.stepId)
  return paused ? parkedAsIs(run) : null
}

function parkedAsIs(run: Recipient): RunChange {
  return asIs(run, { ...run, parked: true, claims: 0 })
}

function quarantined(run: Recipient, reason: string): RunChange {
  const change = asIs(run, { ...run, status: 'quarantined', reason, dueAt: null, deliveryId: null, waiting: 'timer' })
  const counter = { campaignId: run.campaignId, stepId: '', name: `recipient.quarantined.${reason}`, by: 1 }
  return { ...change, counters: [counter] }
}

/** A write that changes nothing but the run. */
export function asIs(before: Recipient, recipient: Recipient): RunChange {
  return {
    workspaceId: before.workspaceId,
    recipientId: before.id,
    expectedFence: before.fence,
    recipient,
    deliveries: [],
    contact: null,
    permissions: [],
    events: [],
    counters: [],
    detached: [],
  }
}

async function release({ store }: EngineContext, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return
  await store.recipients.release(
    decisions.map(({ before }) => ({ workspaceId: before.workspaceId, recipientId: before.id, fence: before.fence })),
  )
}
