import { NotFoundError } from '@drumbeat/core'
import * as z from 'zod'
import { afterOf, byNumber, cursorOf, pageOf, pageQuery } from '../routing/cursor.js'
import { apiRoute } from '../routing/route.js'
import { delivery, deliveryState, deliveryView } from '../schemas/delivery.js'
import { recipient, recipientStatus, recipientView } from '../schemas/recipient.js'
import { explanation, explanationView } from '../schemas/timeline.js'

const read = { role: 'viewer', scope: 'campaigns:read' } as const

/** Runs and messages, by campaign and by contact. */
export const recipientRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/recipients',
    operation: 'listRecipients',
    summary: 'The runs of a campaign, in the order in which they began.',
    access: read,
    audit: 'none',
    query: pageQuery.extend({
      live: z.enum(['true', 'false']).optional().describe('Only runs that are, or are not, active.'),
      status: recipientStatus.optional(),
    }),
    result: pageOf(recipient),
    async run({ workspace, params, query }) {
      await workspace.campaigns.get(params.campaignId)
      const { limit, live, status } = query
      const page = {
        after: afterOf(query.cursor, byNumber),
        limit,
        ...(live === undefined ? {} : { live: live === 'true' }),
        ...(status === undefined ? {} : { status }),
      }
      const runs = await workspace.recipients(params.campaignId, page)
      return { body: { items: runs.map(recipientView), next: nextOf(runs, limit) } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/contacts/:contactId',
    operation: 'explain',
    summary: 'Where a contact is in a campaign and why, what was not sent and why not, and what comes next; per run.',
    access: read,
    audit: 'none',
    result: z.strictObject({ items: z.array(explanation) }),
    async run({ workspace, params }) {
      const explanations = await workspace.explain(params)
      if (explanations.length === 0) {
        throw new NotFoundError(`Contact "${params.contactId}" has never been in campaign "${params.campaignId}".`)
      }
      return { body: { items: explanations.map(explanationView) } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/deliveries',
    operation: 'listDeliveries',
    summary: 'The messages and calls of a campaign, oldest first.',
    access: read,
    audit: 'none',
    query: pageQuery.extend({ state: deliveryState.optional() }),
    result: pageOf(delivery),
    async run({ workspace, params, query }) {
      await workspace.campaigns.get(params.campaignId)
      const { limit, state } = query
      const page = {
        after: afterOf(query.cursor, byNumber),
        limit,
        ...(state === undefined ? {} : { states: [state] }),
      }
      const found = await workspace.deliveries(params.campaignId, page)
      return {
        body: { items: found.map((one) => deliveryView(one, (of) => workspace.refOf(of))), next: nextOf(found, limit) },
      }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/deliveries/:deliveryRef',
    operation: 'getDelivery',
    summary: 'One message or call, by its reference.',
    access: read,
    audit: 'none',
    result: delivery,
    run: async ({ workspace, params }) => ({
      body: deliveryView(await workspace.delivery(params.deliveryRef), (of) => workspace.refOf(of)),
    }),
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/contacts/:contactId/timeline',
    operation: 'getTimeline',
    summary: 'Every run of a contact and every message to them, over all campaigns.',
    access: { role: 'viewer', scope: 'contacts:read' },
    audit: 'none',
    result: z.strictObject({ recipients: z.array(recipient), deliveries: z.array(delivery) }),
    async run({ workspace, params }) {
      const { contact, runs, deliveries } = await workspace.contacts.export(params.contactId)
      if (contact === null && runs.length === 0) {
        throw new NotFoundError(`Workspace "${workspace.id}" knows no contact "${params.contactId}".`)
      }
      const found = deliveries.map((one) => deliveryView(one, (of) => workspace.refOf(of)))
      return { body: { recipients: runs.map(recipientView), deliveries: found } }
    },
  }),
]

/** Where a list goes on that is read by number; a page that is not full is the last. */
function nextOf(items: readonly { readonly id: number }[], limit: number): string | null {
  return items.length < limit ? null : cursorOf(String(items.at(-1)?.id ?? 0))
}
