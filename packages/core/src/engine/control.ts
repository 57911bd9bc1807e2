import type { Campaign } from '../campaign/campaign.js'
import { StorageError } from '../errors.js'
import type { GateScope } from '../ports/store-control.js'
import type { Recipient } from '../recipient/recipient.js'
import type { EngineContext } from './context.js'
import { changeBeside, decide, leftToClaim } from './decide.js'
import { IdPool } from './id-pool.js'
import { loadRuns } from './load.js'
import { quarantined } from './run-changes.js'

const runsAtOnce = 500
const attemptsToApply = 20
/** Longer than any engine's permits should be. */
const longestDrainMs = 60_000

/** What a stop left behind. */
export interface StopReport {
  /** Calls that had begun before and whose outcome is not written yet. */
  readonly inFlight: number
  /** How long it took until no further call could start, in milliseconds. */
  readonly drainedMs: number
}

/**
 * Closes a scope and waits until no call in it can start any more, in any process: once the gate is closed no intent can be written,
 * and every permit given before has finished or run out.
 * @throws {StorageError} when the Store cannot be reached, or permits do not run out; the scope stays closed.
 */
export async function closeAndDrain({ store, clock }: EngineContext, scope: GateScope): Promise<StopReport> {
  const begun = clock.monotonic()
  await store.control.setGate({ scope, closed: true, now: clock.now() })
  for (;;) {
    const { inFlight, permitted } = await store.control.openAttempts({ scope, now: clock.now() })
    const drainedMs = clock.monotonic() - begun
    if (permitted === 0) return { inFlight, drainedMs }
    if (drainedMs > longestDrainMs) {
      throw new StorageError(
        `After ${longestDrainMs / 1000} s ${permitted} calls may still start: an engine has longer permits than that. The scope stays closed.`,
        { retryable: true },
      )
    }
    await clock.sleep(20)
  }
}

/** Ends every live run of a campaign for good, chunk by chunk; a crash in between is taken up again. True = nobody is left. */
export async function exitAll(
  context: EngineContext,
  { workspaceId, id: campaignId }: Campaign,
  reason: string,
): Promise<boolean> {
  let complete = true
  for await (const runs of pagesOfRuns(context, { workspaceId, campaignId })) {
    const { missed } = await applyToAll(context, runs, () => ({ kind: 'withdraw', reason }))
    complete &&= missed === 0
  }
  return complete
}

/** The runs of a campaign, page by page in id order. */
export async function* pagesOfRuns(
  { store }: EngineContext,
  wanted: {
    readonly workspaceId: string
    readonly campaignId: string
    readonly parked?: boolean
    readonly stepId?: string
    /** Default: the live ones. */
    readonly status?: Recipient['status']
  },
): AsyncGenerator<readonly Recipient[]> {
  for (let after: string | null = null; ; ) {
    const runs = await store.recipients.ofCampaign({ status: 'active', ...wanted, after, limit: runsAtOnce })
    if (runs.length === 0) return
    yield runs
    after = String(runs.at(-1)?.id ?? '')
  }
}

/** Applies an input to runs; one that changed meanwhile is read again. `missed` = those that changed each time. */
export async function applyToAll(
  shared: EngineContext,
  runs: readonly Recipient[],
  input: (run: Recipient) => Parameters<typeof decide>[2],
): Promise<{ readonly applied: number; readonly missed: number }> {
  // Hosts call this beside the engine's own rounds: it must not use up the ids of their decisions.
  const context: EngineContext = { ...shared, ids: new IdPool(shared.store) }
  let open = runs
  let applied = 0
  for (let attempt = 0; open.length > 0 && attempt < attemptsToApply; attempt++) {
    const loaded = await loadRuns(context, open)
    const now = context.clock.now()
    const changes = open.flatMap((run) => {
      const known = loaded.get(run.id)
      if (known === undefined) return []
      try {
        return changeBeside(context, leftToClaim(decide(known, run, input(run), now), now), now) ?? []
      } catch (error) {
        context.events.emit('engine.failed', { during: `deciding about run ${run.id}`, error })
        return quarantined(run, 'decision_failed', error)
      }
    })
    const results = await context.store.recipients.commit(changes)
    applied += results.filter((result) => result === 'applied').length
    const stale = changes.filter((_, index) => results[index] === 'stale')
    open = (
      await Promise.all(
        stale.map(({ workspaceId, recipientId }) =>
          context.store.recipients.get({ workspaceId, recipientIds: [recipientId] }),
        ),
      )
    ).flat()
  }
  return { applied, missed: open.length }
}
