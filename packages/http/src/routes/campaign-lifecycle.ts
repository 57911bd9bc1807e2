import { type Campaign, type Campaigns, ConflictError, type Workspace } from '@drumbeat/core'
import * as z from 'zod'
import { revised } from '../routing/perform.js'
import { matchedRevision } from '../routing/precondition.js'
import { apiRoute } from '../routing/route.js'
import { campaign, campaignView } from '../schemas/campaign.js'
import { instantInput, name } from '../schemas/values.js'
import { stopReport } from '../schemas/workspace.js'

const publish = { role: 'publisher', scope: 'campaigns:write' } as const
const shown = (found: Campaign) => revised(campaignView(found))
const step = name.optional().describe('Only this step; absent = the whole campaign.')

/** What all of these have in common: a publisher's, recorded by the core, on a revision if one is named. */
const common = { method: 'POST', access: publish, audit: 'core', revision: 'optional' } as const

/** The life of a campaign: each changes where it stands, and answers with it. */
export const lifecycleRoutes = [
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/publish',
    operation: 'publishCampaign',
    summary: "Makes the sequence's current form an immutable version that new runs follow.",
    result: campaign,
    async run({ workspace, params, request }) {
      const revision = matchedRevision(request, { required: false })
      return shown(await workspace.campaigns.publish(params.campaignId, revision === undefined ? {} : { revision }))
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/activate',
    operation: 'activateCampaign',
    summary: 'Publishes the campaign if it is not, and starts it: now, or at `at`.',
    body: z.strictObject({ at: instantInput.optional() }),
    result: campaign,
    async run(call) {
      const campaigns = await heeding(call)
      return shown(await campaigns.activate(call.params.campaignId, call.body))
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/pause',
    operation: 'pauseCampaign',
    summary: 'Holds every run where it is, or those in one step.',
    body: z.strictObject({ step }),
    result: campaign,
    async run(call) {
      const campaigns = await heeding(call)
      return shown(await campaigns.pause(call.params.campaignId, call.body))
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/resume',
    operation: 'resumeCampaign',
    summary: 'Goes on after a pause; `policy` says what becomes of what fell due meanwhile.',
    body: z.strictObject({ step, policy: z.enum(['send', 'skip', 'shift', 'exit']).optional() }),
    result: campaign,
    async run(call) {
      const campaigns = await heeding(call)
      return shown(await campaigns.resume(call.params.campaignId, call.body))
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/stop',
    operation: 'stopCampaign',
    summary: 'Ends the campaign for good: once it answers, no further call starts.',
    result: stopReport,
    async run(call) {
      const campaigns = await heeding(call)
      return { body: await campaigns.stop(call.params.campaignId) }
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/finish',
    operation: 'finishCampaign',
    summary: 'Lets nobody in any more; those inside go on to the end.',
    result: campaign,
    async run(call) {
      const campaigns = await heeding(call)
      return shown(await campaigns.finish(call.params.campaignId))
    },
  }),
  apiRoute({
    ...common,
    path: '/v1/campaigns/:campaignId/archive',
    operation: 'archiveCampaign',
    summary: 'Takes an ended or unused campaign out of sight.',
    result: campaign,
    async run(call) {
      const campaigns = await heeding(call)
      return shown(await campaigns.archive(call.params.campaignId))
    },
  }),
]

/**
 * The campaigns, once this one is at the revision that `If-Match` names. What may follow upon what is for the campaign's own states to say,
 * so a change in between is refused there if it matters.
 */
async function heeding({ workspace, params, request }: Named): Promise<Campaigns> {
  const wanted = matchedRevision(request, { required: false })
  const { revision } = await workspace.campaigns.get(params.campaignId)
  if (wanted === undefined || wanted === revision) return workspace.campaigns
  throw new ConflictError(`Campaign "${params.campaignId}" is at revision ${revision}, not ${wanted}.`, {
    kind: 'stale',
  })
}

interface Named {
  readonly workspace: Workspace
  readonly params: { readonly campaignId: string }
  readonly request: Request
}
