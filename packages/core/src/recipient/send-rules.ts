import type { RulesByChannel } from '../campaign/campaign.js'
import type { Contact } from '../contact/contact.js'
import type { Instant } from '../schedule/instant.js'
import {
  nextDateSameTime,
  nextOpening,
  type Opening,
  previousOpening,
  type RuleLayer,
  type SendRules,
} from '../schedule/window.js'
import type { MessageSpec, RuleOverrides } from '../sequence/step.js'
import type { Draft } from './draft.js'
import type { RunDefinition } from './run-facts.js'
import { zoneOf } from './zones.js'

/** How a message that falls outside its windows is treated. */
export type Outside = NonNullable<SendRules['outside']>

/** The windows of one message for one contact: the workspace's, the campaign's and the step's, composed by intersection. */
export interface Windows {
  readonly layers: readonly RuleLayer[]
  readonly outside: Outside
}

/** The windows that a message obeys, with what its step ignores or replaces taken out or put in. */
export function windowsOf({ definition, contact }: Draft, spec: MessageSpec): Windows {
  const ofSpec = windowsOfSpec(definition, spec)
  const { zone } = contact
  const known = ofSpec.get(zone)
  if (known !== undefined) return known
  const windows = composed(definition, spec, contact)
  ofSpec.set(zone, windows)
  return windows
}

/** A definition is played by a whole batch, and its people live in few zones. */
const composedBefore = new WeakMap<RunDefinition, Map<MessageSpec, Map<string | null, Windows>>>()

function windowsOfSpec(definition: RunDefinition, spec: MessageSpec): Map<string | null, Windows> {
  const bySpec = composedBefore.get(definition) ?? new Map<MessageSpec, Map<string | null, Windows>>()
  if (bySpec.size === 0) composedBefore.set(definition, bySpec)
  const ofSpec = bySpec.get(spec) ?? new Map<string | null, Windows>()
  if (ofSpec.size === 0) bySpec.set(spec, ofSpec)
  return ofSpec
}

function composed(definition: RunDefinition, spec: MessageSpec, contact: Pick<Contact, 'zone'>): Windows {
  const overrides = spec.rules ?? {}
  const above = [
    ['workspace', rulesFor(definition.settings.rules, spec.channel)],
    ['campaign', rulesFor(definition.campaign.rules, spec.channel)],
  ] as const
  const layers: RuleLayer[] = []
  let outside: Outside = 'nextOpening'
  for (const [from, found] of above) {
    for (const rules of found) {
      outside = rules.outside ?? outside
      layers.push({ from, rules: without(rules, overrides), zone: zoneOf(definition, contact, rules.zone) })
    }
  }
  layers.push({ from: 'step', rules: replaced(overrides), zone: zoneOf(definition, contact, overrides.zone) })
  return { layers, outside: overrides.outside ?? outside }
}

function rulesFor(rules: RulesByChannel, channel: string): readonly SendRules[] {
  return ['*', channel].flatMap((name) => (Object.hasOwn(rules, name) && rules[name] ? [rules[name]] : []))
}

/** A rule that the step names, to ignore or to replace it, no longer counts above it. */
function without(rules: SendRules, overrides: RuleOverrides): SendRules {
  return {
    quietHours: overrides.quietHours === undefined ? rules.quietHours : null,
    windows: overrides.windows === undefined ? rules.windows : null,
    blackouts: overrides.blackouts === undefined ? rules.blackouts : null,
  }
}

function replaced({ quietHours, windows, blackouts }: RuleOverrides): SendRules {
  return {
    quietHours: quietHours === 'ignore' ? null : quietHours,
    windows: windows === 'ignore' ? null : windows,
    blackouts: blackouts === 'ignore' ? null : blackouts,
  }
}

/** The first instant at or after `at` that the windows allow, in the way they prescribe; null = there is none. */
export function openingFrom(windows: Windows, at: Instant): Opening | null {
  return windows.outside === 'nextDateSameTime' ? nextDateSameTime(at, windows.layers) : nextOpening(at, windows.layers)
}

/** With `outside: 'earlier'`: the last open instant at or before `at`, but not before `notBefore`; otherwise `at` itself. */
export function movedEarlier(windows: Windows, at: Instant, notBefore: Instant): Instant {
  if (windows.outside !== 'earlier') return at
  const opening = previousOpening(at, windows.layers)
  return opening !== null && opening.at >= notBefore ? opening.at : at
}

/** The rules that closed a moment, as one reason: `quiet_hours`, `window`, `blackout`. */
export function reasonOf({ closedBy }: Opening): string {
  const rule = closedBy[0]?.rule
  return rule === 'quietHours' ? 'quiet_hours' : rule === 'blackouts' ? 'blackout' : 'window'
}
