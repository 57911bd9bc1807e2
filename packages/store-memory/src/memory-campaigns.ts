import { type Campaign, type CampaignStore, ConflictError, contactKey, type ExperimentDecision } from '@drumbeat/core'
import type { Call } from './call.js'
import { byText, keyOf } from './keys.js'
import { setGate } from './memory-control.js'
import { appendOutbox } from './outbox.js'
import type { State } from './state.js'

const liveStatuses: readonly Campaign['status'][] = ['scheduled', 'active', 'paused', 'stopping']

/** Campaigns, their versions, and the decisions of their experiments. */
export function memoryCampaigns(state: State, call: Call): CampaignStore {
  return {
    save: ({ campaign, expectedRevision, gate, outbox }) =>
      call(gate ?? {}, () => {
        const key = keyOf(campaign.workspaceId, campaign.id)
        refuseConflict(campaign, expectedRevision, state.campaigns.get(key)?.revision ?? null)
        state.campaigns.set(key, campaign)
        if (gate !== undefined) setGate(state, gate)
        appendOutbox(state, campaign.workspaceId, outbox)
      }),
    get: ({ workspaceId, campaignIds }) =>
      call({}, () => campaignIds.flatMap((id) => state.campaigns.get(keyOf(workspaceId, id)) ?? [])),
    list: ({ workspaceId }) =>
      call({}, () => oldestFirst(state.campaigns.values()).filter((campaign) => campaign.workspaceId === workspaceId)),
    live: () =>
      call({}, () => oldestFirst(state.campaigns.values()).filter(({ status }) => liveStatuses.includes(status))),
    delete: ({ workspaceId, campaignId }) => call({}, () => deleteCampaign(state, workspaceId, campaignId)),
    publish: (version) =>
      call({}, () => {
        const key = keyOf(version.workspaceId, version.campaignId, version.version)
        if (!state.versions.has(key)) state.versions.set(key, version)
      }),
    versions: (keys) =>
      call({}, () =>
        keys.flatMap((key) => state.versions.get(keyOf(key.workspaceId, key.campaignId, key.version)) ?? []),
      ),
    decide: (decision) =>
      call({}, () => {
        const key = decisionKey(decision)
        return state.decisions.get(key) ?? state.decisions.set(key, decision)
      }),
    decisions: ({ workspaceId, campaignIds }) =>
      call({}, () =>
        state.decisions
          .values()
          .filter((decision) => decision.workspaceId === workspaceId && campaignIds.includes(decision.campaignId)),
      ),
  }
}

function refuseConflict({ id, name }: Campaign, expected: number | null, stored: number | null): void {
  if (expected === stored) return
  if (expected === null) {
    throw new ConflictError(`Campaign "${name}" (${id}) exists already. Save it with the revision that was read.`, {
      kind: 'duplicate',
    })
  }
  const now = stored === null ? 'does not exist any more' : `is at revision ${stored}`
  throw new ConflictError(
    `Campaign "${name}" (${id}) was changed at revision ${expected}, but ${now}. Read it again.`,
    {
      kind: 'stale',
    },
  )
}

function deleteCampaign(state: State, workspaceId: string, campaignId: string): void {
  const key = keyOf(workspaceId, campaignId)
  state.campaigns.delete(key)
  const belongs = (row: { readonly workspaceId: string; readonly campaignId: string }) =>
    row.workspaceId === workspaceId && row.campaignId === campaignId
  for (const version of state.versions.values()) {
    if (belongs(version)) state.versions.delete(keyOf(workspaceId, campaignId, version.version))
  }
  for (const decision of state.decisions.values()) if (belongs(decision)) state.decisions.delete(decisionKey(decision))
  for (const { stepId, name } of state.countersOf.of(key)) {
    state.counters.delete(keyOf(workspaceId, campaignId, stepId, name))
  }
  for (const { id } of state.runsOfCampaign.of(key)) state.runs.delete(id)
  const deliveries = state.deliveriesOfCampaign.of(key)
  for (const item of deliveries.flatMap((delivery) => state.inboxOf.of(contactKey(delivery)))) {
    const belongsToIt = item.kind === 'report' && deliveries.some(({ id }) => id === item.deliveryId)
    if (belongsToIt) state.inbox.delete(item.seq)
  }
  for (const { id } of deliveries) {
    state.deliveries.delete(id)
    state.attempts.delete(id)
    state.looks.delete(id)
  }
  for (const { kind, ref, workspaceId: of } of state.gates.values()) {
    const closes = (kind === 'campaign' && ref === campaignId) || (kind === 'step' && ref.startsWith(`${campaignId}/`))
    if (of === workspaceId && closes) state.gates.delete(keyOf(of, kind, ref))
  }
}

function decisionKey({ workspaceId, campaignId, stepId }: ExperimentDecision): string {
  return keyOf(workspaceId, campaignId, stepId)
}

function oldestFirst(campaigns: readonly Campaign[]): readonly Campaign[] {
  return [...campaigns].sort(byText(({ id }) => id)).sort((a, b) => a.createdAt - b.createdAt)
}
