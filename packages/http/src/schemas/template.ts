import { formatInstant, type TemplateVersion } from '@drumbeat/core'
import * as z from 'zod'
import { contactId, instant, jsonObject, name } from './values.js'

const text = z.string().max(500_000)
const line = z.string().max(2000)
const texts = z.record(z.string().max(255), text)

/** What a message consists of. Every text in it may hold tokens. */
export const content = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('email'),
    subject: line,
    html: text,
    text: text.optional(),
    preheader: line.optional(),
    from: line.optional(),
    replyTo: line.optional(),
    headers: z.record(z.string().max(255), line).optional(),
    layout: name.optional(),
  }),
  z.strictObject({ kind: z.literal('text'), body: text, mediaUrls: z.array(line).max(10).optional() }),
  z.strictObject({ kind: z.literal('custom'), fields: texts }),
])

const draft = {
  channel: name,
  content,
  partials: texts.optional(),
  fallbacks: z.record(z.string().max(255), line).optional(),
  trusted: z.array(name).max(200).optional(),
}

/** A template as its author writes it. */
export const templateInput = z.strictObject({
  ...draft,
  note: z.string().max(1000).optional().describe('Why it was changed.'),
})

/** An immutable version of a template. */
export const template = z.strictObject({
  id: z.string(),
  version: z.number(),
  ...draft,
  author: z.string().nullable(),
  note: z.string().nullable(),
  contentHash: z.string(),
  createdAt: instant,
})

/** In what two versions differ. */
export const templateDiff = z.strictObject({
  items: z.array(z.strictObject({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
})

/** A template to be filled in, and with what. */
export const previewInput = z.strictObject({
  ...draft,
  attributes: jsonObject.optional(),
  trigger: jsonObject.optional().describe("The data of the run's event."),
  contactId: name.optional().describe('Whose attributes and addresses to take; those given beside it win.'),
})

/** The message, or what stands in its way. */
export const preview = z.strictObject({
  content: content.nullable(),
  segments: z.number().nullable().describe('Of a text message.'),
  cost: z
    .strictObject({ amount: z.number(), currency: z.string() })
    .nullable()
    .describe('What it costs about, by the price that the channel was given; null = it was given none.'),
  missing: z.array(z.string()).describe('Tokens without a value or fallback.'),
  unsafe: z.array(z.string()).describe('Tokens whose value may not stand where it would.'),
})

/** Where a test goes, and what fills it in. */
export const testSendInput = z
  .strictObject({
    to: z.string().min(1).max(4096).describe('The address that gets it. It is kept nowhere.'),
    version: z.number().int().min(1).max(1_000_000).optional().describe('Default: the latest.'),
    draft: z.strictObject(draft).optional().describe('What is sent in place of what is published.'),
    channel: name.optional().describe("Default: the template's own."),
    contactId: contactId
      .optional()
      .describe('Whose attributes, addresses and locale fill it in; attributes given beside it win.'),
    attributes: jsonObject.optional(),
    trigger: jsonObject.optional().describe("The data of the run's event."),
    replies: jsonObject.optional().describe('Replies of webhook steps, by step id.'),
    category: z.enum(['marketing', 'transactional']).optional(),
    mark: z.boolean().optional().describe("False = a mail's subject does not begin with [Test]."),
  })
  .refine(({ version, draft }) => version === undefined || draft === undefined, {
    error: 'Name a version or give a draft, not both.',
    path: ['version'],
  })

const ref = z.string().describe('Names it at the provider.')

/** What became of a test. */
export const testSend = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('sent'), ref, providerId: z.string().nullable() }),
  z
    .strictObject({
      result: z.literal('refused'),
      ref,
      outcome: z.enum(['rejected', 'not_accepted', 'blocked']),
      code: z.string(),
      reason: z.enum(['recipient', 'opted_out', 'content']).nullable(),
      retryAfterMs: z.number().nullable(),
    })
    .describe('It did not go out: for good, for now, or because the account cannot send at all.'),
  z.strictObject({ result: z.literal('unknown'), ref, code: z.string() }).describe('Nobody knows whether it went out.'),
])

export function templateView(version: TemplateVersion) {
  const { templateId: id, channel, content, partials, fallbacks, trusted, author, note, contentHash } = version
  return {
    id,
    version: version.version,
    channel,
    content,
    partials,
    fallbacks,
    trusted,
    author,
    note,
    contentHash,
    createdAt: formatInstant(version.createdAt),
  }
}
