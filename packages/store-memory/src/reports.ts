import type { Delivery, InboxStore, Instant, NewReport } from '@drumbeat/core'
import { deliveryOf } from './changes.js'
import { keyOf } from './keys.js'
import { type ParkedReport, type State, targetKey } from './state.js'

type Request = Parameters<InboxStore['appendReports']>[0]

/** Takes a provider's report, unless its key is known: into the inbox, or parked until its delivery turns up. */
export function appendReport(state: State, report: NewReport, { workspaceId, now, parkMs }: Request): boolean {
  const key = keyOf(workspaceId, report.dedupeKey)
  if (state.reportKeys.has(key)) return false
  state.reportKeys.set(key, { key, receivedAt: now })
  const delivery = deliveryOfReport(state, workspaceId, report)
  if (delivery === undefined) {
    const seq = state.next()
    state.parked.set(seq, { seq, workspaceId, report, receivedAt: now, expiresAt: now + parkMs })
  } else {
    putReport(state, delivery, report, now)
  }
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
