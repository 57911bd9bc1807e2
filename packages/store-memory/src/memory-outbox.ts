import { ConflictError, type OutboxStore, type WebhookEndpoint } from '@drumbeat/core'
import type { Call } from './call.js'
import { byId, byText, keyOf } from './keys.js'
import { endpointKey, freeAt, isFirst } from './outbox.js'
import type { State } from './state.js'
import { claimEvents, settleEvents } from './telling.js'

/** Endpoints, and what they have not been told yet. */
export function memoryOutbox(state: State, call: Call): OutboxStore {
  const rowsOf = (key: Parameters<typeof endpointKey>[0]) => state.outboxOf.of(endpointKey(key)).sort(byId)
  return {
    endpoints: ({ workspaceId }) => call({}, () => oldestFirst(state.endpointsOf.of(workspaceId))),
    saveEndpoint: ({ endpoint, expectedRevision }) =>
      call({}, () => {
        const key = keyOf(endpoint.workspaceId, endpoint.id)
        refuseConflict(endpoint, expectedRevision, state.endpoints.get(key)?.revision ?? null)
        state.endpoints.set(key, endpoint)
      }),
    deleteEndpoint: (key) =>
      call({}, () => {
        for (const { id } of rowsOf(key)) state.outbox.delete(id)
        for (const { id } of state.webhookAttemptsOf.of(endpointKey(key))) state.webhookAttempts.delete(id)
        return state.endpoints.delete(endpointKey(key))
      }),
    wanted: ({ workspaceIds, tx }) =>
      call({ tx }, () =>
        [...new Set(workspaceIds)].flatMap((workspaceId) =>
          oldestFirst(state.endpointsOf.of(workspaceId))
            .filter(({ disabled }) => disabled === null)
            .map(({ types }) => ({ workspaceId, types })),
        ),
      ),
    claim: (request) => call(request, () => claimEvents(state, request)),
    settle: (request) => call(request, () => settleEvents(state, request)),
    recordAttempt: ({ workspaceId, endpointId, report }) =>
      call({}, () => {
        const key = endpointKey({ workspaceId, endpointId })
        if (!state.endpoints.has(key)) return
        const id = state.next()
        state.webhookAttempts.set(id, { id, endpoint: key, report })
      }),
    requeue: ({ now, setAside, ...key }) =>
      call({ now }, () => {
        const rows = rowsOf(key).filter(({ isSetAside }) => setAside || !isSetAside)
        for (const row of rows) {
          const afresh = row.isSetAside ? { isSetAside: false, attempts: 0 } : {}
          state.outbox.set(row.id, { ...row, ...afresh, dueAt: now })
        }
        return rows.length
      }),
    attempts: ({ limit, ...key }) =>
      call({}, () =>
        state.webhookAttemptsOf
          .of(endpointKey(key))
          .sort((a, b) => byId(b, a))
          .slice(0, limit)
          .map(({ report }) => report),
      ),
    backlog: ({ workspaceId }) =>
      call({}, () =>
        oldestFirst(state.endpointsOf.of(workspaceId)).flatMap(({ id: endpointId }) => {
          const rows = rowsOf({ workspaceId, endpointId })
          const setAside = rows.filter(({ isSetAside }) => isSetAside).length
          return rows.length === 0 ? [] : { endpointId, waiting: rows.length - setAside, setAside }
        }),
      ),
    nextDueAt: () =>
      call({}, () => {
        const enabled = state.endpoints.values().filter(({ disabled }) => disabled === null)
        const rows = enabled.flatMap(({ workspaceId, id }) => rowsOf({ workspaceId, endpointId: id }))
        const first = Math.min(...rows.filter((row) => !row.isSetAside && isFirst(state, row)).map(freeAt))
        return Number.isFinite(first) ? first : null
      }),
    tidy: ({ attemptsBefore, eventsBefore }) =>
      call({}, () => {
        const attempts = state.webhookAttempts.values().filter(({ report }) => report.at < attemptsBefore)
        for (const { id } of attempts) state.webhookAttempts.delete(id)
        const events = state.outbox.values().filter(({ writtenAt }) => writtenAt < eventsBefore)
        for (const { id } of events) state.outbox.delete(id)
        return attempts.length + events.length
      }),
  }
}

function oldestFirst(endpoints: readonly WebhookEndpoint[]): readonly WebhookEndpoint[] {
  return [...endpoints].sort(byText(({ id }) => id)).sort((a, b) => a.createdAt - b.createdAt)
}

function refuseConflict({ id }: WebhookEndpoint, expected: number | null, stored: number | null): void {
  if (expected === stored) return
  if (expected === null) throw new ConflictError(`Webhook endpoint "${id}" exists already.`, { kind: 'duplicate' })
  throw new ConflictError(`Webhook endpoint "${id}" is not at revision ${expected} any more. Read it again.`, {
    kind: 'stale',
  })
}
