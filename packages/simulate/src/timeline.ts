import { type Delivery, formatInZone, type Instant, type Recipient, type SandboxMessage } from '@drumbeat/core'
import { inWords } from './words.js'

/** One thing that happened to a contact. */
export interface TimelineEntry {
  readonly at: Instant
  /** The same in the contact's zone, such as `2026-03-09T09:00-04:00`. */
  readonly local: string
  readonly kind: 'entered' | 'sent' | 'not sent' | 'waiting' | 'ended'
  readonly stepId: string
  /** What happened, in words. */
  readonly text: string
  /** The message as it was rendered; null = there was none. */
  readonly message: SandboxMessage | null
}

/** A run's timeline, in order: entry, messages that went out, those that did not and why, the end. */
export function timelineOf(
  run: Recipient,
  deliveries: readonly Delivery[],
  messageOf: (delivery: Delivery) => SandboxMessage | null,
  zone: string,
): readonly TimelineEntry[] {
  const entry = (
    at: Instant,
    kind: TimelineEntry['kind'],
    stepId: string,
    text: string,
    message: SandboxMessage | null = null,
  ) => ({
    at,
    local: formatInZone(at, zone),
    kind,
    stepId,
    text,
    message,
  })
  const entries = [entry(run.enrolledAt, 'entered', run.stepId, 'Entered the campaign')]
  for (const delivery of deliveries) {
    const { stepId, itemId, state, reason, channel, sentAt, dueAt, plannedAt } = delivery
    const name = itemId ?? stepId
    if (state === 'sent') {
      const moved = dueAt > plannedAt ? `, put off from ${formatInZone(plannedAt, zone)}` : ''
      entries.push(entry(sentAt ?? dueAt, 'sent', name, `${nounOf(channel)} sent${moved}`, messageOf(delivery)))
    } else if (state === 'scheduled' || state === 'retry_wait') {
      entries.push(entry(dueAt, 'waiting', name, `${nounOf(channel)} put off: ${inWords(reason)}`))
    } else entries.push(entry(dueAt, 'not sent', name, `${nounOf(channel)} not sent: ${inWords(reason ?? state)}`))
  }
  if (run.endedAt !== null) {
    const text = run.status === 'completed' ? 'Came to the end' : `Left: ${inWords(run.reason)}`
    entries.push(entry(run.endedAt, 'ended', run.stepId, text))
  }
  return entries.sort((a, b) => a.at - b.at)
}

function nounOf(channel: string): string {
  if (channel === 'email') return 'Email'
  return channel === 'sms' ? 'SMS' : `Message by ${channel}`
}
