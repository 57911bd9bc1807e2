import { type ContactIngest, contactKey, type InboxStore, mergeFacts } from '@drumbeat/core'
import { applyChange, count, deliveryOf, writeDelivery } from './changes.js'
import { beginAll } from './enroll.js'
import { changePermission } from './memory-permissions.js'
import { appendEntries, appendOutbox } from './outbox.js'
import type { State } from './state.js'

/** Takes in the items of contacts, each contact on the condition that nothing of it has changed. */
export function ingestAll(state: State, batch: readonly ContactIngest[]): Awaited<ReturnType<InboxStore['ingest']>> {
  const conflicts: string[] = []
  let enrolled = 0
  for (const contact of batch) {
    if (isUnchanged(state, contact)) enrolled += ingest(state, contact)
    else conflicts.push(contactKey(contact))
  }
  return { conflicts, enrolled }
}

function isUnchanged(state: State, { seqs, expected, changes, facts, ...contact }: ContactIngest): boolean {
  const key = contactKey(contact)
  const live = state.liveRunsOf(key).map(({ run }) => run)
  const fences = new Map(expected.map(({ id, fence }) => [id, fence]))
  return (
    live.length === fences.size &&
    live.every(({ id, fence }) => fences.get(id) === fence) &&
    changes.every(({ recipientId, expectedFence }) => fences.get(recipientId) === expectedFence) &&
    facts.every((report) => isNews(state, contact.workspaceId, report)) &&
    seqs.every((seq) => {
      const item = state.inbox.get(seq)
      return item !== undefined && contactKey(item) === key
    })
  )
}

function ingest(state: State, contact: ContactIngest): number {
  const { workspaceId, seqs, facts, permissions, counters, changes, newRuns } = contact
  for (const seq of seqs) state.inbox.delete(seq)
  for (const report of facts) {
    const delivery = deliveryOf(state, workspaceId, report.deliveryId)
    if (delivery === undefined) continue
    writeDelivery(state, { ...delivery, facts: mergeFacts(delivery.facts, report.facts) }, state.now)
  }
  for (const permission of permissions) changePermission(state, workspaceId, permission)
  count(state, workspaceId, counters)
  appendOutbox(state, workspaceId, contact.outbox)
  for (const change of changes) applyChange(state, { ...change, workspaceId })
  const begun = beginAll(state, newRuns)
  appendEntries(state, begun, contact.onEntry)
  return begun.length
}

/** Whether nothing is known by now of what a report was to tell. */
function isNews(
  state: State,
  workspaceId: string,
  { deliveryId, facts, known }: ContactIngest['facts'][number],
): boolean {
  if (known === undefined) return true
  const news = facts.filter(({ kind }) => known[kind] === undefined)
  const delivery = deliveryOf(state, workspaceId, deliveryId)
  return news.every(({ kind }) => delivery !== undefined && delivery.facts[kind] === undefined)
}
