import type { Campaign } from '../../campaign/campaign.js'
import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import { type Issue, SequenceInvalidError } from '../../errors.js'
import { hashOfJson } from '../../message/hash.js'
import type { Standing } from '../../ports/store-recipients.js'
import { diffSequences, type SequenceDiff } from '../../sequence/diff.js'
import { lintSequence } from '../../sequence/lint.js'
import { type SequenceVersion, stepOf } from '../../sequence/sequence.js'
import type { EngineContext } from '../context.js'

/** What publishing would do. */
export interface PublishPreview {
  /** The number of the version that would be made; null = none, because the latest one says the same. */
  readonly version: number | null
  /** False = an issue blocks it. */
  readonly isAllowed: boolean
  /** In what it differs from the latest version; null = there is none. */
  readonly diff: SequenceDiff | null
  readonly issues: readonly Issue[]
  /** Where live runs stand; `isStepGone` where the new form has no such step. */
  readonly standing: readonly (Standing & { readonly isStepGone: boolean })[]
  /** How many runs go on by the version that they follow now: all that are live. Runs that begin later follow the new one. */
  readonly staying: number
}

/** What is wrong, or may be, with the campaign's sequence, in its workspace and with what the engine was wired with. */
export async function issuesOf(context: EngineContext, campaign: Campaign): Promise<readonly Issue[]> {
  const { store, channels, actions, clock } = context
  const { workspaceId } = campaign
  const settings = (await store.control.workspace({ workspaceId })) ?? defaultWorkspaceSettings
  const templates = await store.templates.list({ workspaceId })
  return lintSequence(campaign.sequence, {
    templates: new Map(templates.map((template) => [template.templateId, template])),
    channels: [...channels.keys()],
    rules: [settings.rules, campaign.rules],
    caps: [...settings.caps, ...campaign.caps],
    actions: [...actions.keys()],
    inputProblems: (name, input) => actions.get(name)?.check?.(input) ?? [],
    calendars: Object.keys(settings.calendars),
    category: campaign.category,
    now: clock.now(),
  })
}

/** What publishing the campaign's sequence would do. Changes nothing. */
export async function previewOf(context: EngineContext, campaign: Campaign): Promise<PublishPreview> {
  const { workspaceId, id: campaignId, version, sequence } = campaign
  const latest = await latestOf(context, campaign)
  const issues = await issuesOf(context, campaign)
  const standing = await context.store.recipients.standing({ workspaceId, campaignId })
  return {
    version: latest?.contentHash === hashOfJson(sequence) ? null : (version ?? 0) + 1,
    isAllowed: issues.every(({ severity }) => severity !== 'error'),
    diff: latest === undefined ? null : diffSequences(latest.sequence, sequence),
    issues,
    standing: standing.map((one) => ({ ...one, isStepGone: stepOf(sequence, one.stepId) === undefined })),
    staying: standing.reduce((sum, { runs }) => sum + runs, 0),
  }
}

/**
 * Makes the campaign's sequence an immutable version, unless the latest one says the same. Returns the number of the version that says it.
 * @throws {SequenceInvalidError} with every issue that blocks it.
 */
export async function publishVersion(context: EngineContext, campaign: Campaign): Promise<number> {
  const errors = (await issuesOf(context, campaign)).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    const list = errors.map(({ message }) => message).join(' ')
    throw new SequenceInvalidError(`Campaign "${campaign.name}" cannot be published: ${list}`, errors)
  }
  const { store, clock } = context
  const { workspaceId, id: campaignId, sequence } = campaign
  const contentHash = hashOfJson(sequence)
  const latest = await latestOf(context, campaign)
  if (latest?.contentHash === contentHash) return latest.version
  const version = (campaign.version ?? 0) + 1
  await store.campaigns.publish({ workspaceId, campaignId, version, sequence, contentHash, publishedAt: clock.now() })
  return version
}

async function latestOf({ store }: EngineContext, campaign: Campaign): Promise<SequenceVersion | undefined> {
  const { workspaceId, id: campaignId, version } = campaign
  const [latest] = await store.campaigns.versions([{ workspaceId, campaignId, version: version ?? 0 }])
  return latest
}
