import {
  type ClaimedEvent,
  endpointAfter,
  type Instant,
  type OutboxStore,
  type Telling,
  type WebhookEndpoint,
} from '@drumbeat/core'
import { byId, keyOf } from './keys.js'
import { endpointKey, freeAt, isFirst, streamOf } from './outbox.js'
import type { State, StoredEvent } from './state.js'

/** Leases the events that may be told now. */
export function claimEvents(state: State, request: Parameters<OutboxStore['claim']>[0]): readonly ClaimedEvent[] {
  const { now, limit, perEndpoint, leaseMs } = request
  const except = new Set(request.except.map(endpointKey))
  const isFree = (row: StoredEvent) => !row.isSetAside && freeAt(row) <= now && isFirst(state, row)
  const byDue = (a: StoredEvent, b: StoredEvent) => a.dueAt - b.dueAt || byId(a, b)
  const found = state.endpoints.values().flatMap((endpoint) => {
    const key = keyOf(endpoint.workspaceId, endpoint.id)
    if (endpoint.disabled !== null || except.has(key)) return []
    const free = state.outboxOf.of(key).filter(isFree).sort(byDue).slice(0, perEndpoint)
    return free.map((row) => ({ row, endpoint }))
  })
  return found
    .sort((a, b) => byDue(a.row, b.row))
    .slice(0, limit)
    .map(({ row, endpoint }) => {
      const attempt = row.attempts + 1
      const { id, event } = state.outbox.set(row.id, { ...row, attempts: attempt, leaseExpiresAt: now + leaseMs })
      return { id, attempt, endpoint, event }
    })
}

/** Writes how attempts ended; returns the endpoints that are disabled because of them. */
export function settleEvents(state: State, request: Parameters<OutboxStore['settle']>[0]): readonly WebhookEndpoint[] {
  const written = request.tellings.filter((telling) => settle(state, telling))
  return [...new Set(written.map(endpointKey))].flatMap((key) => {
    const mine = written.filter((telling) => endpointKey(telling) === key)
    const before = state.endpoints.get(key)
    if (before === undefined) return []
    const answers = mine.map(({ report }) => report.answer)
    const after = state.endpoints.set(key, endpointAfter(before, answers, request))
    return before.disabled === null && after.disabled !== null ? after : []
  })
}

function settle(state: State, telling: Telling): boolean {
  const { id, report, retryAt } = telling
  const row = state.outbox.get(id)
  const isCurrent =
    row !== undefined &&
    row.event.workspaceId === telling.workspaceId &&
    row.endpointId === telling.endpointId &&
    row.attempts === report.attempt &&
    !row.isSetAside
  if (!isCurrent) return false
  const attemptId = state.next()
  state.webhookAttempts.set(attemptId, { id: attemptId, endpoint: endpointKey(telling), report })
  if (report.answer === 'taken') state.outbox.delete(id)
  else if (retryAt === null) state.outbox.set(id, { ...row, leaseExpiresAt: null, isSetAside: true })
  else putOff(state, row, retryAt)
  return true
}

/** The whole stream waits: nobody needs to look at what stands behind. */
function putOff(state: State, row: StoredEvent, until: Instant): void {
  const { event, endpointId } = row
  for (const one of streamOf(state, { workspaceId: event.workspaceId, endpointId }, event.stream)) {
    const leaseExpiresAt = one.id === row.id ? null : one.leaseExpiresAt
    state.outbox.set(one.id, { ...one, leaseExpiresAt, dueAt: Math.max(one.dueAt, until) })
  }
}
