import type { Campaign } from '../../campaign/campaign.js'
import { defaultWorkspaceSettings, type WorkspaceSettings } from '../../campaign/workspace.js'
import { messageReceived } from '../../contact/contact.js'
import { type Inbound, type RawInbound, readInbound } from '../../contact/inbound.js'
import { liftedByStart } from '../../contact/suppression.js'
import type { Delivery } from '../../delivery/delivery.js'
import { deliveryIdOf, deliveryRef, isTestRef } from '../../delivery/delivery-key.js'
import type { Fact } from '../../delivery/facts.js'
import { ConfigurationError, InvalidTransitionError, NotFoundError } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import { hashOfJson } from '../../message/hash.js'
import type { Transaction } from '../../ports/store.js'
import { contactKey, type PermissionChange } from '../../ports/store-contacts.js'
import type { AuditEntry } from '../../ports/store-control.js'
import type { NewEvent, NewReport } from '../../ports/store-inbox.js'
import { type Explanation, explain } from '../../recipient/explain.js'
import type { Recipient } from '../../recipient/recipient.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import { guardJson } from '../../sequence/guard-json.js'
import type { EngineContext } from '../context.js'
import { applyToAll, closeAndDrain, exitAll, pagesOfRuns, type StopReport } from '../control.js'
import { hintDue, hintInbox } from '../hints.js'
import { admits, loadEntryFacts, newRun } from '../intake/entries.js'
import { definitionKey, loadContacts, loadDefinitions } from '../load.js'
import { releaseRuns } from '../release.js'
import { takeUp } from '../resumption.js'
import { Campaigns } from './campaigns.js'
import { settingsProblems } from './check-settings.js'
import { Contacts } from './contacts.js'
import { Templates } from './templates.js'
import { Webhooks } from './webhooks.js'
import { type Wiring, wiringOf } from './wiring.js'

/** An event as a host reports it. */
export interface TrackedEvent {
  /** The host's own id for it: a second report with the same one changes nothing. Default: a hash of the event. */
  readonly id?: string
  readonly contactId: string
  readonly event: string
  /** The event's own time. Default: now. */
  readonly at?: InstantInput
  readonly data?: JsonObject
}

/** What takes part in a transaction of the host's. */
export interface InTransaction {
  readonly tx?: Transaction
}

/** What a provider says of a delivery. */
export interface DeliveryReport {
  readonly delivery: { readonly deliveryRef: string } | { readonly channel: string; readonly providerId: string }
  readonly facts: readonly Fact[]
  /** Unique per provider event: a second report with the same one changes nothing. Default: a hash of the report. */
  readonly dedupeKey?: string
}

/** What became of an enrollment. */
export interface EnrollReport {
  readonly enrolled: readonly Recipient[]
  /** Contacts that were not enrolled, and why. */
  readonly refused: readonly {
    readonly contactId: string
    readonly reason: 'unknown_contact' | 'not_in_audience' | 'already_enrolled'
  }[]
}

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
  async trackAll(tracked: readonly TrackedEvent[], { tx }: InTransaction = {}): Promise<number> {
    const { store, clock } = this.context
    const now = clock.now()
    const events = tracked.map((one): NewEvent => {
      const { contactId, event: name, data = {} } = one
      if (typeof name !== 'string' || name === '' || name.length > 200) {
        throw new ConfigurationError('An event needs a name of 1 to 200 characters, such as "order.placed".')
      }
      guardJson(data)
      const at = one.at === undefined ? now : toInstant(one.at, 'at')
      return { id: one.id ?? `evt_${hashOfJson([contactId, name, at, data])}`, contactId, name, at, data }
    })
    if (events.length === 0) return 0
    const request = { workspaceId: this.id, events, now, ...(tx === undefined ? {} : { tx }) }
    const { appended } = await store.inbox.append(request)
    if (tx === undefined) hintInbox(this.context, this.id)
    return appended
  }

  /** Begins runs of a campaign for contacts. Whom its audience or its re-entry rule forbids is refused, and named. */
  async enroll(
    campaignId: string,
    contactIds: string | readonly string[],
    options: InTransaction & { readonly key?: string; readonly at?: InstantInput } = {},
  ): Promise<EnrollReport> {
    const { store, clock } = this.context
    const campaign = await this.campaigns.get(campaignId)
    if (campaign.version === null || !campaign.entryOpen) {
      throw new ConfigurationError(
        `Campaign "${campaign.name}" lets nobody in: it is ${campaign.status}. Activate it first.`,
      )
    }
    const wanted = [contactIds].flat()
    const contacts = await loadContacts(
      this.context,
      wanted.map((contactId) => ({ workspaceId: this.id, contactId })),
    )
    const facts = await loadEntryFacts(
      this.context,
      [campaign],
      [...contacts.values()].map((contact) => ({ workspaceId: this.id, contact })),
    )
    const now = clock.now()
    const at = options.at === undefined ? now : toInstant(options.at, 'at')
    const refused: EnrollReport['refused'][number][] = []
    const runs = wanted.flatMap((contactId) => {
      const contact = contacts.get(contactKey({ workspaceId: this.id, contactId }))
      if (contact === undefined || !admits(campaign, contact, facts.of(this.id, contactId))) {
        refused.push({ contactId, reason: contact === undefined ? 'unknown_contact' : 'not_in_audience' })
        return []
      }
      return [newRun(campaign, contactId, { at, runKey: options.key ?? '', event: null })]
    })
    const { tx } = options
    const { enrolled } = await store.recipients.enroll({ runs, now, ...(tx === undefined ? {} : { tx }) })
    if (tx === undefined) hintDue(this.context, enrolled)
    for (const { contactId } of runs) {
      if (!enrolled.some((run) => run.contactId === contactId)) refused.push({ contactId, reason: 'already_enrolled' })
    }
    return { enrolled, refused }
  }

  /** Ends a contact's runs through a campaign now. Returns how many ended. */
  async withdraw(campaignId: string, contactId: string, options: { readonly reason?: string } = {}): Promise<number> {
    const runs = await this.context.store.recipients.ofContact({ workspaceId: this.id, contactId, campaignId })
    const live = runs.filter(({ status }) => status === 'active')
    const withdraw = { kind: 'withdraw', reason: options.reason ?? 'removed' } as const
    return (await applyToAll(this.context, live, () => withdraw)).applied
  }

  /**
   * Lets quarantined runs of a campaign go on from where they were, their claims counted from nothing: those of one contact, or all. Put
   * right first what they failed at, or they come back. Returns how many go on.
   * @throws {InvalidTransitionError} when the campaign is stopped, archived, or not active yet.
   */
  async release(campaignId: string, contactId: string | null = null): Promise<number> {
    const { context, id: workspaceId } = this
    const campaign = await this.campaigns.get(campaignId)
    if (!goesOn(campaign)) {
      throw new InvalidTransitionError(
        `Campaign "${campaign.name}" is ${campaign.status}: no run of it can go on. Runs of active, paused and completed campaigns can.`,
      )
    }
    let released = 0
    if (contactId !== null) {
      released = await releaseRuns(
        context,
        await context.store.recipients.ofContact({ workspaceId, contactId, campaignId }),
      )
    } else {
      for await (const runs of pagesOfRuns(context, { workspaceId, campaignId, status: 'quarantined' }))
        released += await releaseRuns(context, runs)
    }
    // Whoever stopped the campaign meanwhile may have looked for its live runs before.
    const latest = await this.campaigns.get(campaignId)
    if (!goesOn(latest)) await exitAll(context, latest, 'stopped')
    return released
  }

  /**
   * Takes in a message from a contact. A stop word closes the address in the whole workspace at once; a start word opens it again. A
   * human message is a reply. Returns how it was read. A message that came before, by its id, opens and closes nothing again, however late
   * it comes: a copy of a start word must not undo the stop that followed it.
   */
  async receive(raw: RawInbound, options: { readonly id?: string } = {}): Promise<Inbound> {
    const { store, clock } = this.context
    const inbound = readInbound(raw)
    const { channel, from: address, keyword, at } = inbound
    const contacts = await store.contacts.byAddress({ workspaceId: this.id, channel, address })
    const id = options.id ?? inbound.providerId
    const changes: PermissionChange[] = []
    if (keyword === 'stop')
      changes.push({ kind: 'suppress', suppression: { channel, address, topic: null, reason: 'stop', at } })
    if (keyword === 'start') changes.push({ kind: 'lift', channel, address, reasons: liftedByStart })
    if (changes.length > 0) {
      const once = id === null ? {} : { once: `inbound/${channel}/${id}` }
      await store.contacts.changePermissions({ workspaceId: this.id, changes, now: clock.now(), ...once })
    }
    for (const { id: contactId } of contacts) {
      const { text, automatic, inReplyTo } = inbound
      const data = { channel, text, keyword, automatic, inReplyTo }
      const known = id === null ? {} : { id: `inbound/${id}/${contactId}` }
      await this.track({ contactId, event: messageReceived, at, data, ...known })
    }
    return inbound
  }

  /**
   * Takes in providers' reports on deliveries. Any order and any number of copies lead to the same result. One on a test send changes
   * nothing.
   * @throws {NotFoundError} when a reference is not one of ours; nothing is taken in then.
   */
  async report(reports: readonly DeliveryReport[]): Promise<void> {
    const { store, clock, settings } = this.context
    await store.open()
    const { secret } = this.context
    const onDeliveries = reports.filter(
      ({ delivery }) => !isTestRef('deliveryRef' in delivery ? delivery.deliveryRef : delivery.providerId),
    )
    const read = onDeliveries.map(({ delivery, facts, dedupeKey }): NewReport => {
      const key = dedupeKey ?? hashOfJson([delivery, facts])
      if (!('deliveryRef' in delivery)) return { dedupeKey: key, delivery, facts }
      return { dedupeKey: key, delivery: { id: idOf(secret, delivery.deliveryRef) }, facts }
    })
    if (read.length === 0) return
    const request = { workspaceId: this.id, reports: read, now: clock.now(), parkMs: settings.parkReportsMs }
    await store.inbox.appendReports(request)
    hintInbox(this.context, this.id)
  }

  /** Where a contact is in a campaign and why, what was not sent and why not, and what comes next: one answer per run, oldest first. */
  async explain(request: { readonly campaignId: string; readonly contactId: string }): Promise<readonly Explanation[]> {
    const { store } = this.context
    const { campaignId, contactId } = request
    await this.campaigns.get(campaignId)
    const runs = await store.recipients.ofContact({ workspaceId: this.id, contactId, campaignId })
    const key = { workspaceId: this.id, contactId }
    const contact = (await loadContacts(this.context, [key])).get(contactKey(key)) ?? null
    const deliveries = await store.deliveries.ofRecipients(
      runs.map(({ id }) => ({ workspaceId: this.id, recipientId: id })),
    )
    const definitions = await loadDefinitions(this.context, runs)
    const closed = await store.control.closedGates({ workspaceIds: [this.id] })
    return runs.flatMap((recipient) => {
      const definition = definitions.get(definitionKey(recipient))
      if (definition === undefined) return []
      return [explain({ definition, recipient, contact, deliveries: deliveries.get(recipient.id) ?? [], closed })]
    })
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
    const id = idOf(this.context.secret, ref)
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

function goesOn({ status }: Campaign): boolean {
  return status === 'active' || status === 'paused' || status === 'completed'
}

function idOf(secret: string, ref: string): number {
  const id = deliveryIdOf(secret, ref)
  if (id === null) throw new NotFoundError(`The delivery reference "${ref.slice(0, 40)}" is not one of ours.`)
  return id
}
