import {
  type ContactEvent,
  type Delivery,
  type FactKind,
  formatInZone,
  type Instant,
  messageReceived,
  type Recipient,
  type SandboxMessage,
  type Sequence,
} from '@drumbeat/core'
import { inWords } from './words.js'

/** One thing that happened to a contact, or that lies ahead. */
export interface TimelineEntry {
  readonly at: Instant
  /** The same in the contact's zone, such as `2026-03-09T09:00-04:00`. */
  readonly local: string
  /** `chosen` = a path was taken; `reported` = what became of a message; `happened` = an event; `waiting` = not yet. */
  readonly kind: 'entered' | 'chosen' | 'sent' | 'not sent' | 'reported' | 'happened' | 'waiting' | 'ended'
  /** The step, or the message of a series, that it belongs to; `''` = none. */
  readonly stepId: string
  /** What happened, in words. */
  readonly text: string
  /** The message as it was rendered; null = there was none. */
  readonly message: SandboxMessage | null
}

/** What a run's timeline is read from. */
export interface TimelineSource {
  readonly run: Recipient
  readonly deliveries: readonly Delivery[]
  readonly sequence: Sequence
  /** The zone of the local times. */
  readonly zone: string
  /** The message of a delivery as it was rendered. Default: none is kept. */
  readonly messageOf?: (delivery: Delivery) => SandboxMessage | null
}

/** An entry, and its place among those of one instant: which visit of a step it belongs to. */
type Placed = Pick<TimelineEntry, 'at' | 'kind' | 'stepId' | 'text'> & {
  readonly visit: number
  readonly message?: SandboxMessage | null
}

/** A run's timeline, in order: entry, paths taken, messages that went out, those that did not and why, what comes next or the end. */
export function timelineOf({ run, deliveries, sequence, zone, messageOf }: TimelineSource): readonly TimelineEntry[] {
  const entries: Placed[] = [
    { at: run.enrolledAt, kind: 'entered', stepId: sequence.start, text: 'Entered the campaign', visit: 0 },
    ...pathsTaken(run, sequence),
    ...deliveries.flatMap((delivery) => ofDelivery(delivery, zone, messageOf?.(delivery) ?? null)),
    ...ofPosition(run, deliveries),
  ]
  return entries
    .sort((a, b) => a.at - b.at || (a.visit === b.visit ? 0 : a.visit - b.visit))
    .map(({ at, kind, stepId, text, message = null }) => ({
      at,
      local: formatInZone(at, zone),
      kind,
      stepId,
      text,
      message,
    }))
}

/** What happened to a contact beside its runs, in order. */
export function eventEntries(events: readonly ContactEvent[], zone: string): readonly TimelineEntry[] {
  return events.map(({ at, name, data }) => {
    const text = name === messageReceived ? `Wrote "${String(data.text)}"` : `Event "${name}"`
    return { at, local: formatInZone(at, zone), kind: 'happened', stepId: '', text, message: null }
  })
}

const deciding: readonly string[] = ['branch', 'split', 'waitFor', 'webhook', 'action']

function pathsTaken({ memory: { path }, visit }: Recipient, { steps }: Sequence): readonly Placed[] {
  return path.flatMap(({ step: to, at, via }, index): readonly Placed[] => {
    const from = path[index - 1]?.step ?? ''
    const kind = Object.hasOwn(steps, from) ? (steps[from]?.kind ?? '') : ''
    if (!deciding.includes(kind)) return []
    return [{ at, kind: 'chosen', stepId: from, text: `Went on to ${to} (${via})`, visit: visit - path.length + index }]
  })
}

const reported: { readonly [fact in FactKind]?: string } = {
  opened: 'Opened',
  clicked: 'Clicked',
  soft_bounced: 'Bounced for now',
  hard_bounced: 'Bounced: the address does not exist',
  complained: 'Complained',
  unsubscribed: 'Unsubscribed',
  failed: 'Was not delivered',
}

function ofDelivery(delivery: Delivery, zone: string, message: SandboxMessage | null): readonly Placed[] {
  const { itemId, state, reason, sentAt, dueAt, plannedAt, facts, visit } = delivery
  const stepId = itemId ?? delivery.stepId
  const what = nounOf(delivery)
  if (state === 'sent') {
    const moved = dueAt > plannedAt ? `, put off from ${formatInZone(plannedAt, zone)}` : ''
    const done = delivery.kind === 'message' ? 'sent' : 'done'
    const reports = Object.entries(facts).flatMap(([fact, at]): readonly Placed[] => {
      const text = reported[fact as FactKind]
      return text === undefined ? [] : [{ at, kind: 'reported', stepId, text, visit }]
    })
    return [{ at: sentAt ?? dueAt, kind: 'sent', stepId, text: `${what} ${done}${moved}`, visit, message }, ...reports]
  }
  if (state === 'scheduled' || state === 'retry_wait')
    return [{ at: dueAt, kind: 'waiting', stepId, text: `${what} put off: ${inWords(reason)}`, visit }]
  if (state === 'unknown' || state === 'sending')
    return [{ at: dueAt, kind: 'waiting', stepId, text: `${what}: whether it went out is not known yet`, visit }]
  const not = delivery.kind === 'message' ? 'not sent' : 'not done'
  return [{ at: dueAt, kind: 'not sent', stepId, text: `${what} ${not}: ${inWords(reason ?? state)}`, visit }]
}

/** Where the run is now: what it waits for, or how it ended. */
function ofPosition(
  { status, reason, endedAt, dueAt, stepId, waiting, memory: { path } }: Recipient,
  deliveries: readonly Delivery[],
): readonly Placed[] {
  // Whatever happened at the same instant came before.
  const visit = Number.POSITIVE_INFINITY
  if (status === 'active') {
    const isShown = deliveries.some(({ state }) => ['scheduled', 'retry_wait', 'unknown', 'sending'].includes(state))
    if (dueAt === null || isShown) return []
    return [{ at: dueAt, kind: 'waiting', stepId, text: waitingText[waiting], visit }]
  }
  const at = endedAt ?? path.at(-1)?.at ?? 0
  const text =
    status === 'completed'
      ? 'Came to the end'
      : `${status === 'exited' ? 'Left' : 'Taken out for repair'}: ${inWords(reason)}`
  return [{ at, kind: 'ended', stepId, text, visit }]
}

const waitingText: { readonly [waiting in Recipient['waiting']]: string } = {
  timer: 'Waits until then',
  event: 'Waits for an event, at most until then',
  delivery: 'Waits for the outcome, at most until then',
  hold: 'Is held until the experiment is decided',
}

function nounOf({ kind, channel }: Delivery): string {
  if (kind === 'webhook') return 'Webhook'
  if (kind === 'action') return `Action ${channel.replace(/^action:/, '')}`
  if (channel === 'email') return 'Email'
  return channel === 'sms' ? 'SMS' : `Message by ${channel}`
}
