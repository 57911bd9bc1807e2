import type { Campaign, CampaignDefinition, ResumePolicy } from '../../campaign/campaign.js'
import { type Issue, NotFoundError } from '../../errors.js'
import { hashOfJson } from '../../message/hash.js'
import type { GateChange } from '../../ports/store-control.js'
import type { Counter } from '../../ports/store-recipients.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import type { Sequence, SequenceVersion } from '../../sequence/sequence.js'
import type { EngineContext } from '../context.js'
import { closeAndDrain, type StopReport } from '../control.js'
import { begin } from '../intake/activation.js'
import { finishStop } from '../lifecycle.js'
import { takeUp } from '../resumption.js'
import { changeCampaign } from '../save-campaign.js'
import {
  type CampaignChange,
  legally,
  pauseCampaign,
  pauseStep,
  refusal,
  refuseStale,
  resumeCampaign,
  resumeStep,
} from './campaign-changes.js'
import { type CampaignInput, readCampaign } from './campaign-input.js'
import { issuesOf, type PublishPreview, previewOf, publishVersion } from './publishing.js'

/** The campaigns of one workspace. */
export class Campaigns {
  constructor(
    private readonly context: EngineContext,
    private readonly workspaceId: string,
    private readonly actor: string | null = null,
  ) {}

  /**
   * Creates a campaign as a draft.
   * @throws {ConfigurationError} or {SequenceInvalidError} naming what is wrong; nothing is stored then.
   */
  async create(input: CampaignInput, options: { readonly id?: string } = {}): Promise<Campaign> {
    const { store, clock, random } = this.context
    const now = clock.now()
    const campaign: Campaign = {
      ...readCampaign(input),
      id: options.id ?? `cmp_${hashOfJson([this.workspaceId, input.name, now, random()]).slice(0, 12)}`,
      workspaceId: this.workspaceId,
      status: 'draft',
      entryOpen: false,
      version: null,
      startedAt: null,
      startsAt: null,
      pausedAt: null,
      pausedSteps: {},
      resumptions: [],
      activation: null,
      createdAt: now,
      revision: 1,
    }
    await store.campaigns.save({ campaign, expectedRevision: null })
    await this.note('campaign.created', campaign.id)
    return campaign
  }

  /** @throws {NotFoundError} when this workspace has no such campaign. */
  async get(id: string): Promise<Campaign> {
    const [campaign] = await this.context.store.campaigns.get({ workspaceId: this.workspaceId, campaignIds: [id] })
    if (campaign === undefined) throw new NotFoundError(`Workspace "${this.workspaceId}" has no campaign "${id}".`)
    return campaign
  }

  /** All campaigns, oldest first. */
  list(): Promise<readonly Campaign[]> {
    return this.context.store.campaigns.list({ workspaceId: this.workspaceId })
  }

  /**
   * Replaces what is named. Of a published campaign the sequence changes for new runs only, once it is published again.
   * @throws {ConflictError} of kind `stale` when somebody else changed it meanwhile.
   */
  async update(
    id: string,
    change: Partial<CampaignInput>,
    options: { readonly revision?: number } = {},
  ): Promise<Campaign> {
    return this.change(id, 'campaign.updated', (campaign) => {
      refuseStale(campaign, options.revision)
      if (['stopping', 'stopped', 'completed', 'archived'].includes(campaign.status))
        throw refusal(campaign, 'be changed')
      const read = readCampaign({ ...campaign, entry: undefined, ...change })
      return { ...read, entry: change.entry === undefined ? campaign.entry : read.entry }
    })
  }

  /** A new draft with the same content. */
  async duplicate(id: string, options: { readonly name?: string } = {}): Promise<Campaign> {
    const source = await this.get(id)
    return this.copyOf({ ...source, name: options.name ?? `${source.name} (copy)` })
  }

  /** A new draft of this workspace with the content of a campaign, which may be another workspace's. */
  async copyOf(source: CampaignDefinition, options: { readonly id?: string } = {}): Promise<Campaign> {
    const { audience, entry, exits, rules, caps, zone, whenClosed, category, metadata, description } = source
    const copy = await this.create({ name: source.name, sequence: source.sequence }, options)
    const content = { audience, entry, exits, rules, caps, zone, whenClosed, category, metadata, description }
    return this.change(copy.id, 'campaign.copied', () => content)
  }

  /** Every published version of the campaign's sequence, oldest first. */
  async versions(id: string): Promise<readonly SequenceVersion[]> {
    const { workspaceId } = this
    const { version: latest } = await this.get(id)
    const keys = Array.from({ length: latest ?? 0 }, (_, index) => ({
      workspaceId,
      campaignId: id,
      version: index + 1,
    }))
    const found = await this.context.store.campaigns.versions(keys)
    return [...found].sort((a, b) => a.version - b.version)
  }

  /** What is wrong, or may be, with the campaign's sequence, as `publish()` would judge it; or with another that is to take its place. */
  async lint(id: string, options: { readonly sequence?: Sequence } = {}): Promise<readonly Issue[]> {
    return issuesOf(this.context, { ...(await this.get(id)), ...options })
  }

  /**
   * What publishing the campaign's sequence, or another that is to take its place, would do: in what it differs from the latest version,
   * what is wrong with it, and where people stand. Changes nothing.
   */
  async previewPublish(id: string, options: { readonly sequence?: Sequence } = {}): Promise<PublishPreview> {
    return previewOf(this.context, { ...(await this.get(id)), ...options })
  }

  /**
   * Makes the sequence's current form an immutable version that new runs follow. Runs under way keep theirs. Publishing what is
   * published already changes nothing.
   * @throws {SequenceInvalidError} with every issue that blocks it.
   * @throws {ConflictError} of kind `stale` when it is not at `revision` any more.
   */
  async publish(id: string, options: { readonly revision?: number } = {}): Promise<Campaign> {
    const campaign = await this.get(id)
    refuseStale(campaign, options.revision)
    const version = await publishVersion(this.context, campaign)
    return version === campaign.version ? campaign : this.change(id, 'campaign.published', () => ({ version }))
  }

  /**
   * Publishes the campaign if it is not, and starts it: now, or at `at`.
   * @throws {InvalidTransitionError} when it has been started before.
   */
  async activate(id: string, options: { readonly at?: InstantInput } = {}): Promise<Campaign> {
    const campaign = await this.publish(id)
    if (campaign.status !== 'draft' && campaign.status !== 'scheduled') throw refusal(campaign, 'be activated')
    const startsAt = options.at === undefined ? null : toInstant(options.at, 'at')
    if (startsAt !== null && startsAt > this.context.clock.now()) {
      return this.change(id, 'campaign.scheduled', () => ({ status: 'scheduled', startsAt }))
    }
    const active = await begin(this.context, campaign)
    this.context.wakeUp.call()
    await this.note('campaign.activated', id)
    return active
  }

  /** Lets nobody in any more; those inside go on to the end. */
  async finish(id: string): Promise<Campaign> {
    return this.change(id, 'campaign.finished', () => ({ entryOpen: false }))
  }

  /** Holds every run where it is, or only those in one step. Calls under way finish. */
  async pause(id: string, options: { readonly step?: string } = {}): Promise<Campaign> {
    const { step } = options
    const now = this.context.clock.now()
    const gate = { scope: this.scopeOf(id, step), closed: true, now }
    return step === undefined
      ? this.change(id, 'campaign.paused', pauseCampaign(now), gate)
      : this.change(id, 'step.paused', pauseStep(step, now), gate)
  }

  /**
   * Goes on after a pause. `policy` says what becomes of what fell due meanwhile: `send` it now (default), `skip` it, `shift` everything that
   * counts from a base by the length of the pause, or `exit` those runs.
   * @throws {InvalidTransitionError} when it, or the step, is not paused.
   */
  async resume(
    id: string,
    options: { readonly policy?: ResumePolicy; readonly step?: string } = {},
  ): Promise<Campaign> {
    const { step, policy = 'send' } = options
    const gate = { scope: this.scopeOf(id, step), closed: false, now: this.context.clock.now() }
    const saved = await (step === undefined
      ? this.change(id, 'campaign.resumed', resumeCampaign(policy), gate)
      : this.change(id, 'step.resumed', resumeStep(step, policy), gate))
    await takeUp(this.context, saved)
    this.context.wakeUp.call()
    return this.get(id)
  }

  /**
   * Ends the campaign for good: no call starts once this resolves, and every run exits as `stopped`; those that are being changed at this
   * moment are ended by the engine's next round.
   */
  async stop(id: string): Promise<StopReport> {
    await this.change(id, 'campaign.stopped', () => ({ status: 'stopping' }))
    const report = await closeAndDrain(this.context, this.scopeOf(id))
    await finishStop(this.context, await this.get(id))
    return report
  }

  /** Takes an ended or unused campaign out of sight. */
  async archive(id: string): Promise<Campaign> {
    return this.change(id, 'campaign.archived', () => ({ status: 'archived' }))
  }

  /** Deletes a draft or an archived campaign with everything that belongs to it. */
  async delete(id: string): Promise<void> {
    const campaign = await this.get(id)
    if (campaign.status !== 'draft' && campaign.status !== 'archived') throw refusal(campaign, 'be deleted')
    await this.context.store.campaigns.delete({ workspaceId: this.workspaceId, campaignId: id })
    await this.note('campaign.deleted', id)
  }

  /** What has been counted, per step (`''` = the campaign): people who entered, deliveries by state, facts, ends. */
  counters(id: string): Promise<readonly Counter[]> {
    return this.context.store.recipients.counters({ workspaceId: this.workspaceId, campaignId: id })
  }

  private scopeOf(id: string, step?: string) {
    const { workspaceId } = this
    return step === undefined
      ? { workspaceId, kind: 'campaign' as const, ref: id }
      : { workspaceId, kind: 'step' as const, ref: `${id}/${step}` }
  }

  /** Changes the campaign as it is when it is written, and notes it. */
  private async change(id: string, action: string, change: CampaignChange, gate?: GateChange): Promise<Campaign> {
    const saved = await changeCampaign(this.context, () => this.get(id), legally(change), gate)
    await this.note(action, id)
    return saved
  }

  private note(action: string, subject: string): Promise<void> {
    const { store, clock } = this.context
    const { workspaceId, actor } = this
    return store.control.audit([{ workspaceId, at: clock.now(), actor, action, subject, detail: {} }])
  }
}
