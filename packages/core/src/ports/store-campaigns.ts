import type { Campaign } from '../campaign/campaign.js'
import type { ArmTally } from '../experiment/winner.js'
import type { OutboxEvent } from '../outbox/outbox-event.js'
import type { Instant } from '../schedule/instant.js'
import type { SequenceVersion } from '../sequence/sequence.js'
import type { GateChange } from './store-control.js'

export type { ArmTally } from '../experiment/winner.js'

/** What an experiment decided. Written once; held people and later arrivals take it. */
export interface ExperimentDecision {
  readonly workspaceId: string
  readonly campaignId: string
  readonly stepId: string
  readonly decidedAt: Instant
  readonly arm: string
  /** Whether the test found a difference, or the fallback was taken. */
  readonly significant: boolean
  readonly pValue: number | null
  readonly tally: readonly ArmTally[]
}

/** Campaigns, their published versions, and the decisions of their experiments. */
export interface CampaignStore {
  /**
   * Writes a campaign whole. `expectedRevision` null = it must not exist yet; otherwise it must be the stored one. `gate` is closed or
   * opened with it, as by `setGate`: both or neither.
   * @throws {ConflictError} of kind `stale` or `duplicate` otherwise.
   */
  save(request: {
    readonly campaign: Campaign
    readonly expectedRevision: number | null
    readonly gate?: GateChange
    /** To be told to the host's endpoints. Default: nothing. */
    readonly outbox?: readonly OutboxEvent[]
  }): Promise<void>
  get(request: { readonly workspaceId: string; readonly campaignIds: readonly string[] }): Promise<readonly Campaign[]>
  /** All campaigns of a workspace, oldest first. */
  list(request: { readonly workspaceId: string }): Promise<readonly Campaign[]>
  /** Campaigns of any workspace that the engine must look after: scheduled, active, paused, stopping. */
  live(): Promise<readonly Campaign[]>
  /** Deletes a campaign with everything that belongs to it. The caller has checked that it may. */
  delete(request: { readonly workspaceId: string; readonly campaignId: string }): Promise<void>
  /** Adds an immutable version. Publishing the same version number again changes nothing: the first stands. */
  publish(version: SequenceVersion): Promise<void>
  /** Versions by number; those that do not exist are left out. */
  versions(
    keys: readonly { readonly workspaceId: string; readonly campaignId: string; readonly version: number }[],
  ): Promise<readonly SequenceVersion[]>
  /** Writes the decision unless there is one, and returns the one that stands. */
  decide(decision: ExperimentDecision): Promise<ExperimentDecision>
  decisions(request: {
    readonly workspaceId: string
    readonly campaignIds: readonly string[]
  }): Promise<readonly ExperimentDecision[]>
}
