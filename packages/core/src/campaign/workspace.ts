import type { ConsentPolicy } from '../contact/consent.js'
import type { FrequencyCap } from '../contact/frequency-cap.js'
import type { JsonObject } from '../json.js'
import type { BusinessCalendar } from '../schedule/calendar.js'
import type { RulesByChannel } from './campaign.js'

/** What a tenant sets for all of its campaigns. */
export interface WorkspaceSettings {
  /** The zone of contacts and campaigns that have none. Default UTC. */
  readonly zone: string
  readonly rules: RulesByChannel
  readonly caps: readonly FrequencyCap[]
  readonly consent: ConsentPolicy
  readonly calendars: { readonly [name: string]: BusinessCalendar }
  /** Readable in templates as `{{workspace.name}}`. */
  readonly variables: JsonObject
  /** The least time between two late messages to one contact, in elapsed milliseconds. Default 4 h. */
  readonly lateGapMs: number
  /** Keeps the rendered content of every message, for audits. Default false: only a hash is kept. */
  readonly keepContent: boolean
}

/** What applies where a workspace has set nothing. */
export const defaultWorkspaceSettings: WorkspaceSettings = {
  zone: 'UTC',
  rules: {},
  caps: [],
  consent: {},
  calendars: {},
  variables: {},
  lateGapMs: 4 * 60 * 60 * 1000,
  keepContent: false,
}
