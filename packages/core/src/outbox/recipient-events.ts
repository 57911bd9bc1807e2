import type { Recipient } from '../recipient/recipient.js'
import type { Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'
import { eventId, type OutboxEvent, streamOfContact } from './outbox-event.js'

/** What is told of a run that began. */
export function eventOfEntry(run: Recipient): OutboxEvent {
  return eventOf(run, 'recipient.entered', run.enrolledAt)
}

/** What is told of a run as a change leaves it: that it ended, or was taken out of the way. */
export function eventsOfRun(run: Recipient, now: Instant): readonly OutboxEvent[] {
  if (run.status === 'active') return []
  // It may be released, and quarantined again: each time is told.
  if (run.status === 'quarantined') return [eventOf(run, 'recipient.quarantined', now, run.fence)]
  return [eventOf(run, 'recipient.ended', run.endedAt ?? now)]
}

function eventOf(run: Recipient, type: EventType, at: Instant, ...time: readonly number[]): OutboxEvent {
  const { workspaceId, campaignId, contactId, runKey: key, entryNo, version, status, reason, stepId } = run
  return {
    workspaceId,
    id: eventId(workspaceId, type, campaignId, contactId, key, entryNo, ...time),
    type,
    at,
    stream: streamOfContact(contactId),
    data: { contactId, campaignId, key, entryNo, version, status, reason, stepId },
  }
}
