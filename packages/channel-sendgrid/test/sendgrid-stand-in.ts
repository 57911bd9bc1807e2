import { generateKeyPairSync, sign } from 'node:crypto'
import type { RawReport } from '@drumbeat/core'
import { MailService } from '@sendgrid/mail'
import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'

export const apiKey = 'SG.test.key'

/** The real service, which finds SendGrid's API on the loopback. */
export function clientOf(url: string, key = apiKey): MailService {
  const service = new MailService()
  service.setApiKey(key)
  const { client } = service as unknown as { client: { setDefaultRequest(key: string, value: string): void } }
  client.setDefaultRequest('baseUrl', url)
  return service
}

type Json = { readonly [name: string]: unknown }

/** SendGrid's mail/send: accepts what its API description allows, and refuses the rest by field. */
export function mailSend({ method, path, headers, body }: ContractRequest): ContractAnswer {
  if (method !== 'POST' || path !== '/v3/mail/send') return { status: 404 }
  if (headers.authorization !== `Bearer ${apiKey}`) return refusal(401, null, 'authorization required')
  const mail = JSON.parse(body) as Json
  const problem = problemOf(mail)
  if (problem !== null) return refusal(400, problem, 'is not valid')
  const settings = mail.mail_settings as { sandbox_mode?: { enable: boolean } } | undefined
  return settings?.sandbox_mode?.enable === true
    ? { status: 200 }
    : { status: 202, headers: { 'x-message-id': '14c5d75ce93.dfd.64b469' } }
}

/** An error as SendGrid words it. */
export function refusal(
  status: number,
  field: string | null,
  message: string,
  headers: Record<string, string> = {},
): ContractAnswer {
  return { status, headers, body: { errors: [{ message, field, help: null }] } }
}

const known = new Set(
  'from reply_to subject content personalizations categories asm ip_pool_name mail_settings tracking_settings'.split(
    ' ',
  ),
)
const reserved =
  /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i

function problemOf(mail: Json): string | null {
  const unknown = Object.keys(mail).find((name) => !known.has(name))
  if (unknown !== undefined) return unknown
  if (!isMailbox(mail.from)) return 'from.email'
  const content = mail.content as readonly { type: string; value: string }[]
  if (!Array.isArray(content) || content.length === 0 || content.some(({ value }) => value === ''))
    return 'content.0.value'
  if (content.findIndex(({ type }) => type === 'text/plain') > 0) return 'content.0.type'
  if (Array.isArray(mail.categories) && mail.categories.length > 10) return 'categories'
  const people = mail.personalizations as readonly Json[]
  if (!Array.isArray(people) || people.length < 1 || people.length > 1000) return 'personalizations'
  const seen = new Set<string>()
  for (const [index, { to, subject, headers, custom_args: args }] of people.entries()) {
    const [first, ...rest] = to as readonly { email: string }[]
    if (!isMailbox(first) || rest.length > 0 || seen.has(first.email)) return `personalizations.${index}.to.0.email`
    seen.add(first.email)
    if (typeof subject !== 'string' || subject === '') return `personalizations.${index}.subject`
    if (Object.keys(headers ?? {}).some((name) => reserved.test(name))) return `personalizations.${index}.headers`
    if (Buffer.byteLength(JSON.stringify(args ?? {})) > 10_000) return `personalizations.${index}.custom_args`
  }
  return null
}

function isMailbox(value: unknown): value is { email: string } {
  const email = typeof value === 'object' && value !== null && 'email' in value ? value.email : null
  return typeof email === 'string' && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)
}

const pairs = {
  ours: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  foreign: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}

/** As SendGrid shows it. */
export const publicKey = pairs.ours.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

/** A request of SendGrid's webhooks, with its signature. */
export function signedRequest(
  body: Uint8Array,
  contentType: string,
  signed: 'ours' | 'foreign' | 'nobody',
  receivedAt = Date.parse('2026-03-09T09:00:00Z'),
): RawReport {
  const timestamp = String(Math.floor(receivedAt / 1000))
  const headers =
    signed === 'nobody'
      ? null
      : {
          'X-Twilio-Email-Event-Webhook-Timestamp': timestamp,
          'X-Twilio-Email-Event-Webhook-Signature': sign(
            'sha256',
            Buffer.concat([Buffer.from(timestamp), body]),
            pairs[signed].privateKey,
          ).toString('base64'),
        }
  return {
    method: 'POST',
    url: 'https://acme.test/hooks/sendgrid',
    headers: { 'content-type': contentType, ...headers },
    body,
    receivedAt,
  }
}

/** A mail as Inbound Parse hands it on. */
export async function parsedMail(fields: Record<string, string>) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  const encoded = new Response(form)
  return {
    type: encoded.headers.get('content-type') ?? '',
    body: new Uint8Array(await encoded.arrayBuffer()),
  }
}
