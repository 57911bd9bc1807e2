import type { JsonObject } from '../json.js'
import type { Instant } from '../schedule/instant.js'
import { type Anchor, anchorInstant, type Moment, resolveMoment } from '../schedule/moment.js'
import { valueAt } from '../sequence/condition.js'
import type { Draft } from './draft.js'
import { eventsOfRun } from './run-facts.js'
import { zoneOf } from './zones.js'

/** When a moment is for this run. `at` null = its anchor is not known, or its rule never comes true. */
export interface PlannedMoment {
  readonly at: Instant | null
  readonly why: JsonObject
}

/** Resolves a moment for the run as it stands: its anchor to an instant, then its rule in its zone. */
export function planMoment(draft: Draft, moment: Moment): PlannedMoment {
  const { definition, contact } = draft
  const zone = zoneOf(definition, contact, moment.zone)
  const anchor = moment.anchor ?? 'base'
  const anchorAt = anchorOf(draft, anchor, zone)
  const why = { anchor: anchor as JsonObject[string], zone, ...ruleOf(moment) }
  if (anchorAt === null) return { at: null, why: { ...why, missing: 'anchor' } }
  const at = resolveMoment(moment, {
    anchorAt,
    zone,
    calendars: definition.settings.calendars,
    blackouts: Object.values(definition.campaign.rules).flatMap((rules) => rules.blackouts ?? []),
  })
  return { at, why }
}

function anchorOf(draft: Draft, anchor: Anchor, zone: string): Instant | null {
  const { recipient, memory, definition, contact, known } = draft
  if (anchor === 'base') return memory.base
  if (anchor === 'enrollment') return recipient.enrolledAt
  if (anchor === 'entryEvent') return memory.entryEvent?.at ?? recipient.enrolledAt
  if (anchor === 'campaignStart') return definition.campaign.startedAt
  if ('fixed' in anchor) return anchorInstant(anchor.fixed, anchor.zone ?? zone)
  if ('attribute' in anchor) return anchorInstant(valueAt(contact.attributes, anchor.attribute), zone)
  const latest = eventsOfRun(definition, recipient, known.events).findLast(
    ({ name, at }) => name === anchor.event && at >= recipient.enrolledAt,
  )
  const found = latest ?? (memory.entryEvent?.name === anchor.event ? memory.entryEvent : undefined)
  if (found === undefined) return null
  return anchor.field === undefined ? found.at : anchorInstant(valueAt(found.data, anchor.field), zone)
}

/** True when a moment may move while the run waits for it, because what it is anchored at can change. */
export function canMove(anchor: Anchor | undefined): boolean {
  return typeof anchor === 'object' && !('fixed' in anchor)
}

function ruleOf({ anchor: _anchor, zone: _zone, ifPast: _ifPast, ...rule }: Moment): JsonObject {
  const { for: elapsed, onDay, at, until, businessDays, calendar, dates } = rule
  return JSON.parse(JSON.stringify({ for: elapsed, onDay, at, until, businessDays, calendar, dates })) as JsonObject
}
