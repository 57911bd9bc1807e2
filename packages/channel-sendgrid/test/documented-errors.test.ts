import { sendgridChannel } from '@drumbeat/channel-sendgrid'
import type { SendOutcome } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContractAnswer, type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf, refusal } from './sendgrid-stand-in.js'

const content = (code: string): SendOutcome => ({ outcome: 'rejected', code, reason: 'content' })
const recipient: SendOutcome = { outcome: 'rejected', code: 'personalizations.to.email', reason: 'recipient' }
const blocked = (code: string): SendOutcome => ({ outcome: 'blocked', code })
const unknown = (code: string): SendOutcome => ({ outcome: 'unknown', code })
const tooFast: SendOutcome = { outcome: 'not_accepted', code: 'http_429', retryAfterMs: null, reason: 'too_fast' }

/**
 * What SendGrid documents for sending mails: status, field, words, and what becomes of the mail.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
 * @see https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
 */
const documented: readonly (readonly [number, string | null, string, SendOutcome])[] = [
  [400, 'personalizations.0.to.0.email', 'Does not contain a valid address.', recipient],
  [
    400,
    'personalizations.0.to',
    'The to array is required for all personalization objects.',
    { ...recipient, code: 'personalizations.to' },
  ],
  [
    400,
    'personalizations.0',
    'Each email address in the personalization block should be unique.',
    content('personalizations'),
  ],
  [400, 'personalizations', 'You must have at least one personalization.', content('personalizations')],
  [
    400,
    'personalizations',
    'There is a limit of 1000 total recipients (to + cc + bcc) per request.',
    content('personalizations'),
  ],
  [
    400,
    'personalizations.0.subject',
    'The subject must be a string at least one character in length.',
    content('personalizations.subject'),
  ],
  [400, 'personalizations.0.headers', 'You may not override these headers.', content('personalizations.headers')],
  [
    400,
    'personalizations.0.custom_args',
    'The total size is limited to 10,000 bytes.',
    content('personalizations.custom_args'),
  ],
  [
    400,
    'personalizations.0.substitutions',
    'The total size is limited to 10,000 bytes.',
    content('personalizations.substitutions'),
  ],
  [
    400,
    'personalizations.0.send_at',
    'Scheduling more than 72 hours in advance is forbidden.',
    content('personalizations.send_at'),
  ],
  [400, 'from.email', 'The from email does not contain a valid address.', content('from.email')],
  [400, 'reply_to.email', 'The reply_to email does not contain a valid address.', content('reply_to.email')],
  [400, 'subject', 'The subject is required.', content('subject')],
  [400, 'content', 'Unless a valid template_id is provided, the content parameter is required.', content('content')],
  [400, 'content.0.type', 'The content type must be text/plain or text/html, in this order.', content('content.type')],
  [
    400,
    'content.0.value',
    'The content value must be a string at least one character in length.',
    content('content.value'),
  ],
  [400, 'template_id', 'The template_id must be a valid GUID.', content('template_id')],
  [400, 'headers', 'You may not override these headers.', content('headers')],
  [400, 'send_at', 'The send_at parameter is not valid.', content('send_at')],
  [400, 'batch_id', 'The batch_id is not valid.', content('batch_id')],
  [400, null, 'Bad Request', content('http_400')],
  [400, 'null', 'invalid request', content('http_400')],
  [400, 'categories', 'You may not have more than 10 categories per request.', blocked('categories')],
  [400, 'categories.0', 'The category name is limited to 255 characters.', blocked('categories')],
  [400, 'asm.group_id', 'The asm.group_id is not an id of this account.', blocked('asm.group_id')],
  [400, 'asm.groups_to_display', 'You may not display more than 25 groups.', blocked('asm.groups_to_display')],
  [400, 'ip_pool_name', 'Must be between 2 and 64 characters.', blocked('ip_pool_name')],
  [400, 'mail_settings.sandbox_mode.enable', 'Must be a boolean.', blocked('mail_settings.sandbox_mode.enable')],
  [
    400,
    'tracking_settings.open_tracking.enable',
    'Must be a boolean.',
    blocked('tracking_settings.open_tracking.enable'),
  ],
  [401, null, 'The provided authorization grant is invalid, expired, or revoked', blocked('http_401')],
  [401, null, 'Maximum credits exceeded', blocked('http_401')],
  [401, 'null', 'authorization required', blocked('http_401')],
  [402, null, 'Payment required', blocked('http_402')],
  [403, null, 'access forbidden', blocked('http_403')],
  [403, 'from', 'The from address does not match a verified Sender Identity.', blocked('http_403')],
  [403, null, 'Too many bad requests. Temporary block', blocked('http_403')],
  [404, null, 'not found', blocked('http_404')],
  [405, null, 'method not allowed', blocked('http_405')],
  [406, null, 'Missing Accept header', blocked('http_406')],
  [413, null, 'content too large', content('http_413')],
  [429, null, 'too many requests', tooFast],
  [451, null, 'Unavailable due to data residency restrictions', blocked('http_451')],
  [500, null, 'internal server error', unknown('http_500')],
  [502, null, 'Bad Gateway', unknown('http_502')],
  [503, null, 'The SendGrid v3 Web API is not available.', unknown('http_503')],
  [504, null, 'Gateway Timeout', unknown('http_504')],
]

let answer: ContractAnswer = 'reset'
let server: ContractServer
beforeAll(async () => {
  server = await contractServer(() => answer)
})
afterAll(() => server.close())

const message = anOutboundMessage({
  to: 'ana@example.com',
  content: { kind: 'email', subject: 'Hello', html: '<p>Hello</p>' },
})
const context = aSendContext()
/** What became of each of so many mails of one request. */
async function sentWhile(given: ContractAnswer, people = 1): Promise<readonly SendOutcome[]> {
  answer = given
  const channel = sendgridChannel({
    client: clientOf(server.url),
    from: 'hello@acme.test',
    batch: { size: people, waitMs: 5 },
  })
  const to = (index: number) => `p${index}@example.com`
  return Promise.all(Array.from({ length: people }, (_, index) => channel.send({ ...message, to: to(index) }, context)))
}

describe.each(documented)('%i about %s, %s', (status, field, words, outcome) => {
  it('through the real client', async () => {
    expect(await sentWhile(refusal(status, field, words))).toEqual([outcome])
  })

  it('in a request of three, never at the cost of mails that it is not about', async () => {
    const outcomes = await sentWhile(refusal(status, field, words), 3)
    const again: SendOutcome = { outcome: 'not_accepted', code: 'batch_refused', retryAfterMs: 0 }
    const isAboutOne = field?.startsWith('personalizations.0') === true
    expect(outcomes).toEqual(isAboutOne ? [outcome, again, again] : [outcome, outcome, outcome])
  })
})

it.each<readonly [string, ContractAnswer, SendOutcome]>([
  ['a refusal without a body', { status: 400, body: '' }, content('http_400')],
  ['a refusal by a proxy', { status: 403, body: '<html>' }, blocked('http_403')],
  ['a refusal with an error id alone', { status: 400, body: { id: 'e1', errors: [] } }, content('http_400')],
  ['a success that is not SendGrid’s', { status: 200, body: '<html>' }, unknown('unreadable_answer')],
])('%s', async (_, given, outcome) => {
  expect(await sentWhile(given)).toEqual([outcome])
})
