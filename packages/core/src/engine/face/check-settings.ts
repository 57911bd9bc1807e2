import type { RulesByChannel } from '../../campaign/campaign.js'
import type { WorkspaceSettings } from '../../campaign/workspace.js'
import { type FrequencyCap, validateCap } from '../../contact/frequency-cap.js'
import { validateCalendar } from '../../schedule/calendar.js'
import { validateRules } from '../../schedule/window.js'
import { isZone } from '../../schedule/zone.js'
import { guardJson } from '../../sequence/guard-json.js'

/** What is wrong with a change of a workspace's settings, as sentences that name the part; empty = nothing. */
export function settingsProblems(change: Partial<WorkspaceSettings>): readonly string[] {
  const { zone, rules = {}, caps = [], calendars = {}, consent = {}, variables = {}, lateGapMs = 0 } = change
  guardJson(variables)
  return [
    ...(zone === undefined || isZone(zone)
      ? []
      : [`The zone ${JSON.stringify(zone)} is no IANA zone such as "Europe/Berlin".`]),
    ...rulesProblems(rules),
    ...capsProblems(caps),
    ...Object.entries(calendars).flatMap(([name, calendar]) =>
      validateCalendar(calendar).map((problem) => `Calendar "${name}": ${problem}`),
    ),
    ...Object.entries(consent).flatMap(([channel, needs]) =>
      Object.entries(needs)
        .filter(([, need]) => !requirements.includes(need))
        .map(
          ([category, need]) => `Consent for "${channel}": ${category} is ${JSON.stringify(need)}; ${legalConsent}.`,
        ),
    ),
    ...(Number.isInteger(lateGapMs) && lateGapMs >= 0
      ? []
      : [`lateGapMs is ${JSON.stringify(lateGapMs)}; give whole milliseconds, 0 or more.`]),
  ]
}

const requirements: readonly unknown[] = ['granted', 'notRevoked', 'none']
const legalConsent = 'it may be "granted", "notRevoked" or "none"'

/** What is wrong with send rules by channel. */
export function rulesProblems(rules: RulesByChannel): readonly string[] {
  return Object.entries(rules).flatMap(([channel, given]) =>
    validateRules(given).map((problem) => `Rules for "${channel}": ${problem}`),
  )
}

/** What is wrong with frequency caps. */
export function capsProblems(caps: readonly FrequencyCap[]): readonly string[] {
  return caps.flatMap((cap, index) => validateCap(cap).map((problem) => `Cap ${index + 1}: ${problem}`))
}
