import type { Contact } from '../contact/contact.js'
import type { ZoneChoice } from '../schedule/moment.js'
import { resolveZone } from '../schedule/zone.js'
import type { RunDefinition } from './run-facts.js'

/** The zone that a rule means: the contact's unless it names another, falling back contact → campaign → workspace → UTC. */
export function zoneOf(
  definition: RunDefinition,
  contact: Pick<Contact, 'zone'>,
  choice: ZoneChoice = 'contact',
): string {
  if (typeof choice === 'object') return choice.fixed
  const { zone: campaign } = definition.campaign
  const { zone: workspace } = definition.settings
  if (choice === 'workspace') return resolveZone({ workspace }).zone
  if (choice === 'campaign') return resolveZone({ campaign, workspace }).zone
  return resolveZone({ contact: contact.zone, campaign, workspace }).zone
}
