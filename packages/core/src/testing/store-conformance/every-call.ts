import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import type { Delivery } from '../../delivery/delivery.js'
import type { Store, Transaction } from '../../ports/store.js'
import type { GateScope } from '../../ports/store-control.js'
import type { ClaimedEvent } from '../../ports/store-outbox.js'
import type { Owner } from '../../ports/store-recipients.js'
import type { Recipient } from '../../recipient/recipient.js'
import {
  aCampaign,
  aChange,
  aDelivery,
  aNewRun,
  anEndpoint,
  anEvent,
  anIntent,
  aReport,
  aSettlement,
  aTemplate,
  aVersion,
  minute,
  testStart,
} from '../builders.js'

type Groups = Pick<
  Store,
  'control' | 'campaigns' | 'templates' | 'contacts' | 'recipients' | 'deliveries' | 'inbox' | 'outbox'
>

/** One call of every method of the port; the compiler sees to it that none is missing. */
export type EveryCall = {
  readonly [Group in keyof Groups]: { readonly [Method in keyof Groups[Group]]: () => Promise<unknown> }
}

/** Whose things the calls name. */
export interface Target {
  /** The workspace that the calls are made for. */
  readonly workspaceId: string
  readonly owner: Owner
  /** A run, with the fence it now has. */
  readonly run: Recipient
  readonly delivery: Delivery
  readonly inboxSeqs: readonly number[]
  /** An endpoint of the workspace, and an event that it is being told. */
  readonly claimed: ClaimedEvent
  readonly tx?: Transaction
}

/** Calls of every method that would read or change the target's things if the workspace allowed it. */
export function everyCall(store: Store, target: Target): EveryCall {
  const { workspaceId, owner, inboxSeqs, tx } = target
  const run = { ...target.run, workspaceId }
  const delivery = { ...target.delivery, workspaceId }
  const { campaignId, contactId } = run
  const campaign = aCampaign({ workspaceId, id: campaignId, revision: 99 })
  const now = minute(1)
  const change = aChange(
    run,
    { stepId: 'changed' },
    { deliveries: [aDelivery(run, { ...delivery, reason: 'changed' })] },
  )
  const scope: GateScope = { workspaceId, kind: 'campaign', ref: campaignId }
  const endpointKey = { workspaceId, endpointId: target.claimed.endpoint.id }
  const keys = [{ workspaceId, contactId, addresses: { email: `${contactId}@example.com` } }]
  return {
    control: {
      heartbeat: () => store.control.heartbeat({ ...owner, leaseMs: 1000, now }),
      retire: () => store.control.retire({ engineId: `not-${owner.engineId}`, epoch: owner.epoch }),
      setGate: () => store.control.setGate({ scope, closed: true, now }),
      closedGates: () => store.control.closedGates({ workspaceIds: [workspaceId] }),
      openAttempts: () => store.control.openAttempts({ scope, now }),
      permitTestSend: () =>
        store.control.permitTestSend({
          workspaceId,
          account: 'mail-account',
          now,
          permitMs: 1,
          longestMs: 2,
          budget: 1,
          windowMs: 1000,
        }),
      finishTestSend: () => store.control.finishTestSend({ workspaceId, id: 1, now }),
      secret: () => store.control.secret(),
      nextWorkAt: () => store.control.nextWorkAt(),
      tidy: () => store.control.tidy({ now: testStart, keepKeysMs: 0 }),
      workspace: () => store.control.workspace({ workspaceId }),
      saveWorkspace: () =>
        store.control.saveWorkspace({ workspaceId, settings: { ...defaultWorkspaceSettings, zone: 'Asia/Tokyo' } }),
      audit: () => store.control.audit([{ workspaceId, at: now, actor: null, action: 'x', subject: 'y', detail: {} }]),
      auditLog: () => store.control.auditLog({ workspaceId, limit: 10 }),
    },
    campaigns: {
      save: () => store.campaigns.save({ campaign: { ...campaign, name: 'Changed' }, expectedRevision: null }),
      get: () => store.campaigns.get({ workspaceId, campaignIds: [campaignId] }),
      list: () => store.campaigns.list({ workspaceId }),
      live: () => store.campaigns.live(),
      publish: () => store.campaigns.publish(aVersion(campaign, { version: 7 })),
      versions: () => store.campaigns.versions([{ workspaceId, campaignId, version: 1 }]),
      decide: () =>
        store.campaigns.decide({
          workspaceId,
          campaignId,
          stepId: 's',
          decidedAt: now,
          arm: 'foreign',
          significant: false,
          pValue: null,
          tally: [],
        }),
      decisions: () => store.campaigns.decisions({ workspaceId, campaignIds: [campaignId] }),
      delete: () => store.campaigns.delete({ workspaceId, campaignId }),
    },
    templates: {
      publish: () => store.templates.publish(aTemplate({ workspaceId, author: 'foreign' })),
      get: () => store.templates.get([{ workspaceId, templateId: 'welcome', version: null }]),
      list: () => store.templates.list({ workspaceId }),
      history: () => store.templates.history({ workspaceId, templateId: 'welcome' }),
    },
    contacts: {
      upsert: () => store.contacts.upsert({ workspaceId, contacts: [{ id: contactId, tags: ['changed'] }], now, tx }),
      get: () => store.contacts.get(keys),
      page: () => store.contacts.page({ workspaceId, where: null, now }),
      count: () => store.contacts.count({ workspaceId, where: null, now }),
      byAddress: () => store.contacts.byAddress({ workspaceId, channel: 'email', address: `${contactId}@example.com` }),
      permissions: () => store.contacts.permissions(keys),
      changePermissions: () =>
        store.contacts.changePermissions({
          workspaceId,
          changes: [{ kind: 'lift', channel: 'email', address: `${contactId}@example.com`, reasons: ['stop'] }],
          now,
        }),
      erase: () => store.contacts.erase({ workspaceId, contactId, now }),
    },
    recipients: {
      enroll: () => store.recipients.enroll({ runs: [aNewRun(campaign, contactId)], now, tx }),
      enrollAudience: () =>
        store.recipients.enrollAudience({
          workspaceId,
          campaignId,
          from: null,
          limit: 10,
          where: null,
          now,
          run: { version: 1, runKey: '', again: 'always' },
          begin: () => ({ recipient: aNewRun(campaign, '').recipient, counters: [] }),
        }),
      claimDue: () => store.recipients.claimDue({ owner, now: testStart - 1, limit: 10, skewMs: 0, blocked: [] }),
      release: () => store.recipients.release([{ workspaceId, recipientId: run.id, fence: run.fence }]),
      park: () => store.recipients.park([{ change, account: null }]),
      commit: () => store.recipients.commit([change]),
      get: () => store.recipients.get({ workspaceId, recipientIds: [run.id] }),
      ofContact: () => store.recipients.ofContact({ workspaceId, contactId }),
      ofCampaign: () => store.recipients.ofCampaign({ workspaceId, campaignId }),
      standing: () => store.recipients.standing({ workspaceId, campaignId }),
      nextDueAt: () => store.recipients.nextDueAt(),
      counters: () => store.recipients.counters({ workspaceId, campaignId }),
    },
    deliveries: {
      reserveIds: () => store.deliveries.reserveIds(1),
      intend: () =>
        store.deliveries.intend({
          intents: [anIntent(run, { ...delivery, state: 'sending' })],
          owner,
          now,
          permitMs: 1,
          timeoutMs: 1000,
        }),
      settle: () =>
        store.deliveries.settle({
          settlements: [aSettlement(delivery, { reason: 'changed', change })],
          from: 'sending',
          now,
        }),
      get: () => store.deliveries.get({ workspaceId, deliveryIds: [delivery.id] }),
      ofRecipients: () => store.deliveries.ofRecipients([{ workspaceId, recipientId: run.id }]),
      ofCampaign: () => store.deliveries.ofCampaign({ workspaceId, campaignId }),
      claimReconciliations: () => store.deliveries.claimReconciliations({ now: testStart - 1, limit: 10, leaseMs: 1 }),
      nextLookAt: () => store.deliveries.nextLookAt(),
      tally: () =>
        store.deliveries.tally({ workspaceId, campaignId, stepId: 'split', metric: { event: 'project.created' }, now }),
    },
    inbox: {
      append: () => store.inbox.append({ workspaceId, events: [anEvent(contactId, { name: 'foreign' })], now, tx }),
      appendReports: () =>
        store.inbox.appendReports({
          workspaceId,
          reports: [{ dedupeKey: 'foreign', delivery: { id: delivery.id }, facts: [{ kind: 'complained', at: now }] }],
          now,
          parkMs: 60_000,
        }),
      contactsChanged: () => store.inbox.contactsChanged({ workspaceId, contactIds: [contactId], now, tx }),
      peek: () => store.inbox.peek({ limit: 10 }),
      ingest: () =>
        store.inbox.ingest([
          {
            workspaceId,
            contactId,
            seqs: inboxSeqs,
            expected: [],
            facts: [{ deliveryId: delivery.id, facts: [{ kind: 'complained', at: now }] }],
            changes: [],
            permissions: [],
            counters: [],
            newRuns: [],
          },
        ]),
      events: () => store.inbox.events([{ workspaceId, contactId, names: ['project.created'] }]),
    },
    outbox: {
      endpoints: () => store.outbox.endpoints({ workspaceId }),
      saveEndpoint: () =>
        store.outbox.saveEndpoint({ endpoint: anEndpoint({ workspaceId, id: 'foreign' }), expectedRevision: null }),
      deleteEndpoint: () => store.outbox.deleteEndpoint(endpointKey),
      wanted: () => store.outbox.wanted({ workspaceIds: [workspaceId], tx }),
      claim: () =>
        store.outbox.claim({ now: testStart - 1, limit: 10, perEndpoint: 10, leaseMs: 1000, except: [endpointKey] }),
      settle: () =>
        store.outbox.settle({
          tellings: [{ ...endpointKey, id: target.claimed.id, report: aReport(target.claimed), retryAt: now }],
          now,
          disableAfterMs: 0,
        }),
      recordAttempt: () => store.outbox.recordAttempt({ ...endpointKey, report: aReport(target.claimed) }),
      requeue: () => store.outbox.requeue({ ...endpointKey, setAside: true, now }),
      attempts: () => store.outbox.attempts({ ...endpointKey, limit: 10 }),
      backlog: () => store.outbox.backlog({ workspaceId }),
      nextDueAt: () => store.outbox.nextDueAt(),
      tidy: () => store.outbox.tidy({ attemptsBefore: testStart - 1, eventsBefore: testStart - 1 }),
    },
  }
}

/** The calls by the name of their method: `contacts.erase`. */
export function callsByName(calls: EveryCall): readonly (readonly [string, () => Promise<unknown>])[] {
  return Object.entries(calls).flatMap(([group, methods]) =>
    Object.entries(methods).map(([method, call]) => [`${group}.${method}`, call as () => Promise<unknown>] as const),
  )
}
