import type { WebhookEndpoint, Workspace } from '@drumbeat/core'
import * as z from 'zod'
import { pageOf, pageOfAll, pageQuery } from '../routing/cursor.js'
import { revised } from '../routing/perform.js'
import { matchedRevision } from '../routing/precondition.js'
import { apiRoute } from '../routing/route.js'
import {
  attemptView,
  endpointInput,
  endpointView,
  endpointWithSecret,
  webhookAttempt,
  webhookEndpoint,
} from '../schemas/webhook-endpoint.js'

const read = { role: 'admin', scope: 'workspace:read' } as const
const write = { role: 'admin', scope: 'workspace:write' } as const
const mostAttempts = 1000
const shown = async (workspace: Workspace, endpoint: WebhookEndpoint) =>
  revised(endpointView(endpoint, await workspace.webhooks.backlog()))

/** The host's systems that are told of what happens. */
export const webhookEndpointRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/webhook-endpoints',
    operation: 'listWebhookEndpoints',
    summary: 'The endpoints that are told of events, oldest first.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(webhookEndpoint),
    async run({ workspace, query }) {
      const { items, next } = pageOfAll(await workspace.webhooks.list(), query)
      const backlog = await workspace.webhooks.backlog()
      return { body: { items: items.map((endpoint) => endpointView(endpoint, backlog)), next } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints',
    operation: 'createWebhookEndpoint',
    summary: 'Registers an endpoint, and shows the secret that signs what it is sent: once.',
    access: write,
    audit: 'core',
    body: endpointInput,
    result: endpointWithSecret,
    status: 201,
    async run({ workspace, body }) {
      const { endpoint, secret } = await workspace.webhooks.create(body)
      return revised({ ...endpointView(endpoint, []), secret })
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/webhook-endpoints/:endpointId',
    operation: 'getWebhookEndpoint',
    summary: 'One endpoint, and how it is doing.',
    access: read,
    audit: 'none',
    result: webhookEndpoint,
    run: async ({ workspace, params }) => shown(workspace, await workspace.webhooks.get(params.endpointId)),
  }),
  apiRoute({
    method: 'PATCH',
    path: '/v1/webhook-endpoints/:endpointId',
    operation: 'updateWebhookEndpoint',
    summary: 'Changes what is named; the rest stays.',
    access: write,
    audit: 'core',
    revision: 'optional',
    body: endpointInput.partial(),
    result: webhookEndpoint,
    async run({ workspace, params, body, request }) {
      const revision = matchedRevision(request, { required: false })
      const options = revision === undefined ? {} : { revision }
      return shown(workspace, await workspace.webhooks.update(params.endpointId, body, options))
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/v1/webhook-endpoints/:endpointId',
    operation: 'deleteWebhookEndpoint',
    summary: 'Deletes an endpoint, and with it what it has not been told.',
    access: write,
    audit: 'core',
    async run({ workspace, params }) {
      await workspace.webhooks.delete(params.endpointId)
      return { body: undefined }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/:endpointId/rotate-secret',
    operation: 'rotateWebhookSecret',
    summary: 'Makes a new secret and shows it, once. For a while requests are signed with the one before it too.',
    access: write,
    audit: 'core',
    body: z.strictObject({
      overlapMs: z
        .number()
        .int()
        .min(0)
        .max(30 * 24 * 60 * 60 * 1000)
        .optional()
        .describe('For how long. Default: a day.'),
    }),
    result: endpointWithSecret,
    async run({ workspace, params, body }) {
      const { endpoint, secret } = await workspace.webhooks.rotateSecret(params.endpointId, body)
      return revised({ ...endpointView(endpoint, await workspace.webhooks.backlog()), secret })
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/:endpointId/enable',
    operation: 'enableWebhookEndpoint',
    summary: 'Enables an endpoint again; with `resend`, it is also told what was set aside.',
    access: write,
    audit: 'core',
    body: z.strictObject({ resend: z.boolean().optional() }),
    result: webhookEndpoint,
    async run({ workspace, params, body }) {
      await workspace.webhooks.enable(params.endpointId, body)
      return shown(workspace, await workspace.webhooks.get(params.endpointId))
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/:endpointId/test',
    operation: 'testWebhookEndpoint',
    summary: 'Sends an event of type `webhook.test` now, and says how that ended.',
    access: write,
    audit: 'core',
    result: webhookAttempt,
    run: async ({ workspace, params }) => ({ body: attemptView(await workspace.webhooks.test(params.endpointId)) }),
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/webhook-endpoints/:endpointId/attempts',
    operation: 'listWebhookAttempts',
    summary: 'The latest attempts to tell an endpoint, newest first; they are kept for a week.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(webhookAttempt),
    async run({ workspace, params, query }) {
      const { items, next } = pageOfAll(
        await workspace.webhooks.attempts(params.endpointId, { limit: mostAttempts }),
        query,
      )
      return { body: { items: items.map(attemptView), next } }
    },
  }),
]
