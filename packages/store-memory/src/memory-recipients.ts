import { contactKey, isLive, type RecipientStore, type Standing } from '@drumbeat/core'
import type { Call } from './call.js'
import { applyChange, runOf } from './changes.js'
import { claimDue } from './claim-due.js'
import { enroll, enrollAudience } from './enroll.js'
import { byId, byText, keyOf } from './keys.js'
import { firstDue, isClosedFor } from './memory-control.js'
import { appendEntries } from './outbox.js'
import { pageOf } from './page.js'
import type { State } from './state.js'

/** The runs of contacts through campaigns. */
export function memoryRecipients(state: State, call: Call): RecipientStore {
  return {
    enroll: (request) =>
      call(request, () => {
        const enrolled = enroll(state, request)
        appendEntries(state, enrolled, request.onEntry)
        return { enrolled }
      }),
    enrollAudience: (request) => call(request, () => enrollAudience(state, request)),
    claimDue: (request) => call(request, () => claimDue(state, request)),
    release: (claims) =>
      call({}, () => {
        for (const { workspaceId, recipientId, fence } of claims) {
          const stored = runOf(state, workspaceId, recipientId)
          if (stored === undefined || stored.owner === null || stored.standing.fence !== fence) continue
          const run = { ...stored.run, fence: fence + 1, claims: Math.max(0, stored.run.claims - 1) }
          state.runs.set(run.id, { run, owner: null })
        }
      }),
    commit: (changes) => call({}, () => changes.map((change) => applyChange(state, change))),
    park: (parkings) =>
      call({}, () =>
        parkings.map(({ change, account }) => {
          const { workspaceId, recipient } = change
          const parked = isClosedFor(state, { ...recipient, workspaceId, account })
          return applyChange(state, { ...change, recipient: { ...recipient, parked } })
        }),
      ),
    get: ({ workspaceId, recipientIds }) =>
      call({}, () => recipientIds.flatMap((id) => runOf(state, workspaceId, id)?.run ?? [])),
    ofContact: (request) =>
      call({}, () =>
        state.runsOfContact
          .of(contactKey(request))
          .map(({ run }) => run)
          .filter(({ campaignId }) => request.campaignId === undefined || campaignId === request.campaignId)
          .sort(byId),
      ),
    ofCampaign: (request) =>
      call({}, () => {
        const runs = state.runsOfCampaign.of(keyOf(request.workspaceId, request.campaignId)).map(({ run }) => run)
        const { live, status, parked, stepId } = request
        const wanted = runs.filter(
          (run) =>
            (live === undefined || isLive(run) === live) &&
            (status === undefined || run.status === status) &&
            (parked === undefined || run.parked === parked) &&
            (stepId === undefined || run.stepId === stepId),
        )
        return pageOf(wanted.sort(byId), request)
      }),
    standing: ({ workspaceId, campaignId }) =>
      call({}, () => {
        const found = new Map<string, Standing>()
        for (const { standing } of state.runsOfCampaign.of(keyOf(workspaceId, campaignId))) {
          const { version, stepId } = standing
          if (!isLive(standing)) continue
          const key = keyOf(version, stepId)
          found.set(key, { version, stepId, runs: (found.get(key)?.runs ?? 0) + 1 })
        }
        return [...found.values()].sort(byText(({ stepId }) => stepId)).sort((a, b) => a.version - b.version)
      }),
    nextDueAt: () => call({}, () => firstDue(state)),
    counters: ({ workspaceId, campaignId }) =>
      call({}, () =>
        state.countersOf.of(keyOf(workspaceId, campaignId)).map(({ stepId, name, value }) => ({ stepId, name, value })),
      ),
  }
}
