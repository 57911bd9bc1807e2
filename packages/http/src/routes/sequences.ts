import { describeDiff, diffSequences, NotFoundError, type Sequence, type Workspace } from '@drumbeat/core'
import * as z from 'zod'
import { pageOf, pageOfAll, pageQuery } from '../routing/cursor.js'
import { apiRoute } from '../routing/route.js'
import { publishPreview, sequenceDiff, sequenceVersion, versionView } from '../schemas/campaign.js'
import { sequence } from '../schemas/condition.js'
import { issue } from '../schemas/values.js'

const read = { role: 'viewer', scope: 'campaigns:read' } as const
const draftOrNumber = z.union([z.literal('draft'), z.coerce.number().int().min(1).max(1_000_000)])
const list = (items: z.output<typeof issue>[]) => ({ body: { items } })
const issues = z.strictObject({ items: z.array(issue) })

/** The graph of a campaign: its published versions, what is wrong with it, and what a publication would change. */
export const sequenceRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/versions',
    operation: 'listVersions',
    summary: 'The published versions of the sequence, newest first.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(sequenceVersion),
    async run({ workspace, params, query }) {
      const { items, next } = pageOfAll([...(await workspace.campaigns.versions(params.campaignId))].reverse(), query)
      return { body: { items: items.map(versionView), next } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/lint',
    operation: 'lintCampaign',
    summary: 'What is wrong with the sequence, or may be, as a publication would judge it.',
    access: read,
    audit: 'none',
    result: issues,
    run: async ({ workspace, params }) => list(copied(await workspace.campaigns.lint(params.campaignId))),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/lint',
    operation: 'lintSequence',
    summary: 'The same for a sequence that is not saved yet.',
    access: read,
    audit: 'none',
    body: z.strictObject({ sequence }),
    result: issues,
    run: async ({ workspace, params, body }) => list(copied(await workspace.campaigns.lint(params.campaignId, body))),
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/campaigns/:campaignId/diff',
    operation: 'diffVersions',
    summary: 'In what one form of the sequence differs from another: by default, the draft from the latest version.',
    access: read,
    audit: 'none',
    query: z.strictObject({
      from: draftOrNumber.optional().describe('A version, or "draft". Default: the latest version.'),
      to: draftOrNumber.default('draft'),
    }),
    result: sequenceDiff,
    async run({ workspace, params, query }) {
      const { version } = await workspace.campaigns.get(params.campaignId)
      const from = await formOf(workspace, params.campaignId, query.from ?? version ?? 'draft')
      const to = await formOf(workspace, params.campaignId, query.to)
      const diff = diffSequences(from, to)
      return { body: { ...diff, sentences: describeDiff(diff) } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/campaigns/:campaignId/publish-preview',
    operation: 'previewPublish',
    summary: 'What publishing would do: what differs, what is wrong, and where people stand. Changes nothing.',
    access: read,
    audit: 'none',
    body: z.strictObject({ sequence: sequence.optional().describe('Absent = the sequence as it is saved.') }),
    result: publishPreview,
    async run({ workspace, params, body }) {
      const preview = await workspace.campaigns.previewPublish(params.campaignId, body)
      const { diff, issues: found } = preview
      const shown = diff === null ? null : { ...diff, sentences: describeDiff(diff) }
      return { body: { ...preview, diff: shown, issues: copied(found) } }
    },
  }),
]

/** @throws {NotFoundError} when there is no such version. */
async function formOf(workspace: Workspace, campaignId: string, form: 'draft' | number): Promise<Sequence> {
  if (form === 'draft') return (await workspace.campaigns.get(campaignId)).sequence
  const found = (await workspace.campaigns.versions(campaignId)).find(({ version }) => version === form)
  if (found === undefined) throw new NotFoundError(`Campaign "${campaignId}" has no version ${form}.`)
  return found.sequence
}

function copied(found: Awaited<ReturnType<Workspace['campaigns']['lint']>>): z.output<typeof issue>[] {
  return found.map(({ code, path, severity, message, fix }) => ({ code, path, severity, message, fix }))
}
