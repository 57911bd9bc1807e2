import type { Campaign } from '../campaign/campaign.js'
import { type ConflictError, isDrumbeatError } from '../errors.js'
import type { GateChange } from '../ports/store-control.js'
import type { EngineContext } from './context.js'

const attempts = 20

/** Writes a campaign whose revision was raised by one; false = somebody else changed it meanwhile, and it is left to the next round. */
export async function savedUnlessChanged({ store }: EngineContext, campaign: Campaign): Promise<boolean> {
  try {
    await store.campaigns.save({ campaign, expectedRevision: campaign.revision - 1 })
    return true
  } catch (error) {
    if (isStale(error)) return false
    throw error
  }
}

/**
 * Writes a change to a campaign as it is now. The engine changes campaigns too, as it enrolls their audience: where that comes between, the
 * campaign is read and the change made again.
 * @throws what `read` and `change` throw: a campaign that must not change so is not written.
 */
export async function changeCampaign(
  { store }: EngineContext,
  read: () => Promise<Campaign>,
  change: (campaign: Campaign) => Partial<Campaign>,
  gate?: GateChange,
): Promise<Campaign> {
  for (let attempt = 1; ; attempt++) {
    const campaign = await read()
    const expectedRevision = campaign.revision
    const changed: Campaign = { ...campaign, ...change(campaign), revision: expectedRevision + 1 }
    try {
      await store.campaigns.save({ campaign: changed, expectedRevision, ...(gate === undefined ? {} : { gate }) })
      return changed
    } catch (error) {
      if (!isStale(error) || attempt === attempts) throw error
    }
  }
}

function isStale(error: unknown): boolean {
  return isDrumbeatError(error) && error.code === 'conflict' && (error as ConflictError).kind === 'stale'
}
