import type { DeliveryStore, Reconciliation } from '@drumbeat/core'
import type { Call } from './call.js'
import { deliveryOf } from './changes.js'
import { intend } from './intend.js'
import { byId, keyOf } from './keys.js'
import { pageOf } from './page.js'
import { settle } from './settle.js'
import type { Look, State } from './state.js'
import { tally } from './tally.js'

/** Deliveries, their attempts, and what became of them. */
export function memoryDeliveries(state: State, call: Call): DeliveryStore {
  return {
    reserveIds: (count) => call({}, () => Array.from({ length: count }, () => state.next())),
    intend: (request) => call(request, () => request.intents.map((intent) => intend(state, intent, request))),
    settle: (request) => call(request, () => request.settlements.map((one) => settle(state, one, request))),
    get: ({ workspaceId, deliveryIds }) =>
      call({}, () => deliveryIds.flatMap((id) => deliveryOf(state, workspaceId, id) ?? [])),
    ofRecipients: (keys) =>
      call({}, () => {
        const of = ({ workspaceId, recipientId }: (typeof keys)[number]) =>
          state.deliveriesOfRun.of(String(recipientId)).filter((delivery) => delivery.workspaceId === workspaceId)
        return new Map(keys.map((key) => [key.recipientId, of(key).sort(byId)]))
      }),
    ofCampaign: (request) =>
      call({}, () => {
        const { workspaceId, campaignId, states, stepId } = request
        const wanted = state.deliveriesOfCampaign
          .of(keyOf(workspaceId, campaignId))
          .filter((delivery) => states === undefined || states.includes(delivery.state))
          .filter((delivery) => stepId === undefined || delivery.stepId === stepId)
        return pageOf(wanted.sort(byId), request)
      }),
    claimReconciliations: (request) => call(request, () => claimLooks(state, request)),
    nextLookAt: () => call({}, () => state.looks.values().sort(byLookAt)[0]?.lookAt ?? null),
    tally: (request) => call(request, () => tally(state, request)),
  }
}

function claimLooks(
  state: State,
  { now, limit, leaseMs }: Parameters<DeliveryStore['claimReconciliations']>[0],
): readonly Reconciliation[] {
  const due = state.looks.values().filter(({ lookAt }) => lookAt <= now)
  return due
    .sort(byLookAt)
    .slice(0, limit)
    .flatMap((look) => {
      const delivery = state.deliveries.get(look.deliveryId)
      if (delivery === undefined) return []
      const { since } = state.looks.set(look.deliveryId, { ...look, lookAt: now + leaseMs })
      return { delivery, since }
    })
}

function byLookAt(a: Look, b: Look): number {
  return a.lookAt - b.lookAt || a.deliveryId - b.deliveryId
}
