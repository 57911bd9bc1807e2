import type { ContractAnswer, ContractRequest } from '../../../tests/channels/contract-server.js'

export const accountSid = `AC${'0'.repeat(32)}`
export const authToken = 'twilio-auth-token-1'

/** What Twilio's API description allows in a new message. */
const allowed = new Set(
  'To From MessagingServiceSid Body MediaUrl StatusCallback ValidityPeriod SmartEncoded ApplicationSid MaxPrice ProvideFeedback Attempt ForceDelivery ContentRetention AddressRetention PersistentAction ShortenUrls ScheduleType SendAt SendAsMms ContentVariables RiskCheck ContentSid'.split(
    ' ',
  ),
)

/** Twilio's Messages resource: accepts what its API description allows, refuses the rest as Twilio does, and remembers. */
export function messagesResource(): (request: ContractRequest) => ContractAnswer {
  const messages = new Map<string, object>()
  return ({ method, path, headers, body }) => {
    const [where = '', query = ''] = path.split('?')
    const credentials = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
    if (headers.authorization !== credentials) return refusal(401, 20003, 'Authenticate')
    const collection = `/2010-04-01/Accounts/${accountSid}/Messages`
    if (method === 'POST' && where === `${collection}.json`) {
      const problem = problemOf(new URLSearchParams(body), headers['content-type'] ?? '')
      if (problem !== null) return refusal(400, ...problem)
      const sid = `SM${String(messages.size + 1).padStart(32, '0')}`
      const message = resource(sid, new URLSearchParams(body))
      messages.set(sid, message)
      return { status: 201, body: message }
    }
    const sid = where.startsWith(`${collection}/`) ? where.slice(collection.length + 1).replace('.json', '') : null
    if (method === 'GET' && sid !== null) {
      const found = messages.get(sid)
      return found === undefined
        ? refusal(404, 20404, 'The requested resource was not found')
        : { status: 200, body: found }
    }
    if (method === 'GET' && where === `${collection}.json`) {
      const to = new URLSearchParams(query).get('To')
      const found = [...messages.values()].filter((message) => 'to' in message && message.to === to).reverse()
      return { status: 200, body: { messages: found, page: 0, page_size: 50, next_page_uri: null } }
    }
    return refusal(404, 20404, 'The requested resource was not found')
  }
}

/** An error as Twilio words it. */
export function refusal(status: number, code: number, message: string): ContractAnswer {
  const more = `https://www.twilio.com/docs/errors/${code}`
  return { status, body: { code, message, more_info: more, status } }
}

function problemOf(fields: URLSearchParams, contentType: string): readonly [number, string] | null {
  const unknown = [...fields.keys()].find((name) => !allowed.has(name))
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return [21601, 'Not a form']
  if (unknown !== undefined) return [21600, `Unknown parameter ${unknown}`]
  if (!/^\+[1-9]\d{6,14}$/.test(fields.get('To') ?? '')) return [21211, 'Invalid To number']
  if (fields.has('From') === fields.has('MessagingServiceSid')) return [21603, 'One of From and MessagingServiceSid']
  const body = fields.get('Body') ?? ''
  if (body === '' && !fields.has('MediaUrl')) return [21602, 'Message body is required']
  if (body.length > 1600) return [21617, 'The body exceeds 1600 characters']
  if (fields.getAll('MediaUrl').length > 10) return [21623, 'Too many media']
  const validity = Number(fields.get('ValidityPeriod') ?? 1)
  if (!Number.isInteger(validity) || validity < 1 || validity > 36_000) return [21622, 'Invalid ValidityPeriod']
  const callback = fields.get('StatusCallback')
  return callback !== null && (!URL.canParse(callback) || new URL(callback).hostname.includes('_'))
    ? [21609, 'Invalid StatusCallback']
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
