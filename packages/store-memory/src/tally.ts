import {
  type ContactEvent,
  contactKey,
  type Delivery,
  type DeliveryStore,
  type Instant,
  type Recipient,
  type TallyRow,
} from '@drumbeat/core'
import { keyOf } from './keys.js'
import type { State } from './state.js'

type Request = Parameters<DeliveryStore['tally']>[0]

/** What the people did that a split assigned: one row each, by their first assignment (of those of one moment, the first arm by name). */
export function tally(state: State, request: Request): readonly TallyRow[] {
  const { workspaceId, campaignId, stepId, now } = request
  const first = new Map<string, Omit<TallyRow, 'occurrences'>>()
  for (const { contactId, standing } of state.runsOfCampaign.of(keyOf(workspaceId, campaignId))) {
    const assigned = assignmentOf(standing, stepId)
    const known = first.get(contactId)
    if (assigned === null || (known !== undefined && !isBefore(assigned, known))) continue
    first.set(contactId, { ...assigned, contactId })
  }
  return [...first.values()].map((row) => {
    const isCounted = ({ at }: { readonly at: Instant }) => at >= row.assignedAt && at <= now
    return { ...row, occurrences: occurrencesOf(state, request, row.contactId).filter(isCounted) }
  })
}

type Assignment = Pick<TallyRow, 'arm' | 'assignedAt'>

function isBefore(one: Assignment, other: Assignment): boolean {
  return one.assignedAt === other.assignedAt ? one.arm < other.arm : one.assignedAt < other.assignedAt
}

function assignmentOf({ memory }: Pick<Recipient, 'memory'>, stepId: string): Assignment | null {
  const arm = Object.hasOwn(memory.arms, stepId) ? memory.arms[stepId] : undefined
  const assignedAt = Object.hasOwn(memory.assignedAt, stepId) ? memory.assignedAt[stepId] : undefined
  return arm === undefined || assignedAt === undefined ? null : { arm, assignedAt }
}

function occurrencesOf(state: State, request: Request, contactId: string): TallyRow['occurrences'] {
  const { workspaceId, campaignId, metric } = request
  if ('event' in metric) {
    const events: ContactEvent[] = state.eventsOf.of(keyOf(workspaceId, contactId, metric.event))
    return events.sort((a, b) => a.at - b.at || a.seq - b.seq).map(({ at, data }) => ({ at, data }))
  }
  const deliveries: Delivery[] = state.deliveriesOfContact.of(contactKey({ workspaceId, contactId }))
  const times = deliveries.flatMap((delivery) =>
    delivery.campaignId === campaignId ? (delivery.facts[metric.fact] ?? []) : [],
  )
  return times.sort((a, b) => a - b).map((at) => ({ at, data: {} }))
}
