import { createHash, createHmac } from 'node:crypto'
import { formFields, type RawReport } from '@drumbeat/core'
import Mailgun from 'mailgun.js'
import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'

export const domain = 'mg.acme.test'
export const apiKey = 'key-test'
export const signingKey = 'signing-key-1'

/** The real client, which finds Mailgun's API on the loopback. */
export function clientOf(url: string, key = apiKey) {
  return new Mailgun(FormData).client({ username: 'api', key, url, timeout: 10_000 })
}

/** The fields of a request to the messages API; of repeated ones the first. */
export function fieldsOf({ headers, body }: ContractRequest): Readonly<Record<string, string>> {
  const report = { method: 'POST', url: '', headers, body: new TextEncoder().encode(body), receivedAt: 0 }
  return Object.fromEntries([...formFields(report)].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]))
}

/** Every value of a field, in order. */
function valuesOf({ body }: ContractRequest, name: string): readonly string[] {
  const parts = body.split(/\r\n--|^--/).map((part) => part.split('\r\n\r\n'))
  return parts.filter(([head = '']) => head.includes(`name="${name}"`)).map(([, ...value]) => value.join('\r\n\r\n'))
}

/**
 * Mailgun's messages and events: takes what its documents allow, refuses the rest, and remembers.
 * @see https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
 */
export function mailgunApi(): (request: ContractRequest) => ContractAnswer {
  const known = new Map<string, number>()
  return (request) => {
    const { method, path, headers } = request
    const credentials = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`
    if (headers.authorization !== credentials) return { status: 401, body: 'Forbidden' }
    const [where = '', query = ''] = path.split('?')
    if (method === 'POST' && where === `/v3/${domain}/messages`) {
      const fields = fieldsOf(request)
      const problem = problemOf(request, fields)
      if (problem !== null) return { status: 400, body: { message: problem } }
      const id = fields['h:Message-ID'] ?? `<20260309090000.${known.size + 1}@${domain}>`
      known.set(id.replace(/^<|>$/g, ''), Date.now() / 1000)
      return { status: 200, body: { id, message: 'Queued. Thank you.' } }
    }
    if (method === 'GET' && where === `/v3/${domain}/events`) {
      const id = new URLSearchParams(query).get('message-id') ?? ''
      const timestamp = known.get(id)
      const items = timestamp === undefined ? [] : [{ event: 'accepted', timestamp }]
      return { status: 200, body: { items, paging: {} } }
    }
    return { status: 404, body: { message: 'Domain not found' } }
  }
}

const plain = new Set(['from', 'to', 'subject', 'html', 'text', 'recipient-variables'])
const options = /^o:(?:tag|tracking-opens|tracking-clicks|require-tls|testmode)$/
const yesOrNo = /^o:(?:tracking-opens|tracking-clicks|require-tls|testmode)$/

function problemOf(request: ContractRequest, fields: Readonly<Record<string, string>>): string | null {
  const entries = Object.entries(fields)
  const to = valuesOf(request, 'to')
  const unknown = entries.find(([name]) => !plain.has(name) && !/^[hv]:./.test(name) && !options.test(name))
  if (unknown !== undefined) return `${unknown[0]} is not a parameter`
  if (!/^(?:[^<>]*<)?[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+>?$/.test(fields.from ?? '')) {
    return "'from' parameter is not a valid address. please check documentation"
  }
  if (to.length === 0 || to.length > 1000 || !to.every((one) => /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(one))) {
    return "'to' parameter is not a valid address. please check documentation"
  }
  if ((fields.html ?? '') === '')
    return "Need at least one of 'text', 'html', 'amp-html' or 'attachment' parameters specified"
  const answers = entries.filter(([name]) => yesOrNo.test(name)).map(([, value]) => value)
  if (!answers.every((value) => ['yes', 'no', 'true', 'false', 'htmlonly'].includes(value)))
    return 'a flag is not valid'
  const tags = valuesOf(request, 'o:tag')
  if (tags.length > 3 || !tags.every((tag) => /^[\x20-\x7e]{1,128}$/.test(tag))) return "'o:tag' is not valid"
  const extras = entries.filter(([name]) => /^[ohv]:/.test(name)).map(([name, value]) => name + value)
  if (Buffer.byteLength(extras.join('')) > 16 * 1024) return "parameters starting with 'o:', 'h:' and 'v:' exceed 16 kB"
  return problemOfVariables(fields, to)
}

/** Without a value each, people would see all addresses, or the name of a variable. */
function problemOfVariables(fields: Readonly<Record<string, string>>, to: readonly string[]): string | null {
  const variables: unknown = JSON.parse(fields['recipient-variables'] ?? '{}')
  const byPerson = new Map(Object.entries(variables as { readonly [to: string]: { readonly [name: string]: unknown } }))
  if (to.length > 1 && to.some((one) => !byPerson.has(one))) return "'recipient-variables' has no value for everybody"
  const { 'recipient-variables': _, ...shown } = fields
  const used = [
    ...Object.values(shown)
      .join('\n')
      .matchAll(/%recipient\.(\w+)%/g),
  ].map(([, name = '']) => name)
  const isShort = [...byPerson.values()].some((values) => used.some((name) => typeof values[name] !== 'string'))
  return byPerson.size > 0 && isShort ? "'recipient-variables' lacks a value that is used" : null
}

const keys = { ours: signingKey, foreign: 'another-key', nobody: '' }

/** The fields by which Mailgun signs; each content has a token of its own, and every copy of it the same. */
export function signatureOf(key: string, content: string, at: number): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const token = createHash('sha256').update(content).digest('hex').slice(0, 50)
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex')
  return key === '' ? {} : { timestamp, token, signature }
}

const receivedAt = Date.parse('2026-03-09T09:00:00Z')

/** A webhook of Mailgun's. */
export function webhook(event: object, signed: keyof typeof keys = 'ours'): RawReport {
  const body = { signature: signatureOf(keys[signed], JSON.stringify(event), receivedAt), 'event-data': event }
  return {
    method: 'POST',
    url: 'https://acme.test/hooks/mailgun',
    headers: { 'Content-Type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
    receivedAt,
  }
}

/** A mail as a route hands it on. */
export function routed(fields: Record<string, string>, signed: keyof typeof keys = 'ours'): RawReport {
  const signature = signatureOf(keys[signed], JSON.stringify(fields), receivedAt)
  const form = new URLSearchParams({ ...fields, ...signature })
  return {
    method: 'POST',
    url: 'https://acme.test/hooks/mailgun',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(form.toString()),
    receivedAt,
  }
}
