import type { Campaign, Resumption } from '../campaign/campaign.js'
import type { Recipient } from '../recipient/recipient.js'
import type { EngineContext } from './context.js'
import { applyToAll, pagesOfRuns } from './control.js'
import { savedUnlessChanged } from './save-campaign.js'

/**
 * Takes the runs of pauses that are over up again, chunk by chunk. A crash in between is made good by the next call, of any engine: each
 * run takes note of the pause, and no run is taken up twice. Returns the number of pauses that are done with.
 */
export async function takeUp(context: EngineContext, campaign: Campaign): Promise<number> {
  const done: Resumption[] = []
  for (const resumption of campaign.resumptions) {
    if (await takeUpRuns(context, campaign, resumption)) done.push(resumption)
  }
  const rest = campaign.resumptions.filter((resumption) => !done.includes(resumption))
  const { revision } = campaign
  // Where somebody else changed it, it is read again in the next round, and nothing is done twice.
  await savedUnlessChanged(context, { ...campaign, resumptions: rest, revision: revision + 1 })
  return done.length
}

async function takeUpRuns(
  context: EngineContext,
  { workspaceId, id: campaignId }: Campaign,
  { policy, pausedAt, stepId }: Resumption,
): Promise<boolean> {
  const wanted = {
    workspaceId,
    campaignId,
    ...(stepId === null ? {} : { stepId }),
    ...(policy === 'send' ? { parked: true } : {}),
  }
  let complete = true
  for await (const runs of pagesOfRuns(context, wanted)) {
    const { missed } = await applyToAll(context, runs.filter(isHeld), () => ({ kind: 'resume', policy, pausedAt }))
    complete &&= missed === 0
  }
  return complete
}

/** A call under way is not touched: its outcome goes on from where the run is. */
function isHeld({ parked, waiting }: Recipient): boolean {
  return parked || waiting !== 'delivery'
}
