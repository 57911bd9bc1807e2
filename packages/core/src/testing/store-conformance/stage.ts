import type { Campaign } from '../../campaign/campaign.js'
import type { Contact, ContactInput, Permissions } from '../../contact/contact.js'
import type { Delivery } from '../../delivery/delivery.js'
import type { WebhookEndpoint } from '../../outbox/webhook-endpoint.js'
import type { Store } from '../../ports/store.js'
import { contactKey, type PermissionChange } from '../../ports/store-contacts.js'
import type { Intent, IntentResult, Settlement } from '../../ports/store-deliveries.js'
import type { InboxItem, NewEvent } from '../../ports/store-inbox.js'
import type { Owner } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import type { Instant } from '../../schedule/instant.js'
import { aCampaign, aNewRun, anEndpoint, anIntent, aVersion, testStart } from '../builders.js'

/** Leases of test engines are this long. */
export const leaseMs = 60_000
/** How far the clocks of test engines may differ. */
export const skewMs = 5_000
/** How long a call may start after its intent was written. */
export const permitMs = 3_000

/** An empty store with the words that cases are written in. */
export class Stage {
  readonly workspaceId = 'acme'
  /** Another tenant. */
  readonly elsewhere = 'globex'

  constructor(readonly store: Store) {}

  /** Saves a campaign and publishes its first version. */
  async campaign(change: Partial<Campaign> = {}): Promise<Campaign> {
    const campaign = aCampaign({ workspaceId: this.workspaceId, ...change })
    await this.store.campaigns.save({ campaign, expectedRevision: null })
    await this.store.campaigns.publish(aVersion(campaign))
    return campaign
  }

  /** Registers an endpoint. */
  async endpoint(change: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
    const endpoint = anEndpoint({ workspaceId: this.workspaceId, ...change })
    await this.store.outbox.saveEndpoint({ endpoint, expectedRevision: null })
    return endpoint
  }

  /** Begins runs of a campaign, one per contact; they come back in the order of the contacts. */
  async enroll(
    campaign: Pick<Campaign, 'workspaceId' | 'id'>,
    contactIds: readonly string[],
    change: Parameters<typeof aNewRun>[2] = {},
  ): Promise<readonly Recipient[]> {
    const { enrolled } = await this.store.recipients.enroll({
      runs: contactIds.map((contactId) => aNewRun(campaign, contactId, change)),
      now: testStart,
    })
    return [...enrolled].sort((a, b) => contactIds.indexOf(a.contactId) - contactIds.indexOf(b.contactId))
  }

  /** Begins one run, in a new campaign unless one is given. */
  async run(
    change: Parameters<typeof aNewRun>[2] & { readonly campaign?: Campaign; readonly contactId?: string } = {},
  ): Promise<Recipient> {
    const { campaign = await this.campaign(), contactId = 'ana', ...rest } = change
    return only(await this.enroll(campaign, [contactId], rest))
  }

  /** Starts an engine, or starts it over. */
  async engine(engineId = 'engine', now: Instant = testStart): Promise<Owner> {
    const heartbeat = await this.store.control.heartbeat({ engineId, epoch: null, leaseMs, now })
    if (heartbeat === null) throw new Error(`The store refused a new epoch to engine "${engineId}".`)
    return { engineId, epoch: heartbeat.epoch }
  }

  /** Claims what is due. */
  claim(
    owner: Owner,
    now: Instant = testStart,
    change: Partial<Parameters<Store['recipients']['claimDue']>[0]> = {},
  ): Promise<readonly Recipient[]> {
    return this.store.recipients.claimDue({ owner, now, limit: 100, skewMs, blocked: [], ...change })
  }

  /** Begins a run and claims it. */
  async claimedRun(owner: Owner, change: Parameters<Stage['run']>[0] = {}): Promise<Recipient> {
    const { id } = await this.run(change)
    const claimed = (await this.claim(owner)).find((run) => run.id === id)
    if (claimed === undefined) throw new Error(`Run ${id} was not claimed though it is due.`)
    return claimed
  }

  /** Runs of these contacts, each in a campaign of its own, and the engine that has claimed them. */
  async claimedRuns(
    contactIds: readonly string[],
  ): Promise<{ readonly engine: Owner; readonly runs: readonly Recipient[] }> {
    const engine = await this.engine()
    for (const [index, contactId] of contactIds.entries()) {
      await this.run({ campaign: await this.campaign({ id: `campaign-${index}` }), contactId })
    }
    const runs = [...(await this.claim(engine))].sort((a, b) => a.id - b.id)
    if (runs.length !== contactIds.length)
      throw new Error(`${runs.length} of ${contactIds.length} due runs were claimed.`)
    return { engine, runs }
  }

  intend(owner: Owner, intents: readonly Intent[], now: Instant = testStart): Promise<readonly IntentResult[]> {
    return this.store.deliveries.intend({ intents, owner, now, permitMs, timeoutMs: 2_000 })
  }

  /** Starts the call of a claimed run; returns the run as it then is, and its delivery. */
  async start(
    owner: Owner,
    run: Recipient,
    change: Partial<Delivery> & { readonly now?: Instant } = {},
  ): Promise<{ readonly run: Recipient; readonly delivery: Delivery; readonly permitUntil: Instant }> {
    const { now = testStart, ...delivery } = change
    const id = delivery.id ?? (await this.deliveryId())
    const result = only(await this.intend(owner, [anIntent(run, { ...delivery, id }, { now, guard: null })], now))
    if (result.result !== 'started') throw new Error(`The call was not started: ${result.result}.`)
    return { run: await this.runNow(run), delivery: await this.delivery(id), permitUntil: result.permitUntil }
  }

  /** Begins, claims and starts a run. */
  async startedRun(owner: Owner, change: Parameters<Stage['run']>[0] = {}): ReturnType<Stage['start']> {
    return this.start(owner, await this.claimedRun(owner, change))
  }

  async settle(
    settlements: readonly Settlement[],
    from: Parameters<Store['deliveries']['settle']>[0]['from'] = 'sending',
    now: Instant = testStart,
  ): Promise<readonly string[]> {
    return this.store.deliveries.settle({ settlements, from, now })
  }

  async deliveryId(): Promise<number> {
    return only(await this.store.deliveries.reserveIds(1))
  }

  /** The run as the store has it now. */
  async runNow(run: Pick<Recipient, 'workspaceId' | 'id'>): Promise<Recipient> {
    return only(await this.store.recipients.get({ workspaceId: run.workspaceId, recipientIds: [run.id] }))
  }

  async delivery(id: number, workspaceId: string = this.workspaceId): Promise<Delivery> {
    return only(await this.store.deliveries.get({ workspaceId, deliveryIds: [id] }))
  }

  async campaignNow(id = 'onboarding'): Promise<Campaign> {
    return only(await this.store.campaigns.get({ workspaceId: this.workspaceId, campaignIds: [id] }))
  }

  upsert(contacts: readonly ContactInput[], now: Instant = testStart): Promise<{ created: number; updated: number }> {
    return this.store.contacts.upsert({ workspaceId: this.workspaceId, contacts, now })
  }

  async contact(contactId: string, workspaceId: string = this.workspaceId): Promise<Contact | undefined> {
    return (await this.store.contacts.get([{ workspaceId, contactId }]))[0]
  }

  async permissions(
    contactId: string,
    addresses: { readonly [channel: string]: string } = { email: `${contactId}@example.com` },
    workspaceId: string = this.workspaceId,
  ): Promise<Permissions> {
    const found = await this.store.contacts.permissions([{ workspaceId, contactId, addresses }])
    const permissions = found.get(contactKey({ workspaceId, contactId }))
    if (permissions === undefined) throw new Error(`permissions() has no entry for contact "${contactId}".`)
    return permissions
  }

  permit(changes: readonly PermissionChange[], now: Instant = testStart): Promise<void> {
    return this.store.contacts.changePermissions({ workspaceId: this.workspaceId, changes, now })
  }

  append(events: readonly NewEvent[], now: Instant = testStart): Promise<{ appended: number }> {
    return this.store.inbox.append({ workspaceId: this.workspaceId, events, now })
  }

  async inbox(): Promise<readonly InboxItem[]> {
    return (await this.store.inbox.peek({ limit: 100 })).items
  }

  /** The counters that are not zero, as `step name = value`. */
  async counters(campaignId = 'onboarding'): Promise<readonly string[]> {
    const counters = await this.store.recipients.counters({ workspaceId: this.workspaceId, campaignId })
    return counters
      .filter(({ value }) => value !== 0)
      .map(({ stepId, name, value }) => `${stepId} ${name} = ${value}`)
      .sort()
  }
}

/** The single member of a list. */
export function only<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined || items.length !== 1) throw new Error(`Expected exactly one item, got ${items.length}.`)
  return item
}

/** The ids of what was returned, in rising order. */
export function ids(items: readonly { readonly id: number }[]): readonly number[] {
  return items.map(({ id }) => id).sort((a, b) => a - b)
}
