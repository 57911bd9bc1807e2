import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'
import { contractOf } from '../../../tests/contracts/contract-of.js'

export const accountSid = `AC${'0'.repeat(32)}`
export const authToken = 'twilio-auth-token-1'

const contract = contractOf('twilio-messages')

/**
 * Twilio's Messages resource: takes what its API description and its documents allow, refuses the rest as Twilio does, and remembers.
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export function messagesResource(): (request: ContractRequest) => ContractAnswer {
  const messages = new Map<string, object>()
  return (request) => {
    const { method, path, headers, body } = request
    const [where = '', query = ''] = path.split('?')
    const credentials = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
    if (headers.authorization !== credentials) return refusal(401, 20003, 'Authenticate')
    const [problem] = contract.problemsOf(request)
    if (problem !== undefined) return refusal(problem.endsWith('is not described') ? 404 : 400, 20001, problem)
    if (method === 'POST') {
      const fields = new URLSearchParams(body)
      const refused = refusedBy(fields)
      if (refused !== null) return refusal(400, ...refused)
      const sid = `SM${String(messages.size + 1).padStart(32, '0')}`
      const message = resource(sid, fields)
      messages.set(sid, message)
      return { status: 201, body: message }
    }
    if (where.endsWith('/Messages.json')) {
      const to = new URLSearchParams(query).get('To')
      const found = [...messages.values()].filter((message) => 'to' in message && message.to === to).reverse()
      return { status: 200, body: { messages: found, page: 0, page_size: 50, next_page_uri: null } }
    }
    const found = messages.get(where.split('/').at(-1)?.replace('.json', '') ?? '')
    return found === undefined
      ? refusal(404, 20404, 'The requested resource was not found')
      : { status: 200, body: found }
  }
}

/** An error as Twilio words it. */
export function refusal(status: number, code: number, message: string): ContractAnswer {
  const more = `https://www.twilio.com/docs/errors/${code}`
  return { status, body: { code, message, more_info: more, status } }
}

/** What the description does not say, by the message resource's page and the error dictionary. */
function refusedBy(fields: URLSearchParams): readonly [number, string] | null {
  if (!/^\+[1-9]\d{6,14}$/.test(fields.get('To') ?? '')) return [21211, "Invalid 'To' Phone Number"]
  if (!fields.has('From') && !fields.has('MessagingServiceSid'))
    return [21603, 'A From or MessagingServiceSid is required']
  const body = fields.get('Body') ?? ''
  if (body === '' && !fields.has('MediaUrl')) return [21602, 'Message body is required']
  if (body.length > 1600) return [21617, 'The concatenated message body exceeds the 1600 character limit']
  if (fields.getAll('MediaUrl').length > 10) return [21623, 'Number of media files exceeds allowed limit']
  const validity = Number(fields.get('ValidityPeriod') ?? 1)
  if (validity < 1 || validity > 36_000) return [21624, 'Invalid validity period value']
  const callback = fields.get('StatusCallback')
  return callback !== null && (!/^https?:/.test(callback) || new URL(callback).hostname.includes('_'))
    ? [21609, "Invalid 'StatusCallback'"]
    : null
}

function resource(sid: string, fields: URLSearchParams): object {
  const from = fields.get('From')
  const service = fields.get('MessagingServiceSid')
  const at = new Date().toUTCString().replace('GMT', '+0000')
  return {
    sid,
    account_sid: accountSid,
    messaging_service_sid: service,
    from,
    to: fields.get('To'),
    body: fields.get('Body'),
    status: from === null ? 'accepted' : 'queued',
    direction: 'outbound-api',
    num_segments: from === null ? '0' : '1',
    num_media: String(fields.getAll('MediaUrl').length),
    price: null,
    price_unit: 'USD',
    error_code: null,
    error_message: null,
    api_version: '2010-04-01',
    date_created: at,
    date_updated: at,
    date_sent: null,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`,
    subresource_uris: {},
  }
}
