import type { Category } from '../contact/consent.js'
import type { FrequencyCap } from '../contact/frequency-cap.js'
import type { Metadata } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import type { SendRules } from '../schedule/window.js'
import type { Condition } from '../sequence/condition.js'
import type { Sequence } from '../sequence/sequence.js'
import type { EntryRule } from './entry-rule.js'
import type { ExitRule } from './exit-rule.js'

/** Where a campaign is in its life. See the state machine in ARCHITECTURE.md. */
export type CampaignStatus =
  | 'draft'
  | 'scheduled'
  | 'active'
  | 'paused'
  | 'stopping'
  | 'stopped'
  | 'completed'
  | 'archived'

/** What to do with the sends that fell due while a campaign was paused. */
export type ResumePolicy = 'send' | 'skip' | 'shift' | 'exit'

/** Send rules by channel name; `'*'` is every channel. They compose with the workspace's and the step's by intersection. */
export interface RulesByChannel {
  readonly [channel: string]: SendRules
}

/** What a campaign is made of, as its author sets it. */
export interface CampaignDefinition {
  readonly name: string
  readonly description?: string
  /** Who may enter, however they come; default everybody. */
  readonly audience?: Condition
  readonly entry: EntryRule
  readonly exits: readonly ExitRule[]
  readonly sequence: Sequence
  readonly rules: RulesByChannel
  readonly caps: readonly FrequencyCap[]
  /** The zone of the campaign's own dates and of contacts without one. */
  readonly zone?: string
  /** What happens to a run whose channel is closed by consent or suppression. Default `skip`. */
  readonly whenClosed: 'skip' | 'exit'
  /** The category of sends that name none. Default `marketing`. */
  readonly category: Category
  readonly metadata?: Metadata
}

/** A campaign: its definition and where it stands. */
export interface Campaign extends CampaignDefinition {
  readonly id: string
  readonly workspaceId: string
  readonly status: CampaignStatus
  /** New runs may begin; false after `finish()`. */
  readonly entryOpen: boolean
  /** The latest published version of its sequence; null = never published. */
  readonly version: number | null
  /** The instant of activation: the anchor `campaignStart`; null = not yet. */
  readonly startedAt: Instant | null
  /** When activation is scheduled; null = it is not. */
  readonly startsAt: Instant | null
  /** The instant it was paused; null = it is not paused. */
  readonly pausedAt: Instant | null
  /** Steps that are paused one by one, and since when. */
  readonly pausedSteps: { readonly [step: string]: Instant }
  /** Pauses that are over, but whose runs have not all been taken up again. */
  readonly resumptions: readonly Resumption[]
  /** Where the audience snapshot has got to; null = done or not begun. */
  readonly activation: ActivationCursor | null
  readonly createdAt: Instant
  /** Raised by every change; an update that names an older one is refused. */
  readonly revision: number
}

/** The end of a pause. What it says is applied to each run once, however often it is begun again. */
export interface Resumption {
  readonly policy: ResumePolicy
  readonly pausedAt: Instant
  /** Null = the campaign as a whole. */
  readonly stepId: string | null
}

/** Progress of the audience snapshot: contacts up to and including `after`, in id order, have been looked at. */
export interface ActivationCursor {
  readonly after: string | null
  readonly enrolled: number
}

const nextStatuses: Readonly<Record<CampaignStatus, readonly CampaignStatus[]>> = {
  draft: ['scheduled', 'active', 'archived'],
  scheduled: ['active', 'draft', 'stopping'],
  active: ['paused', 'completed', 'stopping'],
  paused: ['active', 'stopping'],
  stopping: ['stopped'],
  stopped: ['archived'],
  completed: ['archived'],
  archived: [],
}

/** The statuses that may follow. */
export function statusesAfter(status: CampaignStatus): readonly CampaignStatus[] {
  return nextStatuses[status]
}

/** True while runs of the campaign may advance. */
export function isRunning(campaign: Pick<Campaign, 'status'>): boolean {
  return campaign.status === 'active'
}
