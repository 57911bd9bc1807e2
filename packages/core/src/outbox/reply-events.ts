import { type ContactEvent, messageReceived } from '../contact/contact.js'
import type { JsonValue } from '../json.js'
import { eventId, type OutboxEvent, streamOfContact } from './outbox-event.js'

/** What is told of a message that a person wrote: that it came, through which channel and with which keyword, but not what it says. */
export function eventsOfReply(workspaceId: string, event: ContactEvent): readonly OutboxEvent[] {
  const { id, contactId, name, at, data } = event
  if (name !== messageReceived || data.automatic === true) return []
  const type = 'reply.received'
  const said = { channel: textOf(data.channel), keyword: textOf(data.keyword) }
  return [
    {
      workspaceId,
      id: eventId(workspaceId, type, contactId, id),
      type,
      at,
      stream: streamOfContact(contactId),
      data: { contactId, ...said },
    },
  ]
}

/** Hosts may report such an event themselves: of what they say, only texts of the expected size are handed on. */
function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value.length <= 100 ? value : null
}
