import { type Contact, type ContactExport, formatInstant, isZone } from '@drumbeat/core'
import * as z from 'zod'
import { delivery, deliveryView } from './delivery.js'
import { recipient, recipientView } from './recipient.js'
import { contactId, instant, instantInput, jsonObject, name, orNull } from './values.js'

const address = z.string().max(4096)
const tags = z.array(name).max(1000)

/** What may be said of a contact; what is not named stays. */
export const contactChange = z.strictObject({
  addresses: z.record(name, address.nullable()).optional().describe('By channel; null takes one away.'),
  zone: z
    .string()
    .max(64)
    .refine(isZone, { error: 'It must be an IANA zone such as "Europe/Berlin".' })
    .nullable()
    .optional(),
  locale: z.string().max(64).nullable().optional(),
  attributes: jsonObject.optional().describe('An attribute that is null is taken away.'),
  tags: tags.optional(),
})

/** The same with its id: a line of an import. */
export const contactInput = contactChange.extend({ id: contactId })

/** A person, by the host's own id. */
export const contact = z.strictObject({
  id: contactId,
  addresses: z.record(name, z.string()),
  zone: z.string().nullable(),
  locale: z.string().nullable(),
  attributes: jsonObject,
  tags: z.array(z.string()),
  updatedAt: instant.nullable(),
})

/** What a person has said about being written to. */
export const consentInput = z.strictObject({
  channel: name,
  topic: name.optional().describe('Absent = the whole channel.'),
  status: z.enum(['pending', 'granted', 'revoked']),
  source: z.string().min(1).max(255).describe('Where it was said: "signup form".'),
})

/** Why an address may be closed. */
export const suppressionReason = z.enum(['stop', 'unsubscribed', 'hard_bounce', 'complaint', 'manual', 'invalid'])

/** An address that is to be closed. */
export const suppressionInput = z.strictObject({
  channel: name,
  address,
  topic: name.optional(),
  reason: suppressionReason.optional(),
})

/** Everything that is kept about a person. */
export const contactExport = z.strictObject({
  contact: contact.nullable(),
  consents: z.array(
    z.strictObject({
      channel: z.string(),
      topic: z.string().nullable(),
      status: z.string(),
      source: z.string(),
      at: instant,
    }),
  ),
  suppressions: z.array(
    z.strictObject({
      channel: z.string(),
      address: z.string(),
      topic: z.string().nullable(),
      reason: z.string(),
      at: instant,
    }),
  ),
  recipients: z.array(recipient),
  deliveries: z.array(delivery),
  events: z.array(z.strictObject({ id: z.string(), event: z.string(), at: instant, data: jsonObject })),
})

/** What became of an import. */
export const importReport = z.strictObject({
  created: z.number(),
  updated: z.number(),
  refusedCount: z.number().describe('Lines, or parts of them, that were refused.'),
  refused: z
    .array(z.strictObject({ line: z.number(), contactId: z.string().nullable(), problem: z.string() }))
    .describe('The first 1,000 of them. The rest of such a line is taken where its id can be read.'),
})

/** An event as a host reports it. */
export const eventInput = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Your own id for it: a second report with the same one changes nothing.'),
  contactId,
  event: z.string().min(1).max(200),
  at: instantInput.optional().describe("The event's own time. Default: now."),
  data: jsonObject.optional(),
})

export function contactView({ updatedAt, ...contact }: Contact) {
  const { id, addresses, zone, locale, attributes, tags } = contact
  return { id, addresses, zone, locale, attributes, tags, updatedAt: orNull(updatedAt, formatInstant) }
}

export function exportView(kept: ContactExport, refOf: Parameters<typeof deliveryView>[1]) {
  return {
    contact: orNull(kept.contact, contactView),
    consents: kept.consents.map((consent) => ({ ...consent, at: formatInstant(consent.at) })),
    suppressions: kept.suppressions.map((suppression) => ({ ...suppression, at: formatInstant(suppression.at) })),
    recipients: kept.runs.map(recipientView),
    deliveries: kept.deliveries.map((delivery) => deliveryView(delivery, refOf)),
    events: kept.events.map(({ id, name: event, at, data }) => ({ id, event, at: formatInstant(at), data })),
  }
}
