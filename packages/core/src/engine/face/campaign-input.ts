import type { CampaignDefinition, RulesByChannel } from '../../campaign/campaign.js'
import type { EntryTrigger, ReentryRule } from '../../campaign/entry-rule.js'
import type { ExitRule } from '../../campaign/exit-rule.js'
import type { Category } from '../../contact/consent.js'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import { ConfigurationError } from '../../errors.js'
import type { Metadata } from '../../json.js'
import { elapsedPartMs, parseDuration } from '../../schedule/duration.js'
import { type InstantInput, toInstant } from '../../schedule/instant.js'
import { parseTimeOfDay } from '../../schedule/time-of-day.js'
import { isZone } from '../../schedule/zone.js'
import type { Condition, EventCondition } from '../../sequence/condition.js'
import { parseCondition } from '../../sequence/schema/condition-schema.js'
import type { Sequence } from '../../sequence/sequence.js'
import { parseSequence } from '../../sequence/sequence-schema.js'
import { capsProblems, rulesProblems } from './check-settings.js'

/** How contacts enter a campaign, as a host writes it. */
export type EntryInput = (
  | { readonly on: EventCondition; readonly key?: string }
  | { readonly when: 'audience' | 'matching' | 'api' }
  | { readonly at: InstantInput; readonly every?: string }
  | { readonly date: string; readonly offset?: string; readonly time: string; readonly yearly?: boolean }
) & {
  /** Default `never`. */
  readonly again?: ReentryRule
}

/** A campaign as a host writes it. */
export interface CampaignInput {
  readonly name: string
  readonly description?: string
  /** Who may enter, however they come. Default: everybody. */
  readonly audience?: Condition
  /** Default: the audience, when the campaign is activated. */
  readonly entry?: EntryInput
  readonly sequence: Sequence
  /** Shorthand for the quiet hours of `rules`: `{ sms: '21:00-08:00' }`. */
  readonly quietHours?: { readonly [channel: string]: string }
  readonly rules?: RulesByChannel
  readonly caps?: readonly FrequencyCap[]
  /** Shorthand for `exits`: ends the run with the reason `goal` as soon as one of these holds. */
  readonly exitOn?: Condition | readonly Condition[]
  readonly exits?: readonly ExitRule[]
  readonly zone?: string
  /** What a run does whose channel is closed by consent or suppression. Default `skip`. */
  readonly whenClosed?: 'skip' | 'exit'
  /** The category of sends that name none. Default `marketing`. */
  readonly category?: Category
  readonly metadata?: Metadata
}

/**
 * Reads a campaign's input into its definition.
 * @throws {ConfigurationError} naming the part that is wrong and what is legal.
 * @throws {SequenceInvalidError} when the sequence is not one.
 */
export function readCampaign(input: CampaignInput): CampaignDefinition {
  const { name, zone, category = 'marketing', whenClosed = 'skip' } = input
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200) {
    throw new ConfigurationError('A campaign needs a name of 1 to 200 characters.')
  }
  if (zone !== undefined && !isZone(zone)) {
    throw new ConfigurationError(
      `Campaign "${name}" has the zone "${zone}", which is no IANA zone such as "Europe/Berlin".`,
    )
  }
  const { caps = [] } = input
  const rules = readRules(input)
  const [problem] = [...rulesProblems(rules), ...capsProblems(caps)]
  if (problem !== undefined) throw new ConfigurationError(`Campaign "${name}" cannot be as it is. ${problem}`)
  const exitOn = input.exitOn === undefined ? [] : [input.exitOn].flat()
  return {
    name,
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.audience === undefined ? {} : { audience: parseCondition(input.audience) }),
    entry: readEntry(input.entry),
    exits: [...exitOn.map((condition): ExitRule => ({ when: { condition } })), ...(input.exits ?? [])].map(readExit),
    sequence: parseSequence(input.sequence),
    rules,
    caps,
    ...(zone === undefined ? {} : { zone }),
    whenClosed,
    category,
    ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
  }
}

function readExit(exit: ExitRule): ExitRule {
  return 'condition' in exit.when ? { ...exit, when: { condition: parseCondition(exit.when.condition) } } : exit
}

function readEntry(input: EntryInput = { when: 'audience' }): CampaignDefinition['entry'] {
  const again = input.again ?? 'never'
  return { trigger: readTrigger(input), again }
}

function readTrigger(input: EntryInput): EntryTrigger {
  if ('on' in input) {
    parseCondition(input.on)
    return { kind: 'event', event: input.on, ...(input.key === undefined ? {} : { key: input.key }) }
  }
  if ('when' in input) return { kind: input.when }
  if ('at' in input) {
    const at = new Date(toInstant(input.at, 'entry.at')).toISOString()
    return { kind: 'schedule', at, ...(input.every === undefined ? {} : { every: repetition(input.every) }) }
  }
  const { date: attribute, offset, time, yearly } = input
  if (typeof attribute !== 'string' || attribute === '')
    throw new ConfigurationError('An entry by `date` names the attribute that holds it, such as "renewal_date".')
  if (offset !== undefined) parseDuration(offset)
  parseTimeOfDay(time, 'entry.time')
  return {
    kind: 'attributeDate',
    attribute,
    time,
    ...(offset === undefined ? {} : { offset }),
    ...(yearly === undefined ? {} : { yearly }),
  }
}

/** @throws {ConfigurationError} when it is no duration, or shorter than an hour. */
function repetition(every: string): string {
  const { years, months, weeks, days } = parseDuration(every)
  const calendarDays = years * 366 + months * 31 + weeks * 7 + days
  const elapsed = elapsedPartMs(parseDuration(every))
  if (calendarDays < 0 || elapsed < 0 || (calendarDays === 0 && elapsed < 3_600_000))
    throw new ConfigurationError(`A schedule repeats every "${every}"; it must be an hour or longer, such as "P1W".`)
  return every
}

function readRules({ rules = {}, quietHours = {} }: CampaignInput): RulesByChannel {
  const all: Record<string, RulesByChannel[string]> = { ...rules }
  for (const [channel, hours] of Object.entries(quietHours)) all[channel] = { ...all[channel], quietHours: hours }
  return all
}
