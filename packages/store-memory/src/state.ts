import {
  type AuditEntry,
  type Campaign,
  type ClosedGate,
  type Consent,
  type Contact,
  type ContactEvent,
  type Counter,
  contactKey,
  type Delivery,
  type ExperimentDecision,
  type InboxItem,
  type Instant,
  isLive,
  type NewReport,
  type OutboxEvent,
  type Owner,
  type SequenceVersion,
  type Suppression,
  type TemplateVersion,
  type WebhookAttempt,
  type WebhookEndpoint,
  type WorkspaceSettings,
} from '@drumbeat/core'
import { addressKeys } from './addresses.js'
import { DueIndex } from './due-index.js'
import { Journal } from './journal.js'
import { kept } from './kept.js'
import { keyOf } from './keys.js'
import { type RunWithOwner, type StoredRun, StoredRuns } from './stored-run.js'
import { Table } from './table.js'

/** The latest attempt of a delivery. */
export interface Attempt {
  readonly deliveryId: number
  readonly idempotencyKey: string
  readonly permitUntil: Instant
  /** Null = the call may still be under way. */
  readonly finishedAt: Instant | null
}

/** A test send that has begun. */
export interface StoredTestSend {
  readonly id: number
  readonly workspaceId: string
  readonly account: string
  readonly begunAt: Instant
  readonly permitUntil: Instant
  /** When it was over, or will be at the latest. */
  readonly finishedAt: Instant
}

/** An unknown outcome that is being found out. */
export interface Look {
  readonly deliveryId: number
  readonly since: Instant
  readonly lookAt: Instant
}

/** A report that no delivery matches yet. */
export interface ParkedReport {
  readonly seq: number
  readonly workspaceId: string
  readonly report: NewReport
  readonly receivedAt: Instant
  readonly expiresAt: Instant
}

/** A suppression and the bucket of its address: the address itself, or its keyed hash after the person was erased. */
export interface StoredSuppression {
  readonly bucket: string
  readonly suppression: Suppression
}

/** Until when the claims of an engine, of its latest epoch, are safe. */
export interface EngineLease extends Owner {
  readonly leaseExpiresAt: Instant
}

/** An event that an endpoint has not been told of. */
export interface StoredEvent {
  readonly id: number
  readonly endpointId: string
  readonly event: OutboxEvent
  readonly writtenAt: Instant
  readonly attempts: number
  readonly dueAt: Instant
  readonly leaseExpiresAt: Instant | null
  readonly isSetAside: boolean
}

type InWorkspace<Row> = Row & { readonly workspaceId: string }

/** Everything that the store holds: tables, the indexes over them, and the numbers that go up. */
export class State {
  readonly journal = new Journal()
  /** The latest instant that any call has named, for calls that name none. */
  now: Instant = Number.MIN_SAFE_INTEGER
  private lastNumber = 0

  readonly engines = this.table<string, EngineLease>()
  readonly gates = this.table<string, ClosedGate>()
  readonly settings = this.table<string, WorkspaceSettings>()
  readonly audit = this.table<number, AuditEntry & { readonly id: number }>()
  readonly auditOf = this.audit.index(({ workspaceId }) => workspaceId)

  readonly campaigns = this.table<string, Campaign>()
  readonly versions = this.table<string, SequenceVersion>()
  readonly decisions = this.table<string, ExperimentDecision>()
  readonly counters = this.table<string, Counter & { readonly workspaceId: string; readonly campaignId: string }>()
  readonly countersOf = this.counters.index(({ workspaceId, campaignId }) => keyOf(workspaceId, campaignId))
  /** All versions of a template, oldest first. */
  readonly templates = this.table<string, readonly TemplateVersion[]>()

  readonly contacts = this.table<string, InWorkspace<Contact>>()
  readonly contactsOf = this.contacts.index(({ workspaceId }) => workspaceId)
  readonly contactsAt = this.contacts.indexMany((contact) => addressKeys(contact.workspaceId, contact.addresses))
  readonly consents = this.table<string, Consent & { readonly contact: string }>()
  readonly consentsOf = this.consents.index(({ contact }) => contact)
  readonly suppressions = this.table<string, StoredSuppression>()
  readonly suppressionsOf = this.suppressions.index(({ bucket }) => bucket)
  readonly suppressionsOfErased = this.suppressions.index(({ suppression }) => (suppression.address === '' ? '' : null))

  readonly runs = new Table<number, StoredRun, RunWithOwner>(this.journal, new StoredRuns().keep)
  readonly runsOfContact = this.runs.index(({ contactId, standing: { workspaceId } }) =>
    contactKey({ workspaceId, contactId }),
  )
  readonly runsOfCampaign = this.runs.index(({ standing }) => keyOf(standing.workspaceId, standing.campaignId))
  readonly claimsOf = this.runs.index(({ owner }) => (owner === null ? null : keyOf(owner.engineId, owner.epoch)))
  readonly due = new DueIndex(this.runs)

  readonly deliveries = this.table<number, Delivery>()
  readonly deliveriesOfContact = this.deliveries.index((delivery) => contactKey(delivery))
  readonly deliveriesOfRun = this.deliveries.index(({ recipientId }) => String(recipientId))
  readonly deliveriesOfCampaign = this.deliveries.index(({ workspaceId, campaignId }) => keyOf(workspaceId, campaignId))
  readonly deliveriesOfProvider = this.deliveries.index(({ workspaceId, channel, providerId }) =>
    providerId === null ? null : keyOf(workspaceId, channel, providerId),
  )
  readonly attempts = this.table<number, Attempt>()
  readonly openAttempts = this.attempts.index(({ finishedAt }) => (finishedAt === null ? 'open' : null))
  readonly testSends = this.table<number, StoredTestSend>()
  readonly testSendsOf = this.testSends.index(({ workspaceId }) => workspaceId)
  readonly looks = this.table<number, Look>()

  readonly events = this.table<string, InWorkspace<ContactEvent>>()
  readonly eventsOf = this.events.index((event) => keyOf(event.workspaceId, event.contactId, event.name))
  readonly eventsOfContact = this.events.index((event) => contactKey(event))
  readonly inbox = this.table<number, InboxItem>()
  readonly inboxOf = this.inbox.index((item) => contactKey(item))
  /** Messages from contacts that were taken in, which must not count again. */
  readonly permissionCauses = this.table<string, { readonly key: string }>()
  readonly reportKeys = this.table<string, { readonly key: string; readonly receivedAt: Instant }>()
  readonly parked = this.table<number, ParkedReport>()
  readonly parkedFor = this.parked.index(({ workspaceId, report }) => targetKey(workspaceId, report.delivery))

  readonly endpoints = this.table<string, WebhookEndpoint>()
  readonly endpointsOf = this.endpoints.index(({ workspaceId }) => workspaceId)
  readonly outbox = this.table<number, StoredEvent>()
  readonly outboxOf = this.outbox.index(({ endpointId, event }) => keyOf(event.workspaceId, endpointId))
  readonly outboxOfStream = this.outbox.index(({ endpointId, event }) =>
    keyOf(event.workspaceId, endpointId, event.stream),
  )
  readonly webhookAttempts = this.table<
    number,
    { readonly id: number; readonly endpoint: string; readonly report: WebhookAttempt }
  >()
  readonly webhookAttemptsOf = this.webhookAttempts.index(({ endpoint }) => endpoint)

  /** `hashKey` keys the hashes under which the suppressions of erased people are kept. */
  constructor(readonly hashKey: string) {}

  /** A number that no call has got before, rising. Not given back when a transaction rolls back. */
  next(): number {
    this.lastNumber++
    return this.lastNumber
  }

  /** The runs of a contact that go on, in no particular order. */
  liveRunsOf(contact: string): StoredRun[] {
    return this.runsOfContact.of(contact).filter(({ standing }) => isLive(standing))
  }

  private table<Key, Row extends object>(): Table<Key, Row> {
    return new Table(this.journal, kept)
  }
}

/** What a report names its delivery by. */
export function targetKey(workspaceId: string, target: NewReport['delivery']): string {
  return 'id' in target ? keyOf(workspaceId, target.id) : keyOf(workspaceId, target.channel, target.providerId)
}
