import { defaultWorkspaceSettings, type WorkspaceSettings } from '../../campaign/workspace.js'
import type { Inbound, RawInbound } from '../../contact/inbound.js'
import type { Delivery } from '../../delivery/delivery.js'
import { deliveryRef } from '../../delivery/delivery-key.js'
import { ConfigurationError, NotFoundError } from '../../errors.js'
import type { AuditEntry } from '../../ports/store-control.js'
import type { Explanation } from '../../recipient/explain.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { InstantInput } from '../../schedule/instant.js'
import type { EngineContext } from '../context.js'
import { closeAndDrain, type StopReport } from '../control.js'
import { takeUp } from '../resumption.js'
import { Campaigns } from './campaigns.js'
import { settingsProblems } from './check-settings.js'
import { Contacts } from './contacts.js'
import { type EnrollReport, enrollContacts, releaseQuarantined, withdrawRuns } from './enrollment.js'
import { explainRuns } from './explanations.js'
import {
  appendEvents,
  appendReports,
  type DeliveryReport,
  type InTransaction,
  idOfRef,
  type MessageIdentity,
  receiveMessage,
  type TrackedEvent,
} from './reporting.js'
import { Templates } from './templates.js'
import { Webhooks } from './webhooks.js'
import { type Wiring, wiringOf } from './wiring.js'

/** One tenant: everything it may do, and nothing of anybody else's. */
export class Workspace {
  readonly campaigns: Campaigns
  readonly contacts: Contacts
  readonly templates: Templates
  readonly webhooks: Webhooks

  constructor(
    private readonly context: EngineContext,
    readonly id: string,
    private readonly actor: string | null = null,
  ) {
    this.campaigns = new Campaigns(context, id, actor)
    this.contacts = new Contacts(context, id, actor)
    this.templates = new Templates(context, id)
    this.webhooks = new Webhooks(context, id, actor)
  }

  /** What the engine was wired with. */
  get wiring(): Wiring {
    return wiringOf(this.context)
  }

  /** What applies to all campaigns of the workspace. */
  async settings(): Promise<WorkspaceSettings> {
    return (await this.context.store.control.workspace({ workspaceId: this.id })) ?? defaultWorkspaceSettings
  }

  /**
   * Changes what is named; the rest stays.
   * @throws {ConfigurationError} naming the part that is wrong and what is legal; nothing is changed then.
   */
  async configure(change: Partial<WorkspaceSettings>): Promise<WorkspaceSettings> {
    const [problem] = settingsProblems(change)
    if (problem !== undefined) throw new ConfigurationError(`Workspace "${this.id}" cannot be set up so. ${problem}`)
    const settings = { ...(await this.settings()), ...change }
    await this.context.store.control.saveWorkspace({ workspaceId: this.id, settings })
    return settings
  }

  /**
   * Reports that something happened to a contact. Only appends, so it is cheap and takes part in the host's transaction; runs hear of it
   * when the engine takes it in. False = it was known already.
   */
  async track(tracked: TrackedEvent, options: InTransaction = {}): Promise<boolean> {
    return (await this.trackAll([tracked], options)) > 0
  }

  /** Reports several events at once, all of them or, where one is not valid, none. Returns how many were new. */
  trackAll(tracked: readonly TrackedEvent[], options: InTransaction = {}): Promise<number> {
    return appendEvents(this.context, this.id, tracked, options)
  }

  /** Begins runs of a campaign for contacts. Whom its audience or its re-entry rule forbids is refused, and named. */
  async enroll(
    campaignId: string,
    contactIds: string | readonly string[],
    options: InTransaction & { readonly key?: string; readonly at?: InstantInput } = {},
  ): Promise<EnrollReport> {
    return enrollContacts(this.context, await this.campaigns.get(campaignId), [contactIds].flat(), options)
  }

  /** Ends a contact's runs through a campaign now. Returns how many ended. */
  async withdraw(campaignId: string, contactId: string, options: { readonly reason?: string } = {}): Promise<number> {
    const runs = await this.context.store.recipients.ofContact({ workspaceId: this.id, contactId, campaignId })
    return withdrawRuns(this.context, runs, options.reason ?? 'removed')
  }

  /**
   * Lets quarantined runs of a campaign go on from where they were, their claims counted from nothing: those of one contact, or all. Put
   * right first what they failed at, or they come back. Returns how many go on.
   * @throws {InvalidTransitionError} when the campaign is stopped, archived, or not active yet.
   */
  release(campaignId: string, contactId: string | null = null): Promise<number> {
    return releaseQuarantined(this.context, () => this.campaigns.get(campaignId), contactId)
  }

  /**
   * Takes in a message from a contact. A stop word closes the address in the whole workspace at once; a start word opens it again. A
   * human message is a reply. Returns how it was read. A message that came before, by its id, changes nothing again, however late it comes:
   * a copy of a start word must not undo the stop that followed it.
   */
  receive(raw: RawInbound, identity: MessageIdentity = {}): Promise<Inbound> {
    return receiveMessage(this.context, this.id, raw, identity)
  }

  /**
   * Takes in providers' reports on deliveries. Any order and any number of copies lead to the same result. One on a test send changes
   * nothing.
   * @throws {NotFoundError} when a reference is not one of ours; nothing is taken in then.
   */
  report(reports: readonly DeliveryReport[]): Promise<void> {
    return appendReports(this.context, this.id, reports)
  }

  /** Where a contact is in a campaign and why, what was not sent and why not, and what comes next: one answer per run, oldest first. */
  async explain(request: { readonly campaignId: string; readonly contactId: string }): Promise<readonly Explanation[]> {
    const { campaignId, contactId } = request
    await this.campaigns.get(campaignId)
    const key = { workspaceId: this.id, contactId }
    return explainRuns(this.context, key, await this.context.store.recipients.ofContact({ ...key, campaignId }))
  }

  /** The runs of a campaign, in id order. */
  recipients(
    campaignId: string,
    page: {
      readonly after?: string | null
      readonly limit?: number
      readonly live?: boolean
      readonly status?: Recipient['status']
    } = {},
  ) {
    return this.context.store.recipients.ofCampaign({ workspaceId: this.id, campaignId, ...page })
  }

  /** The deliveries of one run, oldest first. */
  async deliveriesOf(run: Pick<Recipient, 'id'>): Promise<readonly Delivery[]> {
    const key = { workspaceId: this.id, recipientId: run.id }
    return (await this.context.store.deliveries.ofRecipients([key])).get(run.id) ?? []
  }

  /** The deliveries of a campaign, in id order. */
  deliveries(
    campaignId: string,
    page: {
      readonly after?: string | null
      readonly limit?: number
      readonly states?: readonly Delivery['state'][]
    } = {},
  ): Promise<readonly Delivery[]> {
    return this.context.store.deliveries.ofCampaign({ workspaceId: this.id, campaignId, ...page })
  }

  /** The reference that names a delivery outside of Drumbeat: what channels hand to providers. */
  refOf({ id }: Pick<Delivery, 'id'>): string {
    return deliveryRef(this.context.secret, id)
  }

  /** @throws {NotFoundError} when the reference names no delivery of this workspace. */
  async delivery(ref: string): Promise<Delivery> {
    await this.context.store.open()
    const id = idOfRef(this.context.secret, ref)
    const [found] = await this.context.store.deliveries.get({ workspaceId: this.id, deliveryIds: [id] })
    if (found === undefined) throw new NotFoundError(`Workspace "${this.id}" has no delivery "${ref}".`)
    return found
  }

  /** Adds a line to the audit log, under the actor's name. Changes of campaigns and erasures are written there already. */
  async record(entry: Pick<AuditEntry, 'action' | 'subject'> & Partial<Pick<AuditEntry, 'detail'>>): Promise<void> {
    const { store, clock } = this.context
    const { id: workspaceId, actor } = this
    await store.control.audit([{ workspaceId, at: clock.now(), actor, detail: {}, ...entry }])
  }

  /** The audit log, newest first; at most `limit` lines, 1–1,000. */
  auditLog({ limit = 100 }: { readonly limit?: number } = {}): Promise<readonly AuditEntry[]> {
    return this.context.store.control.auditLog({ workspaceId: this.id, limit })
  }

  /**
   * Stops everything in the workspace. Once it resolves, no further call starts in any process; calls already under way are returned as
   * a number. `resumeAfterStop()` opens it again.
   * @throws {StorageError} when the Store cannot be reached: then engines cease by themselves as their leases run out.
   */
  emergencyStop(): Promise<StopReport> {
    return closeAndDrain(this.context, { workspaceId: this.id, kind: 'workspace', ref: '' })
  }

  /**
   * Opens the workspace again after an emergency stop; what stood still goes on by its lateness rules. Safe to call again: what an
   * interrupted call left undone is done then.
   */
  async resumeAfterStop(): Promise<void> {
    const { store, clock } = this.context
    const scope = { workspaceId: this.id, kind: 'workspace' as const, ref: '' }
    const gates = await store.control.closedGates({ workspaceIds: [this.id] })
    const pausedAt = gates.find(({ kind }) => kind === 'workspace')?.closedAt ?? clock.now()
    await store.control.setGate({ scope, closed: false, now: clock.now() })
    for (const campaign of await this.campaigns.list()) {
      if (campaign.status !== 'active') continue
      const resumptions = [...campaign.resumptions, { policy: 'send' as const, pausedAt, stepId: null }]
      await takeUp(this.context, { ...campaign, resumptions })
    }
  }
}
