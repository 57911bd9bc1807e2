import { type Campaign, type ResumePolicy, statusesAfter } from '../../campaign/campaign.js'
import { ConflictError, InvalidTransitionError, NotFoundError } from '../../errors.js'
import { stepOf } from '../../sequence/sequence.js'

/** What becomes of a campaign as it is when it is written; throws where that is not legal. */
export type CampaignChange = (campaign: Campaign) => Partial<Campaign>

/** Holds the campaign. */
export function pauseCampaign(now: number): CampaignChange {
  return (campaign) => {
    if (campaign.status !== 'active') throw refusal(campaign, 'be paused')
    return { status: 'paused', pausedAt: now }
  }
}

/** Holds one step; one that is held already stays so since then. */
export function pauseStep(step: string, now: number): CampaignChange {
  return ({ name, sequence, pausedSteps }) => {
    if (stepOf(sequence, step) === undefined)
      throw new NotFoundError(`Campaign "${name}" has no step "${step}" to pause.`)
    return { pausedSteps: { [step]: now, ...pausedSteps } }
  }
}

/** Lets the campaign go on, and keeps the pause until every run has been taken up again. */
export function resumeCampaign(policy: ResumePolicy): CampaignChange {
  return (campaign) => {
    const { status, pausedAt, resumptions } = campaign
    if (status !== 'paused' || pausedAt === null) throw refusal(campaign, 'be resumed')
    return { status: 'active', pausedAt: null, resumptions: [...resumptions, { policy, pausedAt, stepId: null }] }
  }
}

/** Lets one step go on, and keeps its pause until every run in it has been taken up again. */
export function resumeStep(step: string, policy: ResumePolicy): CampaignChange {
  return ({ name, pausedSteps, resumptions }) => {
    const { [step]: pausedAt, ...others } = pausedSteps
    if (pausedAt === undefined)
      throw new InvalidTransitionError(`Step "${step}" of campaign "${name}" cannot be resumed: it is not paused.`)
    return { pausedSteps: others, resumptions: [...resumptions, { policy, pausedAt, stepId: step }] }
  }
}

/** The same change, refused where the campaign's status must not become what the change makes of it. */
export function legally(change: CampaignChange): CampaignChange {
  return (campaign) => {
    const changed = change(campaign)
    if (changed.status !== undefined && !statusesAfter(campaign.status).includes(changed.status))
      throw refusal(campaign, `become ${changed.status}`)
    return changed
  }
}

/** Says what the campaign cannot, and what may follow the status that it has. */
export function refusal({ name, status }: Campaign, what: string): InvalidTransitionError {
  const after = statusesAfter(status)
  const legal = after.length === 0 ? 'nothing can follow that' : `what may follow is ${after.join(', ')}`
  return new InvalidTransitionError(`Campaign "${name}" cannot ${what}: it is ${status}, and ${legal}.`)
}

/** @throws {ConflictError} of kind `stale` when the campaign is not at that revision any more. */
export function refuseStale({ id, revision }: Campaign, wanted: number | undefined): void {
  if (wanted === undefined || wanted === revision) return
  throw new ConflictError(`Campaign "${id}" is at revision ${revision}, not ${wanted}.`, { kind: 'stale' })
}
