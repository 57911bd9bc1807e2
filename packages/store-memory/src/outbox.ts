import type { EndpointKey, EventType, Instant, OutboxEvent, Recipient, WebhookEndpoint } from '@drumbeat/core'
import { keyOf } from './keys.js'
import type { State, StoredEvent } from './state.js'

/** The key of an endpoint, and of what it has not been told. */
export function endpointKey({ workspaceId, endpointId }: EndpointKey): string {
  return keyOf(workspaceId, endpointId)
}

/** Writes events for every endpoint that wants them. */
export function appendOutbox(state: State, workspaceId: string, events: readonly OutboxEvent[] = []): void {
  for (const event of events) {
    for (const endpoint of state.endpointsOf.of(workspaceId).filter((one) => wants(one, event.type))) {
      const id = state.next()
      const waiting = { writtenAt: state.now, attempts: 0, dueAt: state.now, leaseExpiresAt: null, isSetAside: false }
      state.outbox.set(id, { id, endpointId: endpoint.id, event: { ...event, workspaceId }, ...waiting })
    }
  }
}

/** Writes what is to be told of runs that began. */
export function appendEntries(
  state: State,
  begun: readonly Recipient[],
  onEntry: ((run: Recipient) => readonly OutboxEvent[]) | undefined,
): void {
  if (onEntry === undefined) return
  for (const run of begun) appendOutbox(state, run.workspaceId, onEntry(run))
}

/** Forgets what has not been told of a stream. */
export function forgetStream(state: State, workspaceId: string, stream: string): boolean {
  const rows = state.endpointsOf
    .of(workspaceId)
    .flatMap(({ id }) => streamOf(state, { workspaceId, endpointId: id }, stream))
  for (const { id } of rows) state.outbox.delete(id)
  return rows.length > 0
}

/** What an endpoint has not been told of one stream, in order. */
export function streamOf(state: State, key: EndpointKey, stream: string): readonly StoredEvent[] {
  return state.outboxOfStream.of(keyOf(key.workspaceId, key.endpointId, stream)).sort((a, b) => a.id - b.id)
}

/** The first of its stream that has not been told: whoever comes behind it waits. */
export function isFirst(state: State, { id, endpointId, event }: StoredEvent): boolean {
  const { workspaceId, stream } = event
  return streamOf(state, { workspaceId, endpointId }, stream).find(({ isSetAside }) => !isSetAside)?.id === id
}

/** From when on it may be claimed. */
export function freeAt({ dueAt, leaseExpiresAt }: StoredEvent): Instant {
  return Math.max(dueAt, leaseExpiresAt ?? dueAt)
}

function wants({ disabled, types }: WebhookEndpoint, type: EventType): boolean {
  return disabled === null && (types.length === 0 || types.includes(type))
}
