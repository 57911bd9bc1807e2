import type { Campaign } from '../campaign/campaign.js'
import type { EngineContext } from './context.js'
import { exitAll } from './control.js'

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
  await context.store.campaigns.save({
    campaign: { ...campaign, status: 'completed', entryOpen: false, revision: revision + 1 },
    expectedRevision: revision,
  })
  return 1
}

/** Ends what is left of a campaign that is being stopped, and calls it stopped. */
export async function finishStop(context: EngineContext, campaign: Campaign): Promise<number> {
  await exitAll(context, campaign, 'stopped')
  await context.store.campaigns.save({
    campaign: { ...campaign, status: 'stopped', entryOpen: false, activation: null, revision: campaign.revision + 1 },
    expectedRevision: campaign.revision,
  })
  return 1
}
