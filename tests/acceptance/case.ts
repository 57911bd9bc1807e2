import type { CampaignInput, ContactInput, InstantInput, JsonObject, WorkspaceSettings } from '@drumbeat/core'
import type { Happening, Play } from './play.js'

/** One story of a campaign: who is in it, what happens to them, and what exactly is sent. */
export interface AcceptanceCase {
  /** What the story shows, as a sentence. */
  readonly sentence: string
  readonly campaign: CampaignInput
  readonly settings?: Partial<WorkspaceSettings>
  /** When the campaign is activated. */
  readonly from: InstantInput
  readonly until: InstantInput
  readonly contacts: readonly ContactInput[]
  readonly happenings: readonly Happening[]
  /** By contact, every message in the order sent: `step utc`, to the second. A contact that is not named here gets nothing. */
  readonly expected: { readonly [contactId: string]: readonly string[] }
  /** What else holds at the end. */
  readonly also?: (play: Play) => Promise<void>
}

/** The story of one contact, as `campaigns.json` tells them: a zone, and the time of each event. */
export function caseOfOne(
  story: Pick<AcceptanceCase, 'sentence' | 'campaign' | 'from' | 'until'> & {
    readonly zone: string
    readonly events: { readonly [name: string]: string }
    readonly expected: readonly string[]
  },
): AcceptanceCase {
  const { zone, events, expected, ...rest } = story
  const happenings = Object.entries(events).map(([event, at]) => reported('ana', event, at))
  return { ...rest, contacts: [person('ana', zone)], happenings, expected: { ana: expected } }
}

/** A contact with a mail address and a number of their own. */
export function person(id: string, zone: string, more: Omit<ContactInput, 'id' | 'zone'> = {}): ContactInput {
  return { id, zone, addresses: { email: `${id}@example.com`, sms: numberOf(id) }, ...more }
}

/** The number of a contact made by {@link person}. */
export function numberOf(id: string): string {
  const digits = [...id].map((letter) => (letter.codePointAt(0) ?? 0) % 10).join('')
  return `+1415555${digits.padStart(4, '0').slice(-4)}`
}

/** The host reports an event the moment it happens. */
export function reported(contactId: string, event: string, at: string, data?: JsonObject): Happening {
  return {
    at,
    does: (workspace) => workspace.track({ contactId, event, at, ...(data === undefined ? {} : { data }) }),
  }
}

/** The host changes a contact. */
export function changed(at: string, contact: ContactInput): Happening {
  return { at, does: (workspace) => workspace.contacts.import([contact]) }
}
