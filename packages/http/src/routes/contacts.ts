import { messageReceived, NotFoundError } from '@drumbeat/core'
import * as z from 'zod'
import { importContacts } from '../import/import-contacts.js'
import { afterOf, cursorOf, pageOf, pageQuery } from '../routing/cursor.js'
import { HttpProblem } from '../routing/problem.js'
import { bytesOf, mediaTypeOf, refuseEncodings, tooLarge } from '../routing/read-body.js'
import { apiRoute } from '../routing/route.js'
import {
  consentInput,
  contact,
  contactChange,
  contactExport,
  contactView,
  exportView,
  importReport,
  suppressionInput,
} from '../schemas/contact.js'
import { name } from '../schemas/values.js'

const read = { role: 'viewer', scope: 'contacts:read' } as const
const write = { role: 'editor', scope: 'contacts:write' } as const
const owner = { role: 'admin', scope: 'contacts:write' } as const

/** People, what they have said about being written to, and what is kept of them. */
export const contactRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/contacts',
    operation: 'listContacts',
    summary: 'The contacts that the store keeps, in order of their ids.',
    access: read,
    audit: 'none',
    query: pageQuery,
    result: pageOf(contact),
    async run({ workspace, query }) {
      const { contacts, next } = await workspace.contacts.list({ after: afterOf(query.cursor), limit: query.limit })
      return { body: { items: contacts.map(contactView), next: cursorOf(next) } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/contacts/:contactId',
    operation: 'getContact',
    summary: 'One contact.',
    access: read,
    audit: 'none',
    result: contact,
    run: async ({ workspace, params }) => ({ body: contactView(await workspace.contacts.get(params.contactId)) }),
  }),
  apiRoute({
    method: 'PATCH',
    path: '/v1/contacts/:contactId',
    operation: 'upsertContact',
    summary: 'Creates or changes a contact; what is not named stays.',
    access: write,
    audit: 'contact.changed',
    body: contactChange,
    result: contact,
    async run({ workspace, params, body }) {
      await workspace.contacts.upsert({ ...body, id: params.contactId })
      return { body: contactView(await workspace.contacts.get(params.contactId)) }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/contacts/import',
    operation: 'importContacts',
    summary: 'Creates or changes contacts from a file of any length, line by line, and names the lines it refuses.',
    access: write,
    audit: 'contacts.imported',
    streams: ['application/x-ndjson', 'text/csv'],
    result: importReport,
    async run({ workspace, request, wiring }) {
      const type = mediaTypeOf(request)
      if (!['application/x-ndjson', 'application/jsonl', 'text/csv'].includes(type)) {
        throw new HttpProblem(415, 'unsupported_media_type', 'An import is text/csv or application/x-ndjson.')
      }
      refuseEncodings(request)
      const { importBytes, lineBytes } = wiring.limits
      const options = { isCsv: type === 'text/csv', maxChars: lineBytes }
      const report = await importContacts(workspace, bounded(bytesOf(request), importBytes), options).catch(notUtf8)
      const { created, updated, refusedCount } = report
      return { body: report, record: { subject: workspace.id, detail: { created, updated, refusedCount } } }
    },
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/contacts/:contactId/export',
    operation: 'exportContact',
    summary: 'Everything that is kept about a person. Events are those of the names in `events`, separated by commas.',
    access: owner,
    audit: 'contact.exported',
    query: z.strictObject({ events: z.string().max(4000).optional() }),
    result: contactExport,
    async run({ workspace, params, query }) {
      const eventNames = [...new Set([messageReceived, ...(query.events ?? '').split(',').filter(Boolean)])]
      const kept = await workspace.contacts.export(params.contactId, { eventNames })
      if (kept.contact === null && kept.runs.length === 0 && kept.consents.length === 0) {
        throw new NotFoundError(`Workspace "${workspace.id}" keeps nothing about a contact "${params.contactId}".`)
      }
      return { body: exportView(kept, (delivery) => workspace.refOf(delivery)) }
    },
  }),
  apiRoute({
    method: 'DELETE',
    path: '/v1/contacts/:contactId',
    operation: 'eraseContact',
    summary: 'Forgets a person for good. Their suppressions stay, as keyed hashes.',
    access: owner,
    audit: 'core',
    async run({ workspace, params }) {
      if (!(await workspace.contacts.erase(params.contactId))) {
        throw new NotFoundError(`Workspace "${workspace.id}" keeps nothing about a contact "${params.contactId}".`)
      }
      return { body: undefined }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/contacts/:contactId/consents',
    operation: 'recordConsent',
    summary: 'Records what a contact has said about being written to.',
    access: write,
    audit: 'consent.recorded',
    body: consentInput,
    async run({ workspace, params, body }) {
      await workspace.contacts.get(params.contactId)
      await workspace.contacts.consent(params.contactId, body)
      const { channel, status, topic } = body
      return { body: undefined, record: { detail: { channel, status, ...(topic === undefined ? {} : { topic }) } } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/suppressions',
    operation: 'suppress',
    summary: 'Closes an address. It outlives the contact.',
    access: write,
    audit: 'address.suppressed',
    body: suppressionInput,
    async run({ workspace, body }) {
      await workspace.contacts.suppress(body)
      return { body: undefined, record: { detail: { channel: body.channel, reason: body.reason ?? 'manual' } } }
    },
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/suppressions/lift',
    operation: 'unsuppress',
    summary: 'Opens an address again that its owner had closed by a stop word or by unsubscribing.',
    access: owner,
    audit: 'address.opened',
    body: z.strictObject({ channel: name, address: z.string().max(4096) }),
    async run({ workspace, body }) {
      await workspace.contacts.unsuppress(body)
      return { body: undefined, record: { detail: { channel: body.channel } } }
    },
  }),
]

async function* bounded(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

/** A decoder that meets other bytes throws a TypeError. */
function notUtf8(error: unknown): never {
  if (!(error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'))
    throw error
  throw new HttpProblem(
    400,
    'invalid_encoding',
    'The file is not UTF-8. Lines before the first bad one may have been taken.',
  )
}
