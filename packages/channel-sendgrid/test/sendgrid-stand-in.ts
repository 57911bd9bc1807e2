import { generateKeyPairSync, sign } from 'node:crypto'
import type { RawReport } from '@drumbeat/core'
import { MailService } from '@sendgrid/mail'
import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'
import { contractOf } from '../../../tests/contracts/contract-of.js'

export const apiKey = 'SG.test.key'

/** The real service, which finds SendGrid's API on the loopback. */
export function clientOf(url: string, key = apiKey, timeoutMs = 10_000): MailService {
  const service = new MailService()
  service.setApiKey(key)
  const { client } = service as unknown as { client: { setDefaultRequest(key: string, value: unknown): void } }
  client.setDefaultRequest('baseUrl', url)
  client.setDefaultRequest('timeout', timeoutMs)
  return service
}

const contract = contractOf('sendgrid-mail-send')

/** SendGrid's mail/send: takes what its API description and its documents allow, and refuses the rest by field. */
export function mailSend(request: ContractRequest): ContractAnswer {
  const { headers, body } = request
  if (headers.authorization !== `Bearer ${apiKey}`) return refusal(401, null, 'authorization required')
  const [problem] = contract.problemsOf(request)
  if (problem !== undefined) return refusal(problem.endsWith('is not described') ? 404 : 400, fieldIn(problem), problem)
  const mail: Mail = JSON.parse(body)
  const refused = fieldRefusedIn(mail)
  if (refused !== null) return refusal(400, refused, 'is not valid')
  return mail.mail_settings?.sandbox_mode?.enable === true
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
  return { status, headers, body: { errors: [{ message, field }] } }
}

/** The place in a body as SendGrid writes it: `personalizations.0.to.0.email`. */
function fieldIn(problem: string): string | null {
  const path = /^body\/(\S+)/.exec(problem)?.[1]
  return path === undefined ? null : path.replace(/\//g, '.')
}

interface Mail {
  readonly content?: readonly { readonly type: string; readonly value: string }[]
  readonly subject?: string
  readonly personalizations: readonly {
    readonly to: readonly { readonly email: string }[]
    readonly subject?: string
    readonly headers?: { readonly [name: string]: string }
    readonly custom_args?: { readonly [name: string]: string }
  }[]
  readonly mail_settings?: { readonly sandbox_mode?: { readonly enable: boolean } }
}

const reserved =
  /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i

/**
 * What the description does not say: the place of what SendGrid refuses; null = it takes the mail.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
 */
function fieldRefusedIn({ content = [], subject, personalizations }: Mail): string | null {
  if (personalizations.length === 0) return 'personalizations'
  if (content.length === 0) return 'content'
  if (content.findIndex(({ type }) => type === 'text/plain') > 0) return 'content'
  const seen = new Set<string>()
  for (const [index, person] of personalizations.entries()) {
    if (person.to.length === 0) return `personalizations.${index}.to`
    for (const { email } of person.to) {
      if (seen.has(email.toLowerCase())) return `personalizations.${index}`
      seen.add(email.toLowerCase())
    }
    if ((person.subject ?? subject ?? '') === '') return `personalizations.${index}.subject`
    const { headers = {}, custom_args: args = {} } = person
    if (Object.keys(headers).some((name) => reserved.test(name))) return `personalizations.${index}.headers`
    if (Buffer.byteLength(JSON.stringify(args)) > 10_000) return `personalizations.${index}.custom_args`
  }
  return null
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
