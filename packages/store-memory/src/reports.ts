import { type Delivery, type InboxStore, type Instant, mergeFacts, type NewReport } from '@drumbeat/core'
import { count, deliveryOf } from './changes.js'
import { keyOf } from './keys.js'
import { type ParkedReport, type State, targetKey } from './state.js'

type Request = Parameters<InboxStore['appendReports']>[0]

/**
 * Takes a provider's report, unless its key is known: into its delivery where nobody else has to hear of it, into the inbox, or parked until
 * its delivery turns up. Returns whether it was new.
 */
export function appendReport(state: State, report: NewReport, { workspaceId, now, parkMs }: Request): boolean {
  const key = keyOf(workspaceId, report.dedupeKey)
  if (state.reportKeys.has(key)) return false
  state.reportKeys.set(key, { key, receivedAt: now })
  const delivery = deliveryOfReport(state, workspaceId, report)
  if (delivery === undefined) {
    const seq = state.next()
    state.parked.set(seq, { seq, workspaceId, report, receivedAt: now, expiresAt: now + parkMs })
  } else if (!isQuietlyKnown(state, delivery, report, now)) {
    putReport(state, delivery, report, now)
  }
  return true
}

/** Merges a quiet report where nobody but its delivery has to hear of it. Returns whether it is known then; else it is for the inbox. */
function isQuietlyKnown(
  state: State,
  delivery: Delivery,
  { facts, isQuiet = false }: NewReport,
  now: Instant,
): boolean {
  const [fact, more] = facts
  if (!isQuiet || fact === undefined || more !== undefined) return false
  const { id, workspaceId, campaignId, recipientId, stepId, intendedAt } = delivery
  const at = Math.max(fact.at, Math.min(intendedAt ?? Number.NEGATIVE_INFINITY, now))
  const known = delivery.facts[fact.kind]
  if (known !== undefined) return known <= at
  const status = state.runs.get(recipientId)?.standing.status
  if (delivery.state !== 'sent' || !(status === 'completed' || status === 'exited')) return false
  state.deliveries.set(id, { ...delivery, facts: mergeFacts(delivery.facts, [{ kind: fact.kind, at }]) })
  count(state, workspaceId, [{ campaignId, stepId, name: `fact.${fact.kind}`, by: 1 }])
  return true
}

/** Takes the reports out of the park that wait for this delivery. */
export function matchParked(state: State, delivery: Delivery, now: Instant): void {
  if (state.parked.size === 0) return
  const { id, workspaceId, channel, providerId } = delivery
  const targets = [{ id }, ...(providerId === null ? [] : [{ channel, providerId }])]
  const waiting = targets.flatMap((target) => state.parkedFor.of(targetKey(workspaceId, target)))
  for (const parked of waiting.sort(bySeq)) {
    state.parked.delete(parked.seq)
    if (parked.expiresAt > now) putReport(state, delivery, parked.report, parked.receivedAt)
  }
}

function deliveryOfReport(state: State, workspaceId: string, { delivery }: NewReport): Delivery | undefined {
  if ('id' in delivery) return deliveryOf(state, workspaceId, delivery.id)
  return state.deliveriesOfProvider.of(targetKey(workspaceId, delivery))[0]
}

function putReport(
  state: State,
  { id, workspaceId, contactId }: Delivery,
  { facts }: NewReport,
  receivedAt: Instant,
): void {
  const seq = state.next()
  state.inbox.set(seq, { kind: 'report', seq, workspaceId, contactId, receivedAt, deliveryId: id, facts })
}

function bySeq(a: ParkedReport, b: ParkedReport): number {
  return a.seq - b.seq
}
