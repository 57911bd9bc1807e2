import type { Campaign } from '../campaign/campaign.js'
import type { EngineContext } from './context.js'
import { exitAll } from './control.js'
import { savedUnlessChanged } from './save-campaign.js'

/** Completes campaigns that nobody is left in and nobody can enter, and finishes stops that were interrupted. Returns how many. */
export async function completeFinished(context: EngineContext): Promise<number> {
  let changed = 0
  for (const campaign of await context.store.campaigns.live()) {
    if (campaign.status === 'stopping') changed += await finishStop(context, campaign)
    else if (campaign.status === 'active' && isClosed(campaign)) changed += await completeIfEmpty(context, campaign)
  }
  return changed
}

/** Nobody can enter any more: the snapshot is complete, and its trigger is of the kind that fires once. */
function isClosed({ entry, entryOpen, activation }: Campaign): boolean {
  const once =
    entry.trigger.kind === 'audience' || (entry.trigger.kind === 'schedule' && entry.trigger.every === undefined)
  return activation === null && (!entryOpen || once)
}

async function completeIfEmpty(context: EngineContext, campaign: Campaign): Promise<number> {
  const { workspaceId, id: campaignId, revision } = campaign
  const [anybody] = await context.store.recipients.ofCampaign({ workspaceId, campaignId, live: true, limit: 1 })
  if (anybody !== undefined) return 0
  const completed = { ...campaign, status: 'completed', entryOpen: false, revision: revision + 1 } as const
  return (await savedUnlessChanged(context, completed)) ? 1 : 0
}

/**
 * Ends what is left of a campaign that is being stopped, and calls it stopped once nobody is left. Any engine may do it, and go on with what
 * another one began. Returns 1 if it is stopped now.
 */
export async function finishStop(context: EngineContext, campaign: Campaign): Promise<number> {
  const { store, clock } = context
  const { workspaceId, id, revision } = campaign
  if (campaign.status !== 'stopping') return 0
  await store.control.setGate({ scope: { workspaceId, kind: 'campaign', ref: id }, closed: true, now: clock.now() })
  if (!(await exitAll(context, campaign, 'stopped'))) return 0
  const stopped = {
    ...campaign,
    status: 'stopped',
    entryOpen: false,
    activation: null,
    revision: revision + 1,
  } as const
  return (await savedUnlessChanged(context, stopped)) ? 1 : 0
}
