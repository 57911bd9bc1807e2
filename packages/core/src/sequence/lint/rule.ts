import type { RulesByChannel } from '../../campaign/campaign.js'
import type { Category } from '../../contact/consent.js'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import type { Issue } from '../../errors.js'
import type { JsonObject } from '../../json.js'
import type { TemplateVersion } from '../../message/template.js'
import type { Instant } from '../../schedule/instant.js'
import type { JsonPath } from '../condition-nodes.js'
import type { SequenceMessage } from '../parts/messages.js'
import type { Sequence } from '../sequence.js'

/** What is known around a sequence. What is left out is not checked. */
export interface LintContext {
  /** The version of each template that a send would use now, by template id. */
  readonly templates?: ReadonlyMap<string, TemplateVersion>
  /** The names of the channels that are configured. */
  readonly channels?: readonly string[]
  /** The send rules that apply above the steps: the workspace's, then the campaign's. */
  readonly rules?: readonly RulesByChannel[]
  readonly caps?: readonly FrequencyCap[]
  /** The names of the actions that the host registered. */
  readonly actions?: readonly string[]
  /** What is wrong with the input that a step gives an action, in sentences. */
  readonly inputProblems?: (action: string, input: JsonObject) => readonly string[]
  /** The names of the workspace's business calendars. */
  readonly calendars?: readonly string[]
  readonly now?: Instant
  /** From how many SMS segments on a message is worth a warning: more than this. Default 3. */
  readonly maxSmsSegments?: number
  /** Attributes that every contact has, so that their tokens need no fallback. `address` stands for all that is below it. */
  readonly knownAttributes?: readonly string[]
  /** The category of messages that name none. Default `marketing`. */
  readonly category?: Category
}

/** Looks at a sequence for one kind of mistake. Pure, and bounded by the limits of a sequence. */
export type LintRule = (sequence: Sequence, context: LintContext) => readonly Issue[]

/** Something that blocks publishing. */
export function error(code: string, path: JsonPath, message: string, fix: string): Issue {
  return { code, path, severity: 'error', message, fix }
}

/** Something that is probably not meant, but may be. */
export function warning(code: string, path: JsonPath, message: string, fix: string): Issue {
  return { code, path, severity: 'warning', message, fix }
}

/** How issues call a message: `Step "welcome"`, or `Message "day-before" of step "reminders"`. */
export function nameOf({ stepId, itemId }: Pick<SequenceMessage, 'stepId' | 'itemId'>): string {
  return itemId === null ? `Step "${stepId}"` : `Message "${itemId}" of step "${stepId}"`
}

/** `"a", "b" and 3 more`: no message grows with the input. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`)
  return names.length <= most ? shown.join(', ') : `${shown.join(', ')} and ${names.length - most} more`
}
