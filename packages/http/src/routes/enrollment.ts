import * as z from 'zod'
import { apiRoute } from '../routing/route.js'
import { enrollReport, recipientView } from '../schemas/recipient.js'
import { contactId, instantInput } from '../schemas/values.js'

const write = { role: 'publisher', scope: 'campaigns:write' } as const

/** Who is let into a campaign, and who is taken out, by hand or by the host's backend. */
export const enrollmentRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/recipients',
    operation: 'enroll',
    summary:
      'Begins runs for up to 1,000 contacts. Whom the audience or the re-entry rule forbids is refused, and named.',
    access: write,
    audit: 'recipients.enrolled',
    body: z.strictObject({
      contactIds: z.array(contactId).min(1).max(1000),
      key: z.string().max(255).optional().describe('Of a keyed run, such as an order.'),
      at: instantInput.optional().describe('The nominal instant of entry. Default: now.'),
    }),
    result: enrollReport,
    async run({ workspace, params, body }) {
      const { contactIds, ...options } = body
      const { enrolled, refused } = await workspace.enroll(params.campaignId, [...new Set(contactIds)], options)
      const detail = { enrolled: enrolled.length, refused: refused.length }
      return { body: { enrolled: enrolled.map(recipientView), refused }, record: { detail } }
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/v1/campaigns/:campaignId/contacts/:contactId',
    operation: 'withdraw',
    summary: "Ends a contact's runs through a campaign now.",
    access: write,
    audit: 'recipient.withdrawn',
    query: z.strictObject({ reason: z.string().min(1).max(100).default('removed') }),
    result: z.strictObject({ withdrawn: z.number() }),
    async run({ workspace, params, query }) {
      await workspace.campaigns.get(params.campaignId)
      const withdrawn = await workspace.withdraw(params.campaignId, params.contactId, query)
      return { body: { withdrawn }, record: { detail: { withdrawn, reason: query.reason } } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/release',
    operation: 'releaseRecipients',
    summary: 'Lets quarantined runs go on from where they were: all of a campaign, or those of one contact.',
    access: write,
    audit: 'recipients.released',
    body: z.strictObject({ contactId: contactId.optional() }),
    result: z.strictObject({ released: z.number() }),
    async run({ workspace, params, body }) {
      const released = await workspace.release(params.campaignId, body.contactId)
      return { body: { released }, record: { detail: { released, ...body } } }
    },
  }),
]
