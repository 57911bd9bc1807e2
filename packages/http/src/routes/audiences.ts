import * as z from 'zod'
import { afterOf, cursorOf, pageOf, pageQuery } from '../routing/cursor.js'
import { apiRoute } from '../routing/route.js'
import { condition } from '../schemas/condition.js'
import { contact, contactView } from '../schemas/contact.js'
import { instant } from '../schemas/values.js'

const read = { role: 'viewer', scope: 'contacts:read' } as const

/** Who would be in an audience. */
export const audienceRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/audiences/count',
    operation: 'countAudience',
    summary:
      'How many contacts satisfy a condition. Those who ask for one audience share its count while it is young enough for them.',
    access: read,
    audit: 'none',
    body: z.strictObject({
      where: condition.optional(),
      maxAgeMs: z
        .int()
        .min(0)
        .max(24 * 60 * 60 * 1000)
        .default(10_000)
        .describe('How old the count may be; 0 = it is made now.'),
    }),
    result: z.strictObject({
      count: z.number(),
      isExact: z.boolean().describe('False = at least so many.'),
      countedAt: instant,
    }),
    async run({ workspace, body: { where, maxAgeMs } }) {
      const counted = await workspace.contacts.count({ maxAgeMs, ...(where === undefined ? {} : { where }) })
      return { body: { ...counted, countedAt: new Date(counted.countedAt).toISOString() } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/contacts/search',
    operation: 'searchContacts',
    summary: 'The contacts that satisfy a condition, in order of their ids. A page may be empty and not the last.',
    access: read,
    audit: 'none',
    body: z.strictObject({
      where: condition.optional(),
      cursor: pageQuery.shape.cursor,
      limit: z.number().int().min(1).max(1000).default(100),
    }),
    result: pageOf(contact),
    async run({ workspace, body }) {
      const { where, limit } = body
      const page = { after: afterOf(body.cursor), limit, ...(where === undefined ? {} : { where }) }
      const { contacts, next } = await workspace.contacts.list(page)
      return { body: { items: contacts.map(contactView), next: cursorOf(next) } }
    },
  }),
]
