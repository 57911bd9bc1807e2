import type { JsonObject } from '../json.js'
import { hashOfJson } from '../message/hash.js'
import { formatInstant, type Instant } from '../schedule/instant.js'
import type { EventType } from './event-type.js'

/** Something that happened, to be told to the host's systems. Names people by their id alone. */
export interface OutboxEvent {
  readonly workspaceId: string
  /** The same for every attempt and every endpoint: receivers de-duplicate by it. */
  readonly id: string
  readonly type: EventType
  /** When it happened. */
  readonly at: Instant
  /** Whose event it is. Events of one stream are told in the order in which they were written. */
  readonly stream: string
  readonly data: JsonObject
}

/** The stream of what happens to a contact. */
export function streamOfContact(contactId: string): string {
  return `contact/${contactId}`
}

/** The stream of what happens to a campaign. */
export function streamOfCampaign(campaignId: string): string {
  return `campaign/${campaignId}`
}

/** The id of an event, by what it is about: told twice, it has the same. */
export function eventId(...about: readonly (string | number | null)[]): string {
  return `evt_${hashOfJson(about).slice(0, 32)}`
}

/** What an endpoint is sent, in the form that the Standard Webhooks recommend. */
export function bodyOfEvent(event: Omit<OutboxEvent, 'stream' | 'type'> & { readonly type: string }): string {
  const { id, type, at, workspaceId, data } = event
  return JSON.stringify({ id, type, timestamp: formatInstant(at), workspaceId, data })
}
