import { consentProblem } from '../contact/consent.js'
import { suppressionProblem } from '../contact/suppression.js'
import type { DeliveryState } from '../delivery/delivery.js'
import { elapsedMs } from '../schedule/duration.js'
import type { Instant } from '../schedule/instant.js'
import { nextDateSameTime } from '../schedule/window.js'
import { timeOfDay } from '../schedule/zone.js'
import type { MessageSpec } from '../sequence/step.js'
import { type Draft, end, type Move } from './draft.js'
import { exitsBefore } from './exits.js'
import { planMoment } from './plan-moment.js'
import type { Plan } from './recipient.js'
import { openingFrom, reasonOf, windowsOf } from './send-rules.js'

/** Polling and provider latency up to this do not make a message late, and do not shift a base. */
export const toleranceMs = 15 * 60 * 1000

/** What became of a message whose time may have come. */
export type Launch =
  /** It was started: the run waits for its outcome. */
  | 'open'
  /** It will not go out; a record says why. */
  | 'dropped'
  /** Its time is `plan.dueAt`, later. */
  | 'later'
  | Move

/** Plans a message for the instant that its rule asks for, or for another one where that is past or better met earlier. */
export function planMessage(draft: Draft, item: string, plannedAt: Instant, dueAt: Instant = plannedAt): void {
  const deliveryId = draft.plan(item)?.deliveryId ?? null
  draft.setPlan(item, { plannedAt, dueAt, state: 'planned', deliveryId, attempts: 0 })
}

/**
 * Looks at a planned message in the order of what may stop it: exits, a pause, expiry, holdout, its windows, lateness, `skipWhen`, a closed
 * channel. What passes is started.
 */
export function launch(draft: Draft, item: string, spec: MessageSpec): Launch {
  const plan = draft.plan(item)
  if (plan === undefined || plan.state === 'done' || plan.state === 'past') return 'dropped'
  if (plan.dueAt > draft.now) return 'later'
  const exit = exitsBefore(draft, 'beforeSend')
  if (exit !== null) return exit
  if (stoodInPause(draft, plan)) {
    return draft.memory.resumed?.policy === 'exit' ? end('paused') : drop(draft, item, spec, 'skipped', 'paused')
  }
  if (draft.memory.holdout) return drop(draft, item, spec, 'skipped', 'holdout')
  const deferred = obeyWindows(draft, item, spec, plan)
  if (deferred !== null) return deferred
  if (hasExpired(draft, spec, draft.now)) return drop(draft, item, spec, 'expired', 'not_after')
  const late = treatLateness(draft, item, spec)
  if (late !== null) return late
  if (spec.skipWhen !== undefined && draft.holds(spec.skipWhen)) return drop(draft, item, spec, 'skipped', 'skip_when')
  const closed = closedReason(draft, spec)
  if (closed !== null) {
    const dropped = drop(draft, item, spec, 'skipped', closed)
    return draft.definition.campaign.whenClosed === 'exit' ? end(exitReasonOf(closed)) : dropped
  }
  return start(draft, item, spec)
}

/** Puts a message off until a later instant, and records it as scheduled. */
export function defer(draft: Draft, item: string, spec: MessageSpec, until: Instant, reason: string): Launch {
  const plan = draft.plan(item)
  if (plan === undefined) return 'dropped'
  if (hasExpired(draft, spec, until)) return drop(draft, item, spec, 'expired', 'not_after')
  const id = plan.deliveryId ?? draft.known.newDeliveryId()
  const state = plan.attempts > 0 ? 'retry_wait' : 'scheduled'
  const moved: Plan = { ...plan, dueAt: until, deliveryId: id, state: 'planned' }
  draft.setPlan(item, moved)
  draft.emit({
    kind: 'record',
    delivery: draft.delivery(item, moved, { kind: 'message', channel: spec.channel, spec }, { id, state, reason }),
  })
  return 'later'
}

/** Gives a message up, with a record of why. */
export function drop(
  draft: Draft,
  item: string,
  spec: MessageSpec,
  state: Extract<DeliveryState, 'skipped' | 'expired' | 'canceled'>,
  reason: string,
): 'dropped' {
  const plan = draft.plan(item)
  if (plan === undefined) return 'dropped'
  const id = plan.deliveryId ?? draft.known.newDeliveryId()
  draft.setPlan(item, { ...plan, state: 'done', deliveryId: id })
  draft.emit({
    kind: 'record',
    delivery: draft.delivery(item, plan, { kind: 'message', channel: spec.channel, spec }, { id, state, reason }),
  })
  return 'dropped'
}

/** Keeps the record of a deferred message that was planned again where its plan is now. */
export function recordMove(draft: Draft, item: string, spec: MessageSpec): void {
  const plan = draft.plan(item)
  if (plan === undefined || plan.deliveryId === null) return
  const reason = plan.state === 'past' ? 'past' : 'replanned'
  const change = { id: plan.deliveryId, state: 'scheduled' as const, reason }
  const delivery = draft.delivery(item, plan, { kind: 'message', channel: spec.channel, spec }, change)
  draft.emit({ kind: 'record', delivery })
}

function start(draft: Draft, item: string, spec: MessageSpec): Launch {
  const plan = draft.plan(item)
  if (plan === undefined) return 'dropped'
  const id = plan.deliveryId ?? draft.known.newDeliveryId()
  const open: Plan = { ...plan, state: 'open', deliveryId: id, attempts: plan.attempts + 1 }
  draft.setPlan(item, open)
  draft.set({ deliveryId: id })
  const delivery = draft.delivery(
    item,
    open,
    { kind: 'message', channel: spec.channel, spec },
    {
      id,
      state: 'sending',
      reason: null,
      address: draft.contact.addresses[spec.channel] ?? null,
      attempts: open.attempts,
      intendedAt: draft.knownDelivery(id)?.intendedAt ?? draft.now,
    },
  )
  const late = draft.now - plan.dueAt > toleranceMs
  const exempt = delivery.category === 'transactional' || delivery.priority === 'immediate'
  draft.emit({ kind: 'send', send: { delivery, spec, late: late && !exempt } })
  draft.wait('delivery', draft.now, null)
  return 'open'
}

/** Its moment came before a pause was over, and the pause ended with the word that such messages are not to be sent. */
function stoodInPause({ memory: { resumed } }: Draft, { dueAt }: Plan): boolean {
  return resumed !== null && (resumed.policy === 'skip' || resumed.policy === 'exit') && dueAt <= resumed.at
}

function obeyWindows(draft: Draft, item: string, spec: MessageSpec, plan: Plan): Launch | null {
  const windows = windowsOf(draft, spec)
  const asked = openingFrom(windows, plan.dueAt)
  const opening = asked !== null && asked.at <= draft.now ? openingFrom(windows, draft.now) : asked
  if (opening === null) return drop(draft, item, spec, 'skipped', 'never_open')
  if (opening.at <= draft.now) {
    // Its window opened while nobody looked: it is as late as that, no later.
    if (asked !== null && asked.at > plan.dueAt) draft.setPlan(item, { ...plan, dueAt: asked.at })
    return null
  }
  const reason = reasonOf(opening)
  if (windows.outside === 'skip') return drop(draft, item, spec, 'skipped', reason)
  if (windows.outside === 'exit') return end(reason)
  return defer(draft, item, spec, opening.at, reason)
}

function treatLateness(draft: Draft, item: string, spec: MessageSpec): Launch | null {
  const plan = draft.plan(item)
  if (plan === undefined || plan.attempts > 0) return null
  const allowed = elapsedMs(spec.maxLateness ?? (spec.channel === 'sms' ? 'PT2H' : 'PT24H'), {
    calendarDaysAs24Hours: true,
  })
  if (draft.now - plan.dueAt <= allowed) return null
  const onLate = spec.onLate ?? 'send'
  if (onLate === 'skip') return drop(draft, item, spec, 'skipped', 'late')
  if (onLate === 'exit') return end('expired')
  if (onLate === 'defer') return deferLate(draft, item, spec, plan)
  return null
}

/** The next date from now on that its windows allow, at its own time of day. */
function deferLate(draft: Draft, item: string, spec: MessageSpec, plan: Plan): Launch {
  const { layers } = windowsOf(draft, spec)
  const zone = layers.at(-1)?.zone ?? 'UTC'
  const next = planMoment(draft, {
    anchor: { fixed: new Date(draft.now).toISOString() },
    until: timeOfDay(plan.dueAt, zone),
    zone: { fixed: zone },
  }).at
  const opening = next === null ? null : nextDateSameTime(next, layers)
  if (opening === null) return drop(draft, item, spec, 'skipped', 'late')
  return defer(draft, item, spec, opening.at, 'late')
}

function hasExpired(draft: Draft, { notAfter }: MessageSpec, at: Instant): boolean {
  const limit = notAfter === undefined ? null : planMoment(draft, notAfter).at
  return limit !== null && at > limit
}

function closedReason(draft: Draft, spec: MessageSpec): string | null {
  const { contact, definition } = draft
  const address = Object.hasOwn(contact.addresses, spec.channel) ? contact.addresses[spec.channel] : undefined
  if (address === undefined) return 'no_address'
  const topic = spec.topic ?? null
  const category = spec.category ?? definition.campaign.category
  const { consents, suppressions } = draft.known.permissions
  const missing = consentProblem(definition.settings.consent, consents, { channel: spec.channel, topic, category })
  if (missing !== null) return missing
  const suppressed = suppressionProblem(suppressions, { channel: spec.channel, address, topic })
  return suppressed === null ? null : `suppressed_${suppressed.reason}`
}

function exitReasonOf(closed: string): string {
  if (closed === 'consent_revoked' || closed === 'suppressed_stop' || closed === 'suppressed_unsubscribed') {
    return 'unsubscribed'
  }
  return closed.startsWith('suppressed') ? 'suppressed' : closed
}
