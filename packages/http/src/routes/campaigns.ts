import type { Campaign } from '@drumbeat/core'
import * as z from 'zod'
import { refuseUnlessAllowed } from '../access/caller.js'
import { pageOf, pageOfAll, pageQuery } from '../routing/cursor.js'
import { revised } from '../routing/perform.js'
import { matchedRevision } from '../routing/precondition.js'
import { apiRoute } from '../routing/route.js'
import { campaign, campaignChange, campaignInput, campaignView, counters, statusQuery } from '../schemas/campaign.js'

const read = { role: 'viewer', scope: 'campaigns:read' } as const
const edit = { role: 'editor', scope: 'campaigns:write' } as const
const shown = (found: Campaign) => revised(campaignView(found))

/** Campaigns as documents: what they are made of, and what was counted. */
export const campaignRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns',
    operation: 'listCampaigns',
    summary: 'The campaigns, oldest first.',
    access: read,
    audit: 'none',
    query: pageQuery.extend(statusQuery.shape),
    result: pageOf(campaign),
    async run({ workspace, query }) {
      const all = await workspace.campaigns.list()
      const wanted = all.filter(({ status }) => query.status === undefined || status === query.status)
      const { items, next } = pageOfAll(wanted, query)
      return { body: { items: items.map(campaignView), next } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns',
    operation: 'createCampaign',
    summary: 'A new draft.',
    access: edit,
    audit: 'core',
    body: campaignInput,
    result: campaign,
    status: 201,
    run: async ({ workspace, body }) => shown(await workspace.campaigns.create(body)),
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId',
    operation: 'getCampaign',
    summary: 'One campaign.',
    access: read,
    audit: 'none',
    result: campaign,
    run: async ({ workspace, params }) => shown(await workspace.campaigns.get(params.campaignId)),
  }),
  apiRoute({
    method: 'PATCH',
    path: '/v1/campaigns/:campaignId',
    operation: 'updateCampaign',
    summary:
      'Changes what is named. The sequence of a published campaign changes for new runs, once it is published again.',
    access: edit,
    audit: 'core',
    revision: 'required',
    body: campaignChange,
    result: campaign,
    async run({ workspace, params, request, caller, body }) {
      const revision = matchedRevision(request, { required: true })
      const { status } = await workspace.campaigns.get(params.campaignId)
      // Rules, caps and exits of a campaign that has been started take effect at once.
      if (status !== 'draft') refuseUnlessAllowed(caller, { ...edit, role: 'publisher' })
      return shown(
        await workspace.campaigns.update(params.campaignId, body, revision === undefined ? {} : { revision }),
      )
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/v1/campaigns/:campaignId',
    operation: 'deleteCampaign',
    summary: 'Deletes a draft or an archived campaign with everything that belongs to it.',
    access: { role: 'publisher', scope: 'campaigns:write' },
    audit: 'core',
    async run({ workspace, params }) {
      await workspace.campaigns.delete(params.campaignId)
      return { body: undefined }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/duplicate',
    operation: 'duplicateCampaign',
    summary: 'A new draft with the same content.',
    access: edit,
    audit: 'core',
    body: z.strictObject({ name: z.string().trim().min(1).max(200).optional() }),
    result: campaign,
    status: 201,
    run: async ({ workspace, params, body }) => shown(await workspace.campaigns.duplicate(params.campaignId, body)),
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/counters',
    operation: 'getCounters',
    summary: 'What has been counted, per step: entries, deliveries by state, reports, ends.',
    access: read,
    audit: 'none',
    result: counters,
    async run({ workspace, params }) {
      await workspace.campaigns.get(params.campaignId)
      return { body: { items: await workspace.campaigns.counters(params.campaignId) } }
    },
  }),
]
