import type { Delivery } from '../../delivery/delivery.js'
import { isDrumbeatError } from '../../errors.js'
import type { Owner, Parking, RunChange } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { changeOf, type Decision, decide, leftToClaim } from '../decide.js'
import { deliveryTold, recipientTold } from '../events.js'
import type { IdPool } from '../id-pool.js'
import { type Loaded, loadRuns } from '../load.js'
import { claimWithinRates, giveBackAhead } from '../pacing/claim-within-rates.js'
import { asIs, quarantined, releaseClaims } from '../run-changes.js'
import { lostEnd } from './attempt-end.js'
import { settle } from './settle.js'
import { startCalls } from './start-calls.js'

/** Claims without progress after which a run is worked on alone. */
const claimsInCompany = 2
/** Then five of its own take it out of the way: what happened in company may be anybody's fault. */
const mostClaims = claimsInCompany + 5
/** A decision may start, be refused, and decide again, so often before it is left to the next claim. */
const mostRounds = 10
const idsPerRefusal = 4

/** How many batches follow each other before the engine looks for something else to do. */
const batchesInRow = 4

/**
 * Goes the way of a message with what is due: T0 leases runs; contacts and facts are loaded, decisions made, messages rendered; T1 writes
 * the intents; calls are made within their permits; T2 settles. While there is more than one batch of work, two are under way: one is
 * decided and rendered while the Store writes the other. Returns how many runs were claimed.
 */
export async function advanceDue(context: EngineContext, idsBeside: IdPool): Promise<number> {
  try {
    const claims = await claimDue(context)
    if (claims.length < context.settings.batchSize || context.throttles.isSlowing || claims.some(isSuspect)) {
      await work(context, claims)
      return claims.length
    }
    const first = halved(context)
    const both = await Promise.allSettled([workOff(first, claims), workOff({ ...first, ids: idsBeside })])
    return both.reduce((sum, result) => {
      if (result.status === 'rejected') throw result.reason
      return sum + result.value
    }, 0)
  } finally {
    await giveBackAhead(context)
  }
}

/** Together they have as many calls under way as the engine may. */
function halved(context: EngineContext): EngineContext {
  const { settings } = context
  return { ...context, settings: { ...settings, maxInFlight: Math.ceil(settings.maxInFlight / 2) } }
}

/** Works on batch after batch, as long as they are full. */
async function workOff(context: EngineContext, first?: readonly Recipient[]): Promise<number> {
  let claimed = 0
  for (let batch = 0; batch < batchesInRow; batch++) {
    const claims = batch === 0 && first !== undefined ? first : await claimDue(context)
    if (claims.some(isSuspect)) {
      // Alone is without a second batch beside it, too.
      await giveBack(context, claims)
      break
    }
    claimed += claims.length
    await work(context, claims)
    // An account's limit on calls at once is for one batch: two together would have twice as many.
    if (claims.length < context.settings.batchSize || context.throttles.isSlowing) break
  }
  return claimed
}

async function claimDue(context: EngineContext): Promise<readonly Recipient[]> {
  const owner = context.lease.owner()
  if (owner === null) return []
  try {
    return await claimWithinRates(context, owner, context.clock.now())
  } catch (error) {
    // Some of several may have been claimed before: under a new epoch they are nobody's.
    context.lease.abandon()
    throw error
  }
}

async function work(context: EngineContext, claims: readonly Recipient[]): Promise<void> {
  if (claims.length === 0) return
  const owner = context.lease.owner()
  try {
    // Without a lease they are nobody's any more.
    if (owner !== null) await advanceClaims(context, owner, await apartFromSuspects(context, claims))
  } catch (error) {
    // A Store that cannot be reached for a moment is no run's fault: what can be given back is, uncounted.
    if (isDrumbeatError(error) && error.retryable) await giveBack(context, claims).catch(() => {})
    // Which of these claims were written is not known. Under a new epoch all of them are nobody's, and can be claimed at once.
    context.lease.abandon()
    throw error
  }
}

/**
 * Which of these claims are worked on now. A run that was claimed again and again without getting anywhere may be what brings its engines
 * down: it is worked on alone, so that nobody beside it is blamed. The others are given back, uncounted.
 */
async function apartFromSuspects(context: EngineContext, claims: readonly Recipient[]): Promise<readonly Recipient[]> {
  const suspects = claims.filter(isSuspect)
  // In turn: an engine that is brought down by something else must not be blamed on the same run each time.
  const fewest = Math.min(...suspects.map((run) => run.claims))
  const suspect = suspects.find((run) => run.claims === fewest)
  if (suspect === undefined || claims.length === 1) return claims
  await giveBack(
    context,
    claims.filter((run) => run !== suspect),
  )
  return [suspect]
}

const isSuspect = (run: Recipient): boolean => run.claims > claimsInCompany

function giveBack({ store }: EngineContext, claims: readonly Recipient[]): Promise<void> {
  return store.recipients.release(claims.map(({ workspaceId, id, fence }) => ({ workspaceId, recipientId: id, fence })))
}

async function advanceClaims(context: EngineContext, owner: Owner, claimed: readonly Recipient[]): Promise<void> {
  const now = context.clock.now()
  // Given up before anything is loaded for it: that may be what fails. One with a call under way is looked at first.
  const spent = claimed.filter((run) => run.claims > mostClaims && run.waiting !== 'delivery')
  if (spent.length > 0) await context.store.recipients.commit(spent.map((run) => quarantined(run, 'no_progress')))
  const claims = claimed.filter((run) => !spent.includes(run))
  const loaded = await loadRuns(context, claims)
  const decisions: Decision[] = []
  const lost: { run: Recipient; delivery: Delivery }[] = []
  const changes: RunChange[] = []
  const parkings: Parking[] = []
  for (const run of claims) {
    const known = loaded.get(run.id)
    if (known === undefined) {
      changes.push(quarantined(run, 'definition_missing'))
      continue
    }
    const open = known.facts.deliveries.find(({ id }) => id === run.deliveryId)
    if (run.waiting === 'delivery' && open?.state === 'sending') lost.push({ run, delivery: open })
    else if (isPaused(known, run)) parkings.push({ change: asIs(run, { ...run, claims: 0 }), account: null })
    else if (run.claims > mostClaims) changes.push(quarantined(run, 'no_progress'))
    else {
      const decision = decideSafely(context, known, run, now)
      if ('error' in decision) changes.push(quarantined(run, 'decision_failed', decision.error))
      else decisions.push(decision)
    }
  }
  if (changes.length > 0) await context.store.recipients.commit(changes)
  if (parkings.length > 0) await context.store.recipients.park(parkings)
  // Their engine died with the call under way: nobody knows what became of it.
  await settle(
    context,
    'sending',
    lost.map(({ run, delivery }) => ({ run, end: lostEnd(context, delivery, now) })),
  )
  await carryOut(context, owner, decisions)
}

function decideSafely(
  { events }: EngineContext,
  known: Loaded,
  run: Recipient,
  now: Instant,
): Decision | { readonly error: unknown } {
  try {
    return decide(known, run, { kind: 'due' }, now)
  } catch (error) {
    events.emit('engine.failed', { during: `deciding about run ${run.id}`, error })
    return { error }
  }
}

/** Writes decisions, and starts the calls of those that have one. */
async function carryOut(context: EngineContext, owner: Owner, decisions: readonly Decision[]): Promise<void> {
  let open = decisions.map((decision) => startAlone(decision, context.clock.now()))
  for (let round = 0; open.length > 0 && round < mostRounds; round++) {
    await commit(
      context,
      open.filter(({ start }) => start === null),
    )
    const starting = open.filter(({ start }) => start !== null)
    // What is refused is decided on once more, and may name another delivery.
    await context.ids.ensure(starting.length * idsPerRefusal)
    open = [...(await startCalls(context, owner, starting))]
  }
  await releaseClaims(context, open)
}

/**
 * An intent holds the gate's lock while it is written, so nothing that may wait for somebody else is written with it: a decision that also
 * changes the contact, or reports an event, is written first, and its call left to the next claim.
 */
function startAlone(decision: Decision, now: Instant): Decision {
  const writesMore = decision.effects.some(({ kind }) => kind === 'update' || kind === 'emit')
  return writesMore ? leftToClaim(decision, now) : decision
}

async function commit(context: EngineContext, decisions: readonly Decision[]): Promise<void> {
  if (decisions.length === 0) return
  const now = context.clock.now()
  const results = await context.store.recipients.commit(decisions.map((decision) => changeOf(context, decision, now)))
  results.forEach((result, index) => {
    const decision = decisions[index]
    if (result !== 'applied' || decision === undefined) return
    for (const effect of decision.effects)
      if (effect.kind === 'record') context.events.emit('delivery.recorded', deliveryTold(effect.delivery))
    if (decision.after.status !== 'active') context.events.emit('recipient.ended', recipientTold(decision.after))
  })
}

/** Whether the run stands still with its campaign or step: its planned time is kept until that is resumed. */
function isPaused({ definition: { campaign } }: Loaded, run: Recipient): boolean {
  return campaign.status === 'paused' || Object.hasOwn(campaign.pausedSteps, run.stepId)
}
