import type { Campaign, ResumePolicy } from '../campaign/campaign.js'
import type { GateScope } from '../ports/store-control.js'
import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { EngineContext } from './context.js'
import { changeOf, decide, leftToClaim } from './decide.js'
import { loadRuns } from './load.js'

const runsAtOnce = 500

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
 */
export async function closeAndDrain({ store, clock, settings }: EngineContext, scope: GateScope): Promise<StopReport> {
  const begun = clock.monotonic()
  await store.control.setGate({ scope, closed: true, now: clock.now() })
  const longest = settings.permitMs + settings.intentTimeoutMs + 1000
  for (;;) {
    const { inFlight, permitted } = await store.control.openAttempts({ scope, now: clock.now() })
    const drainedMs = clock.monotonic() - begun
    if (permitted === 0 || drainedMs > longest) return { inFlight, drainedMs }
    await clock.sleep(20)
  }
}

/** Ends every live run of a campaign for good, chunk by chunk; a crash in between is taken up again. */
export async function exitAll(context: EngineContext, campaign: Campaign, reason: string): Promise<number> {
  const { workspaceId, id: campaignId } = campaign
  let ended = 0
  let after: string | null = null
  for (;;) {
    const runs: readonly Recipient[] = await context.store.recipients.ofCampaign({
      workspaceId,
      campaignId,
      live: true,
      after,
      limit: runsAtOnce,
    })
    if (runs.length === 0) return ended
    ended += await applyToAll(context, runs, () => ({ kind: 'withdraw', reason }))
    after = String(runs.at(-1)?.id ?? '')
  }
}

/** Takes parked runs up again, by the policy, chunk by chunk. */
export async function resumeAll(
  context: EngineContext,
  campaign: Pick<Campaign, 'workspaceId' | 'id'>,
  given: { readonly policy: ResumePolicy; readonly pausedAt: Instant; readonly stepId?: string },
): Promise<number> {
  const { policy, pausedAt, stepId } = given
  const { workspaceId, id: campaignId } = campaign
  let resumed = 0
  let after: string | null = null
  for (;;) {
    const runs: readonly Recipient[] = await context.store.recipients.ofCampaign({
      workspaceId,
      campaignId,
      live: true,
      after,
      limit: runsAtOnce,
      ...(stepId === undefined ? {} : { stepId }),
    })
    if (runs.length === 0) return resumed
    const mine = runs.filter(({ parked }) => parked || policy !== 'send')
    resumed += await applyToAll(context, mine, () => ({ kind: 'resume', policy, pausedAt }))
    after = String(runs.at(-1)?.id ?? '')
  }
}

/** Applies an input to runs; one that changed meanwhile is read again, up to five times. */
export async function applyToAll(
  context: EngineContext,
  runs: readonly Recipient[],
  input: (run: Recipient) => Parameters<typeof decide>[2],
): Promise<number> {
  let open = runs
  let applied = 0
  for (let attempt = 0; open.length > 0 && attempt < 5; attempt++) {
    const loaded = await loadRuns(context, open)
    const now = context.clock.now()
    const changes = open.flatMap((run) => {
      const known = loaded.get(run.id)
      return known === undefined ? [] : [changeOf(context, leftToClaim(decide(known, run, input(run), now), now), now)]
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
  return applied
}
