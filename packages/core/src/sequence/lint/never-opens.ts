import type { RulesByChannel } from '../../campaign/campaign.js'
import type { Issue } from '../../errors.js'
import { isBlackedOut } from '../../schedule/calendar.js'
import { dateOfDay, dayMs, dayOfText } from '../../schedule/local-date.js'
import { closedByHours, turningTimes } from '../../schedule/send-rules.js'
import { type SendRules, validateRules } from '../../schedule/window.js'
import { messagesOf } from '../parts/messages.js'
import type { Sequence } from '../sequence.js'
import type { MessageSpec, RuleOverrides } from '../step.js'
import { error, type LintContext, nameOf } from './rule.js'

/** What came of a message's rules. The same for every message of a channel that sets the same. */
interface Verdict {
  readonly problems: readonly string[]
  readonly opens: boolean
}

/** The rules of a message are valid, and leave some minute open in which it may go out. */
export function neverOpens(sequence: Sequence, { rules = [] }: LintContext): readonly Issue[] {
  const judged = new Map<string, Verdict>()
  return messagesOf(sequence).flatMap((found): readonly Issue[] => {
    const { message, path } = found
    const key = JSON.stringify([message.channel, message.rules])
    const { problems, opens } = judged.get(key) ?? judge(message, rules)
    judged.set(key, { problems, opens })
    if (opens) return []
    const at = message.rules === undefined ? path : [...path, 'rules']
    if (problems.length > 0) {
      return problems.map((fix) => error('bad_rules', at, `${nameOf(found)} has a rule that is not valid.`, fix))
    }
    return [
      error(
        'never_opens',
        at,
        `${nameOf(found)} can never be sent: its windows, quiet hours and blackouts leave no minute open.`,
        'Widen the windows or shorten the quiet hours of the workspace, the campaign or the step, or let the step ignore one of them.',
      ),
    ]
  })
}

function judge(message: MessageSpec, above: readonly RulesByChannel[]): Verdict {
  const { zone, outside, ...own } = message.rules ?? {}
  const rules: SendRules = { ...ownRules(own), zone, outside }
  const problems = validateRules(rules)
  if (problems.length > 0) return { problems, opens: false }
  return { problems, opens: canOpen([...above.flatMap((layer) => rulesAbove(layer, message)), rules]) }
}

/** What a step sets itself; what it ignores is gone. */
function ownRules({ quietHours, windows, blackouts }: RuleOverrides): SendRules {
  return {
    quietHours: quietHours === 'ignore' ? null : quietHours,
    windows: windows === 'ignore' ? null : windows,
    blackouts: blackouts === 'ignore' ? null : blackouts,
  }
}

/** The rules of a layer above the step, without those that the step names. */
function rulesAbove(layer: RulesByChannel, { channel, rules = {} }: MessageSpec): readonly SendRules[] {
  return ['*', channel].flatMap((name) => {
    const found = Object.hasOwn(layer, name) ? layer[name] : undefined
    if (found === undefined || validateRules(found).length > 0) return []
    const { quietHours, windows, blackouts, zone } = found
    return {
      quietHours: rules.quietHours === undefined ? quietHours : null,
      windows: rules.windows === undefined ? windows : null,
      blackouts: rules.blackouts === undefined ? blackouts : null,
      zone,
    }
  })
}

/** Rules read in different zones shift against each other from contact to contact, so they are judged apart. */
function canOpen(layers: readonly SendRules[]): boolean {
  const byZone = new Map<string, SendRules[]>()
  for (const layer of layers) {
    const zone = JSON.stringify(layer.zone ?? 'contact')
    byZone.set(zone, [...(byZone.get(zone) ?? []), layer])
  }
  return [...byZone.values()].every(canOpenTogether)
}

/** A year with every day that a year can have. */
const leapYear = dayOfText('2000-01-01') ?? 0

function canOpenTogether(layers: readonly SendRules[]): boolean {
  const times = layers.flatMap(turningTimes)
  const yearly = layers.flatMap(({ blackouts }) => blackouts ?? []).filter((blackout) => 'yearly' in blackout)
  const someDate = days(leapYear, 366).some((day) => !isBlackedOut(dateOfDay(day), yearly))
  const openAt = (wall: number) => layers.every((layer) => closedByHours(layer, wall).length === 0)
  return someDate && days(0, 7).some((day) => times.some((time) => openAt(day * dayMs + time)))
}

function days(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}
