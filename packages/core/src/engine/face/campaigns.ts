import { type Campaign, type CampaignDefinition, type ResumePolicy, statusesAfter } from '../../campaign/campaign.js'
import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import { ConflictError, InvalidTransitionError, type Issue, NotFoundError, SequenceInvalidError } from '../../errors.js'
import { hashOfJson } from '../../message/hash.js'
import type { GateChange } from '../../ports/store-control.js'
import type { Counter, Standing } from '../../ports/store-recipients.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import { diffSequences, type SequenceDiff } from '../../sequence/diff.js'
import { lintSequence } from '../../sequence/lint.js'
import { type Sequence, type SequenceVersion, stepOf } from '../../sequence/sequence.js'
import type { EngineContext } from '../context.js'
import { closeAndDrain, type StopReport } from '../control.js'
import { begin } from '../intake/activation.js'
import { finishStop } from '../lifecycle.js'
import { takeUp } from '../resumption.js'
import { changeCampaign } from '../save-campaign.js'
import { type CampaignInput, readCampaign } from './campaign-input.js'

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
        throw this.refuses(campaign, 'be changed')
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
    return this.issuesOf({ ...(await this.get(id)), ...options })
  }

  /**
   * What publishing the campaign's sequence, or another that is to take its place, would do: in what it differs from the latest version,
   * what is wrong with it, and where people stand. Changes nothing.
   */
  async previewPublish(id: string, options: { readonly sequence?: Sequence } = {}): Promise<PublishPreview> {
    const { store } = this.context
    const { workspaceId } = this
    const campaign = { ...(await this.get(id)), ...options }
    const current = campaign.version ?? 0
    const [latest] = await store.campaigns.versions([{ workspaceId, campaignId: id, version: current }])
    const issues = await this.issuesOf(campaign)
    const standing = await store.recipients.standing({ workspaceId, campaignId: id })
    const isSame = latest?.contentHash === hashOfJson(campaign.sequence)
    return {
      version: isSame ? null : current + 1,
      isAllowed: issues.every(({ severity }) => severity !== 'error'),
      diff: latest === undefined ? null : diffSequences(latest.sequence, campaign.sequence),
      issues,
      standing: standing.map((one) => ({ ...one, isStepGone: stepOf(campaign.sequence, one.stepId) === undefined })),
      staying: standing.reduce((sum, { runs }) => sum + runs, 0),
    }
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
    const errors = (await this.issuesOf(campaign)).filter(({ severity }) => severity === 'error')
    if (errors.length > 0) {
      const list = errors.map(({ message }) => message).join(' ')
      throw new SequenceInvalidError(`Campaign "${campaign.name}" cannot be published: ${list}`, errors)
    }
    const { store, clock } = this.context
    const { workspaceId, sequence } = campaign
    const contentHash = hashOfJson(sequence)
    const current = campaign.version ?? 0
    const known = await store.campaigns.versions([{ workspaceId, campaignId: id, version: current }])
    if (known[0]?.contentHash === contentHash) return campaign
    const version = current + 1
    await store.campaigns.publish({
      workspaceId,
      campaignId: id,
      version,
      sequence,
      contentHash,
      publishedAt: clock.now(),
    })
    return this.change(id, 'campaign.published', () => ({ version }))
  }

  /**
   * Publishes the campaign if it is not, and starts it: now, or at `at`.
   * @throws {InvalidTransitionError} when it has been started before.
   */
  async activate(id: string, options: { readonly at?: InstantInput } = {}): Promise<Campaign> {
    const campaign = await this.publish(id)
    if (campaign.status !== 'draft' && campaign.status !== 'scheduled') throw this.refuses(campaign, 'be activated')
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
    if (step === undefined) {
      const pause = (campaign: Campaign): Partial<Campaign> => {
        if (campaign.status !== 'active') throw this.refuses(campaign, 'be paused')
        return { status: 'paused', pausedAt: now }
      }
      return this.change(id, 'campaign.paused', pause, gate)
    }
    const pauseStep = ({ name, sequence, pausedSteps }: Campaign): Partial<Campaign> => {
      if (stepOf(sequence, step) === undefined)
        throw new NotFoundError(`Campaign "${name}" has no step "${step}" to pause.`)
      return { pausedSteps: { [step]: now, ...pausedSteps } }
    }
    return this.change(id, 'step.paused', pauseStep, gate)
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
    const resume = (campaign: Campaign): Partial<Campaign> => {
      const { pausedAt, resumptions } = campaign
      if (campaign.status !== 'paused' || pausedAt === null) throw this.refuses(campaign, 'be resumed')
      return { status: 'active', pausedAt: null, resumptions: [...resumptions, { policy, pausedAt, stepId: null }] }
    }
    const resumeStep = ({ name, pausedSteps, resumptions }: Campaign): Partial<Campaign> => {
      const { [step ?? '']: pausedAt, ...others } = pausedSteps
      if (step === undefined || pausedAt === undefined)
        throw new InvalidTransitionError(`Step "${step}" of campaign "${name}" cannot be resumed: it is not paused.`)
      return { pausedSteps: others, resumptions: [...resumptions, { policy, pausedAt, stepId: step }] }
    }
    const saved = await (step === undefined
      ? this.change(id, 'campaign.resumed', resume, gate)
      : this.change(id, 'step.resumed', resumeStep, gate))
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
    if (campaign.status !== 'draft' && campaign.status !== 'archived') throw this.refuses(campaign, 'be deleted')
    await this.context.store.campaigns.delete({ workspaceId: this.workspaceId, campaignId: id })
    await this.note('campaign.deleted', id)
  }

  /** What has been counted, per step (`''` = the campaign): people who entered, deliveries by state, facts, ends. */
  counters(id: string): Promise<readonly Counter[]> {
    return this.context.store.recipients.counters({ workspaceId: this.workspaceId, campaignId: id })
  }

  private async issuesOf(campaign: Campaign): Promise<readonly Issue[]> {
    const { store, channels, actions, clock } = this.context
    const settings = (await store.control.workspace({ workspaceId: this.workspaceId })) ?? defaultWorkspaceSettings
    const templates = await store.templates.list({ workspaceId: this.workspaceId })
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

  private scopeOf(id: string, step?: string) {
    const { workspaceId } = this
    return step === undefined
      ? { workspaceId, kind: 'campaign' as const, ref: id }
      : { workspaceId, kind: 'step' as const, ref: `${id}/${step}` }
  }

  /** Changes the campaign as it is when it is written, and notes it. */
  private async change(
    id: string,
    action: string,
    change: (campaign: Campaign) => Partial<Campaign>,
    gate?: GateChange,
  ): Promise<Campaign> {
    const legal = (campaign: Campaign): Partial<Campaign> => {
      const changed = change(campaign)
      if (changed.status !== undefined && !statusesAfter(campaign.status).includes(changed.status))
        throw this.refuses(campaign, `become ${changed.status}`)
      return changed
    }
    const saved = await changeCampaign(this.context, () => this.get(id), legal, gate)
    await this.note(action, id)
    return saved
  }

  private refuses({ name, status }: Campaign, what: string): InvalidTransitionError {
    const after = statusesAfter(status)
    const legal = after.length === 0 ? 'nothing can follow that' : `what may follow is ${after.join(', ')}`
    return new InvalidTransitionError(`Campaign "${name}" cannot ${what}: it is ${status}, and ${legal}.`)
  }

  private note(action: string, subject: string): Promise<void> {
    const { store, clock } = this.context
    const { workspaceId, actor } = this
    return store.control.audit([{ workspaceId, at: clock.now(), actor, action, subject, detail: {} }])
  }
}

/** @throws {ConflictError} of kind `stale` when the campaign is not at that revision any more. */
function refuseStale({ id, revision }: Campaign, wanted: number | undefined): void {
  if (wanted === undefined || wanted === revision) return
  throw new ConflictError(`Campaign "${id}" is at revision ${revision}, not ${wanted}.`, { kind: 'stale' })
}
