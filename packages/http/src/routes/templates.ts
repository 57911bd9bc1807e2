import {
  compileTemplate,
  type Price,
  renderMessage,
  type SampleContact,
  smsSegments,
  type Wiring,
} from '@drumbeat/core'
import * as z from 'zod'
import { pageOf, pageOfAll, pageQuery } from '../routing/cursor.js'
import { apiRoute } from '../routing/route.js'
import {
  preview,
  previewInput,
  template,
  templateDiff,
  templateInput,
  templateView,
  testSend,
  testSendInput,
} from '../schemas/template.js'

const read = { role: 'viewer', scope: 'templates:read' } as const
const write = { role: 'editor', scope: 'templates:write' } as const
const number = z.coerce.number().int().min(1).max(1_000_000)

/** Reusable content, in immutable versions. */
export const templateRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/templates',
    operation: 'listTemplates',
    summary: 'The latest version of each template.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(template),
    async run({ workspace, query }) {
      const { items, next } = pageOfAll(await workspace.templates.list(), query)
      return { body: { items: items.map(templateView), next } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/templates/:templateId',
    operation: 'getTemplate',
    summary: 'A version of a template; by default the latest.',
    access: read,
    audit: 'none',
    query: z.strictObject({ version: number.optional() }),
    result: template,
    run: async ({ workspace, params, query }) => ({
      body: templateView(await workspace.templates.get(params.templateId, query.version ?? null)),
    }),
  }),
  apiRoute({
    method: 'PUT',
    path: '/v1/templates/:templateId',
    operation: 'publishTemplate',
    summary: 'Adds the next version of a template; content equal to the latest adds nothing.',
    access: write,
    audit: 'template.published',
    body: templateInput,
    result: template,
    async run({ workspace, params, body, caller }) {
      const { note, ...draft } = body
      const change = { author: caller.actor, ...(note === undefined ? {} : { note }) }
      const published = await workspace.templates.publish(params.templateId, draft, change)
      return { body: templateView(published), record: { detail: { version: published.version } } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/templates/:templateId/versions',
    operation: 'listTemplateVersions',
    summary: 'Every version of a template, newest first.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(template),
    async run({ workspace, params, query }) {
      await workspace.templates.get(params.templateId)
      const { items, next } = pageOfAll(await workspace.templates.history(params.templateId), query)
      return { body: { items: items.map(templateView), next } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/templates/:templateId/diff',
    operation: 'diffTemplate',
    summary: 'In what one version differs from another, field by field.',
    access: read,
    audit: 'none',
    query: z.strictObject({ from: number, to: number }),
    result: templateDiff,
    run: async ({ workspace, params, query }) => ({
      body: { items: await workspace.templates.diff(params.templateId, query.from, query.to) },
    }),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/templates/:templateId/restore',
    operation: 'restoreTemplate',
    summary: 'Makes an earlier version the latest again, as a new version.',
    access: write,
    audit: 'template.restored',
    body: z.strictObject({ version: z.number().int().min(1) }),
    result: template,
    async run({ workspace, params, body, caller }) {
      const restored = await workspace.templates.restore(params.templateId, body.version, { author: caller.actor })
      return { body: templateView(restored), record: { detail: { restored: body.version, version: restored.version } } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/templates/preview',
    operation: 'previewTemplate',
    summary: 'Fills a template in that need not be stored, and sends it to nobody.',
    access: { role: 'viewer', scope: 'templates:read' },
    audit: 'none',
    body: previewInput,
    result: preview,
    async run({ workspace, clock, body }) {
      const { attributes = {}, trigger = {}, contactId, ...draft } = body
      const contact = contactId === undefined ? null : await workspace.contacts.get(contactId)
      const beside = { author: null, note: null, contentHash: '', createdAt: clock.now() }
      const compiled = compileTemplate({
        ...draft,
        ...beside,
        templateId: 'preview',
        workspaceId: workspace.id,
        version: 1,
      })
      const rendered = renderMessage(compiled, {
        attributes: { ...contact?.attributes, ...attributes },
        workspace: (await workspace.settings()).variables,
        trigger,
        webhook: {},
        computed: {},
        contact: { ...contact?.addresses, id: contact?.id ?? 'preview' },
        unsubscribeUrl: 'https://unsubscribe.example',
        ...(contact?.locale == null ? {} : { locale: contact.locale }),
      })
      if (!rendered.ok) {
        const missing = rendered.missing.map(({ name }) => name)
        return {
          body: { content: null, segments: null, cost: null, missing, unsafe: rendered.unsafe.map(({ name }) => name) },
        }
      }
      const { content } = rendered
      const segments = content.kind === 'text' ? smsSegments(content.body).segments : null
      const cost = costOf(workspace.wiring, draft.channel, segments ?? 1)
      return { body: { content, segments, cost, missing: [], unsafe: [] } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/templates/:templateId/test-sends',
    operation: 'sendTemplateTest',
    summary: 'Sends a template, or a draft of it, to one address as a test. Counts nowhere, and unsubscribes nobody.',
    access: { role: 'editor', scope: 'templates:test' },
    audit: 'template.tested',
    body: testSendInput,
    result: testSend,
    async run({ workspace, params, body }) {
      const { draft, version, contactId, attributes, ...options } = body
      const { templateId: id } = params
      const person: SampleContact = contactId === undefined ? {} : await workspace.contacts.get(contactId)
      const contact = { ...person, attributes: { ...person.attributes, ...attributes } }
      const what = draft ?? (version === undefined ? id : { id, version })
      const sent = await workspace.templates.sendTest(what, { ...options, contact })
      const detail = { result: sent.result, ref: sent.ref, isDraft: draft !== undefined }
      return { body: sent, record: { detail } }
    },
  }),
]

/** About, to a hundredth of a cent: sums of decimal fractions have tails. */
function costOf({ channels }: Wiring, channel: string, units: number): Price | null {
  const price = channels.find(({ name }) => name === channel)?.price
  return price === undefined ? null : { ...price, amount: Math.round(price.amount * units * 10_000) / 10_000 }
}
