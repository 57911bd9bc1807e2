import { type ContactEvent, contactKey, type InboxStore, type Instant, type NewEvent } from '@drumbeat/core'
import type { Call } from './call.js'
import { ingestAll } from './ingest.js'
import { byId, keyOf } from './keys.js'
import { appendReport } from './reports.js'
import type { State } from './state.js'

const mostEvents = 1000

/** Events, reports and contact changes, in the order of their arrival. */
export function memoryInbox(state: State, call: Call): InboxStore {
  return {
    append: (request) =>
      call(request, () => {
        const { workspaceId, events, now } = request
        return { appended: events.filter((event) => appendEvent(state, workspaceId, event, now)).length }
      }),
    appendReports: (request) =>
      call(request, () => ({
        appended: request.reports.filter((report) => appendReport(state, report, request)).length,
      })),
    contactsChanged: (request) =>
      call(request, () => appendChanged(state, request.workspaceId, request.contactIds, request.now)),
    peek: ({ limit }) =>
      call({}, () => {
        const items = state.inbox.values().sort(bySeq).slice(0, limit)
        const contacts = new Set(items.map((item) => contactKey(item)))
        const runs = [...contacts].flatMap((contact) => state.liveRunsOf(contact)).map(({ run }) => run)
        return { items, runs: runs.sort(byId) }
      }),
    ingest: (batch) => call({}, () => ingestAll(state, batch)),
    events: (queries) => call({}, () => new Map(queries.map((query) => [contactKey(query), eventsOf(state, query)]))),
  }
}

/** Appends an event, unless one of its id is known. */
export function appendEvent(state: State, workspaceId: string, event: NewEvent, receivedAt: Instant): boolean {
  const key = keyOf(workspaceId, event.id)
  if (state.events.has(key)) return false
  const seq = state.next()
  const { id, contactId, name, at, data } = event
  const kept = { seq, id, contactId, name, at, data }
  state.events.set(key, { ...kept, workspaceId })
  state.inbox.set(seq, { kind: 'event', seq, workspaceId, contactId, receivedAt, event: kept })
  return true
}

/** Appends the news that contacts have changed. */
export function appendChanged(
  state: State,
  workspaceId: string,
  contactIds: readonly string[],
  receivedAt: Instant,
): void {
  for (const contactId of contactIds) {
    const seq = state.next()
    state.inbox.set(seq, { kind: 'contact_changed', seq, workspaceId, contactId, receivedAt })
  }
}

function eventsOf(
  state: State,
  { workspaceId, contactId, names }: Parameters<InboxStore['events']>[0][number],
): readonly ContactEvent[] {
  const latest = [...new Set(names)].flatMap((name) =>
    state.eventsOf
      .of(keyOf(workspaceId, contactId, name))
      .sort(bySeq)
      .slice(-mostEvents),
  )
  return latest.sort(bySeq).map(({ workspaceId: _, ...event }) => event)
}

function bySeq(a: { readonly seq: number }, b: { readonly seq: number }): number {
  return a.seq - b.seq
}
