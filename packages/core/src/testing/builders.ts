import type { Campaign } from '../campaign/campaign.js'
import type { Delivery } from '../delivery/delivery.js'
import type { IntentGuard } from '../delivery/intent.js'
import { contentHash, type TemplateVersion } from '../message/template.js'
import { type OutboxEvent, streamOfContact } from '../outbox/outbox-event.js'
import type { WebhookEndpoint } from '../outbox/webhook-endpoint.js'
import type { Intent, Settlement } from '../ports/store-deliveries.js'
import type { NewEvent, NewRun } from '../ports/store-inbox.js'
import type { ClaimedEvent, WebhookAttempt } from '../ports/store-outbox.js'
import type { RunChange } from '../ports/store-recipients.js'
import { firstMemory } from '../recipient/first-memory.js'
import type { Memory, Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { Sequence, SequenceVersion } from '../sequence/sequence.js'

/** Monday, 2024-03-04 09:00 UTC: when tests begin. It lies in the past, so that no store's own clock is behind it. */
export const testStart: Instant = Date.UTC(2024, 2, 4, 9)

/** An instant of the tests: so many minutes after {@link testStart}. */
export const minute = (minutes: number): Instant => testStart + minutes * 60_000

/** A mail, a day of waiting, an SMS: the sequence of campaigns that need any. */
export const testSequence: Sequence = {
  schema: 1,
  start: 'welcome',
  steps: {
    welcome: { kind: 'send', channel: 'email', template: 'welcome', next: 'overnight' },
    overnight: { kind: 'wait', for: 'P1D', next: 'nudge' },
    nudge: { kind: 'send', channel: 'sms', template: 'nudge', next: 'done' },
    done: { kind: 'exit' },
  },
}

/** An active campaign that anybody may enter through the API. */
export function aCampaign(change: Partial<Campaign> & Pick<Campaign, 'workspaceId'>): Campaign {
  return {
    id: 'onboarding',
    name: 'Onboarding',
    entry: { trigger: { kind: 'api' }, again: 'never' },
    exits: [],
    sequence: testSequence,
    rules: {},
    caps: [],
    whenClosed: 'skip',
    category: 'marketing',
    status: 'active',
    entryOpen: true,
    version: 1,
    startedAt: testStart,
    startsAt: null,
    pausedAt: null,
    pausedSteps: {},
    resumptions: [],
    activation: null,
    createdAt: testStart,
    revision: 1,
    ...change,
  }
}

/** The first published version of a campaign. */
export function aVersion(campaign: Campaign, change: Partial<SequenceVersion> = {}): SequenceVersion {
  return {
    workspaceId: campaign.workspaceId,
    campaignId: campaign.id,
    version: 1,
    sequence: campaign.sequence,
    contentHash: 'first',
    publishedAt: testStart,
    ...change,
  }
}

/** A mail template as it is handed to `templates.publish`. */
export function aTemplate(
  change: Partial<Omit<TemplateVersion, 'version' | 'contentHash'>> & Pick<TemplateVersion, 'workspaceId'>,
): Omit<TemplateVersion, 'version'> {
  const template = {
    templateId: 'welcome',
    channel: 'email',
    content: { kind: 'email' as const, subject: 'Welcome', html: '<p>Hello</p>' },
    author: null,
    note: null,
    createdAt: testStart,
    ...change,
  }
  const { content, partials, fallbacks, trusted } = template
  return { ...template, contentHash: contentHash(content, partials, fallbacks, trusted) }
}

/** What a run remembers that has just begun. */
export function aMemory(change: Partial<Memory> = {}): Memory {
  return { ...firstMemory(testStart, null), ...change }
}

/** A run to begin: due at {@link testStart}, its next message a mail. */
export function aNewRun(
  campaign: Pick<Campaign, 'workspaceId' | 'id'>,
  contactId: string,
  change: Partial<NewRun['recipient']> & Partial<Pick<NewRun, 'runKey' | 'again' | 'version'>> = {},
): NewRun {
  const { runKey = '', again = 'never', version = 1, ...recipient } = change
  return {
    workspaceId: campaign.workspaceId,
    campaignId: campaign.id,
    version,
    contactId,
    runKey,
    again,
    recipient: {
      status: 'active',
      reason: null,
      enrolledAt: testStart,
      endedAt: null,
      stepId: 'welcome',
      visit: 1,
      waiting: 'timer',
      dueAt: testStart,
      lane: { channel: 'email', priority: 'normal' },
      deliveryId: null,
      parked: false,
      memory: aMemory(),
      ...recipient,
    },
  }
}

/** A change that does nothing to the run but raise its fence; on it, what a test is about. */
export function aChange(
  run: Recipient,
  recipient: Partial<Recipient> = {},
  rest: Partial<Omit<RunChange, 'recipient'>> = {},
): RunChange {
  return {
    workspaceId: run.workspaceId,
    recipientId: run.id,
    expectedFence: run.fence,
    keepsClaim: false,
    recipient: { ...run, ...recipient },
    deliveries: [],
    contact: null,
    permissions: [],
    events: [],
    counters: [],
    detached: [],
    ...rest,
  }
}

/** A mail of the run's current step that is deferred. */
export function aDelivery(run: Recipient, change: Partial<Delivery> & Pick<Delivery, 'id'>): Delivery {
  return {
    workspaceId: run.workspaceId,
    campaignId: run.campaignId,
    recipientId: run.id,
    contactId: run.contactId,
    kind: 'message',
    stepId: run.stepId,
    itemId: null,
    visit: run.visit,
    channel: 'email',
    account: 'mail-account',
    category: 'marketing',
    topic: null,
    priority: 'normal',
    state: 'scheduled',
    reason: null,
    plannedAt: testStart,
    dueAt: testStart,
    templateId: 'welcome',
    templateVersion: 1,
    contentHash: null,
    address: null,
    attempts: 0,
    intendedAt: null,
    sentAt: null,
    providerId: null,
    possibleDuplicate: false,
    facts: {},
    reply: null,
    segments: null,
    ...change,
  }
}

/** A guard that lets everything pass but a revoked consent and a suppressed address. */
export function aGuard(contactId: string, change: Partial<IntentGuard> = {}): IntentGuard {
  return {
    channel: 'email',
    account: 'mail-account',
    topic: null,
    category: 'marketing',
    address: `${contactId}@example.com`,
    policy: {},
    caps: [],
    lateGapMs: null,
    zone: 'UTC',
    ...change,
  }
}

/** A wish to start a claimed run's mail, as attempt number `attempts` of its delivery. */
export function anIntent(
  run: Recipient,
  delivery: Partial<Delivery> & Pick<Delivery, 'id'>,
  change: { readonly now?: Instant; readonly guard?: Partial<IntentGuard> | null } = {},
): Intent {
  const { now = testStart, guard = {} } = change
  const attempts = delivery.attempts ?? 1
  return {
    change: aChange(run, { waiting: 'delivery', deliveryId: delivery.id }),
    delivery: aDelivery(run, {
      state: 'sending',
      address: `${run.contactId}@example.com`,
      contentHash: 'content',
      attempts,
      intendedAt: now,
      ...delivery,
    }),
    idempotencyKey: `key-${delivery.id}-${attempts}`,
    guard: guard === null ? null : aGuard(run.contactId, guard),
    content: null,
  }
}

/** The news that the first attempt of a delivery was accepted; nothing changes for its run. */
export function aSettlement(
  delivery: Pick<Delivery, 'id' | 'workspaceId'>,
  change: Partial<Settlement> = {},
): Settlement {
  return {
    workspaceId: delivery.workspaceId,
    deliveryId: delivery.id,
    attempt: 1,
    state: 'sent',
    reason: null,
    providerId: null,
    sentAt: null,
    facts: [],
    reply: null,
    attemptCounts: true,
    possibleDuplicate: false,
    lookAt: null,
    counters: [],
    permissions: [],
    change: null,
    ...change,
  }
}

/** Something that happened to a contact at {@link testStart}. */
export function anEvent(contactId: string, change: Partial<NewEvent> = {}): NewEvent {
  return { id: `event-${contactId}`, contactId, name: 'project.created', at: testStart, data: {}, ...change }
}

/** An endpoint that is told everything. */
export function anEndpoint(change: Partial<WebhookEndpoint> & Pick<WebhookEndpoint, 'workspaceId'>): WebhookEndpoint {
  return {
    id: 'crm',
    url: 'https://crm.acme.test/events',
    description: null,
    types: [],
    disabled: null,
    failingSince: null,
    secretVersion: 1,
    previousSecretUntil: null,
    createdAt: testStart,
    revision: 1,
    ...change,
  }
}

/** That something happened to Ana. */
export function anOutboxEvent(change: Partial<OutboxEvent> & Pick<OutboxEvent, 'workspaceId'>): OutboxEvent {
  const data = { contactId: 'ana' }
  return { id: 'told', type: 'recipient.ended', at: testStart, stream: streamOfContact('ana'), data, ...change }
}

/** An event as it is claimed for the first time. */
export function aClaimedEvent(workspaceId: string): ClaimedEvent {
  return { id: 1, attempt: 1, endpoint: anEndpoint({ workspaceId }), event: anOutboxEvent({ workspaceId }) }
}

/** That an attempt at a claimed event failed, unless told otherwise. */
export function aReport({ attempt, event }: ClaimedEvent, change: Partial<WebhookAttempt> = {}): WebhookAttempt {
  const about = { eventId: event.id, type: event.type, attempt, at: testStart, durationMs: 12 }
  return { ...about, answer: 'failed', status: 500, code: 'http_500', ...change }
}
