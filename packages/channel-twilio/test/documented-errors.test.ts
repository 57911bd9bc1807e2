import { twilioChannel } from '@drumbeat/channel-twilio'
import type { FactKind, SendOutcome } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContractAnswer, type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf, signatureOf } from './local-client.js'
import { accountSid, authToken, refusal } from './twilio-stand-in.js'

/** What becomes of a message, and what a callback with the same code says of it. */
interface Consequence {
  readonly outcome: (code: string) => SendOutcome
  readonly facts: readonly FactKind[]
}

const consequences = {
  'opts the person out': {
    outcome: (code) => ({ outcome: 'rejected', code, reason: 'opted_out' }),
    facts: ['failed', 'unsubscribed'],
  },
  'says that the number is no good': {
    outcome: (code) => ({ outcome: 'rejected', code, reason: 'recipient' }),
    facts: ['hard_bounced'],
  },
  'refuses the content': {
    outcome: (code) => ({ outcome: 'rejected', code, reason: 'content' }),
    facts: ['failed'],
  },
  'refuses this message alone': { outcome: (code) => ({ outcome: 'rejected', code }), facts: ['failed'] },
  'stops the account': { outcome: (code) => ({ outcome: 'blocked', code }), facts: ['failed'] },
  'asks to come again': {
    outcome: (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null }),
    facts: ['failed'],
  },
  'asks to go slower': {
    outcome: (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null, reason: 'too_fast' }),
    facts: ['failed'],
  },
  'may go away by itself': {
    outcome: (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null }),
    facts: ['soft_bounced'],
  },
} satisfies { readonly [sentence: string]: Consequence }

/**
 * The codes that Twilio documents for sending text messages, by its own titles.
 * @see https://www.twilio.com/docs/api/errors
 */
const documented: { readonly [sentence in keyof typeof consequences]: { readonly [code: number]: string } } = {
  'opts the person out': {
    21610: 'Attempt to send to unsubscribed recipient',
    63014: 'Channel message blocked by user action',
  },
  'says that the number is no good': {
    21211: "Invalid 'To' Phone Number",
    21265: "'To' number cannot be a Short Code",
    21268: "'To' number is a premium or information service number",
    21614: "'To' number is not a valid mobile number",
    21635: "'To' number cannot be a landline",
    30005: 'Unknown destination handset',
    30006: 'Landline or unreachable carrier',
    63003: 'Channel could not find To address',
    63024: 'Invalid message recipient',
  },
  'refuses the content': {
    21602: 'Message body is required',
    21605: 'Maximum body length is 160 characters (old API endpoint)',
    21617: 'The concatenated message body exceeds the 1600 character limit',
    21618: 'The message body cannot be sent',
    21619: 'Unable to create record: a text message body or media urls must be specified',
    21620: 'Invalid media URL(s)',
    21621: "The 'From' number has not been enabled for MMS",
    21622: 'MMS has not been enabled for your account',
    21623: 'Number of media files exceeds allowed limit',
    21652: 'Maximum subject length is 40 characters',
    21654: 'ContentSid Required',
    21655: 'The ContentSid is Invalid',
    21656: 'The ContentVariables Parameter is invalid',
    21658: 'Parameter exceeded character limit',
    30007: 'Message filtered',
    30011: 'MMS not supported by the receiving phone number in this region',
    30019: 'Content size exceeds carrier limit',
    30110: 'Domain is blocked',
    63005: 'Channel did not accept given content',
    63006: 'Could not format given content for the channel',
    63013: 'Channel policy violation',
    63016: 'Failed to send freeform message because you are outside the allowed window',
    63019: 'Media failed to download',
    63021: 'Channel invalid content error',
    63026: 'Channel sender content flagged as spam',
    63027: 'Template does not exist for a language and locale',
    63028: 'Number of parameters provided does not match the expected number of parameters',
    63030: 'Unsupported parameter for type of channels message',
    63034: 'Media exceeds size limit',
    63040: 'Template Rejected',
    63041: 'Template paused',
    63042: 'Template disabled',
  },
  'refuses this message alone': {
    20001: 'Unknown parameters',
    20409: 'Conflict',
    20422: 'Invalid Parameter',
    21266: "'To' and 'From' numbers cannot be the same",
    21604: "The destination 'To' phone number is required to send an SMS",
    21612: "The 'To' phone number is not currently reachable via SMS",
    30010: 'Message price exceeds max price',
    63011: 'Invalid Request',
    63023: 'Channel generic error',
    63031: 'Channels message cannot have same From and To',
    63032: 'We cannot send this message to this user because of a WhatsApp limitation',
  },
  'stops the account': {
    10001: 'Account is not active',
    10002: 'Trial accounts do not support the feature you tried to use',
    20003: 'Permission Denied',
    20005: 'Account not active',
    20006: 'Access Denied',
    20008: 'Test Credentials',
    20010: 'Action disabled for account',
    20403: '403 Forbidden',
    20404: 'Not Found',
    21212: "Invalid 'From' Phone Number",
    21267: 'Alphanumeric Sender ID on a trial account',
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21601: 'Phone number is not a valid SMS-capable inbound phone number',
    21603: "A 'From' or 'MessagingServiceSid' parameter is required to send a message",
    21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination",
    21607: "The 'from' phone number must be the sandbox phone number for trial accounts",
    21608: "The 'to' phone number provided is not yet verified for this account",
    21609: "Invalid 'StatusCallback'",
    21616: "The 'From' number matches multiple numbers for your account",
    21624: 'Invalid validity period value',
    21657: 'The Sender ID is invalid',
    21659: "'From' is not a Twilio phone number or Short Code country mismatch",
    21660: "Mismatch between the 'From' number and the account",
    21661: "'From' number is not SMS-capable",
    21701: 'The Messaging Service does not exist',
    21702: 'The Messaging Service is not available to send new messages',
    21703: 'The Messaging Service does not have a phone number available to send a message',
    21704: 'The Messaging Service contains no phone numbers',
    21705: 'The Messaging Service is invalid',
    21709: 'Alpha Sender ID is Invalid or Not Authorized for this Messaging Service',
    30002: 'Account suspended',
    30018: 'Destination carrier requires sender ID pre-registration',
    30024: 'Numeric Sender ID Not Provisioned on Carrier',
    30032: 'Toll-Free Number Has Not Been Verified',
    30033: 'US A2P 10DLC - Campaign Suspended',
    30034: 'US A2P 10DLC - Message from an Unregistered Number',
    30035: 'US A2P 10DLC - Message from a number still being configured',
    63001: 'Channel could not authenticate the request',
    63002: 'Channel could not find the From address',
    63007: 'Twilio could not find a Channel with the specified From address',
    63008: 'Could not execute the request because the channel module has been misconfigured',
    63015: 'Channel Sandbox can only send messages to phone numbers that have joined the Sandbox',
    63020: 'Twilio encountered a Business Manager account error',
    63022: 'Invalid vname certificate',
    63035: 'This operation is blocked because the RBM agent has not launched',
    63051: 'WhatsApp Business Account is Locked',
  },
  'asks to come again': {
    14107: 'SMS send rate limit exceeded between two numbers',
    30020: 'Internal Failure with Message Scheduling',
    30021: 'Internal Failure with messaging service orchestrator',
    30023: 'US A2P 10DLC - Daily Message Cap Reached',
    30027: 'US A2P 10DLC - T-Mobile Daily Message Limit Reached',
    30036: 'Validity Period Expired',
    63009: 'Channel provider returned an internal service error (HTTP 5xx)',
    63010: "Twilio's platform encountered an internal error processing this message",
    63012: 'Channel provider returned an internal service error',
    63038: 'Account exceeded the daily messages limit',
  },
  'asks to go slower': {
    20429: 'Too Many Requests',
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    30001: 'Queue overflow',
    30022: 'US A2P 10DLC - Rate Limits Exceeded',
    63017: 'Rate limit exceeded',
    63018: 'Rate limit exceeded for Channel',
  },
  'may go away by itself': {
    30003: 'Unreachable destination handset',
    30004: 'Message blocked',
    30008: 'Unknown error',
    30017: 'Carrier network congestion',
    30410: 'Provider Timeout Error',
    63036: 'The specified phone number cannot be reached by RBM at this time',
  },
}

const cases = Object.entries(documented).flatMap(([sentence, codes]) =>
  Object.entries(codes).map(([code, title]) => {
    const { outcome, facts }: Consequence = consequences[sentence as keyof typeof consequences]
    return [Number(code), title, sentence, outcome(code), facts] as const
  }),
)

let answer: ContractAnswer = 'reset'
let server: ContractServer
beforeAll(async () => {
  server = await contractServer(() => answer)
})
afterAll(() => server.close())

const webhook = { url: 'https://acme.test/hooks/twilio', authToken }
const channel = () => twilioChannel({ client: clientOf(server.url), from: '+15005550006', webhook })
const context = aSendContext()
async function sentWhile(given: ContractAnswer): Promise<SendOutcome> {
  answer = given
  const content = { kind: 'text', body: 'Hello' } as const
  const message = anOutboundMessage({
    to: '+15005550009',
    content,
  })
  return channel().send(message, context)
}

describe.each(cases)('error %i, %s, %s', (code, title, _, outcome, facts) => {
  it('as a refusal, through the real client', async () => {
    expect(await sentWhile(refusal(code === 20429 ? 429 : 400, code, title))).toEqual(outcome)
  })

  it('as a message that is taken and failed in one breath', async () => {
    const resource = { sid: `SM${'0'.repeat(32)}`, status: 'failed', error_code: code, error_message: title }
    expect(await sentWhile({ status: 201, body: resource })).toEqual(outcome)
  })

  it('as a status callback', async () => {
    const fields = {
      MessageSid: `SM${'0'.repeat(32)}`,
      MessageStatus: 'undelivered',
      ErrorCode: String(code),
      AccountSid: accountSid,
    }
    const url = `${webhook.url}?d=dlv_00000001`
    const report = {
      method: 'POST',
      url,
      headers: { 'x-twilio-signature': signatureOf(url, fields) },
      body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
      receivedAt: 0,
    }
    const { verify, parse } = channel()
    expect(await verify?.(report)).toBe(true)
    expect(await parse?.(report)).toMatchObject([
      { delivery: { deliveryRef: 'dlv_00000001' }, facts: facts.map((kind) => ({ kind })) },
    ])
  })
})

it.each<readonly [string, ContractAnswer, SendOutcome]>([
  ['401 without a code', { status: 401, body: '' }, { outcome: 'blocked', code: 'http_401' }],
  ['402 without a code', { status: 402, body: {} }, { outcome: 'blocked', code: 'http_402' }],
  ['403 without a code', { status: 403, body: '<html>' }, { outcome: 'blocked', code: 'http_403' }],
  ['404 of a wrong host', { status: 404, body: '' }, { outcome: 'blocked', code: 'http_404' }],
  ['20004, Method not allowed', refusal(405, 20_004, 'Method not allowed'), { outcome: 'blocked', code: '20004' }],
  ['a code that nobody knows', refusal(400, 29_999, '?'), { outcome: 'rejected', code: '29999' }],
  [
    '429 without a code',
    { status: 429, body: '' },
    { outcome: 'not_accepted', code: 'http_429', retryAfterMs: null, reason: 'too_fast' },
  ],
  ['408', { status: 408, body: '' }, { outcome: 'unknown', code: 'http_408' }],
  [
    '20500, Internal Server Error',
    refusal(500, 20_500, 'Internal Server Error'),
    { outcome: 'unknown', code: '20500' },
  ],
  ['20503, Service unavailable', refusal(503, 20_503, 'Service unavailable'), { outcome: 'unknown', code: '20503' }],
  ['502 of a gateway', { status: 502, body: '<html>' }, { outcome: 'unknown', code: 'http_502' }],
  ['504 of a gateway', { status: 504, body: '' }, { outcome: 'unknown', code: 'http_504' }],
  // A server error is proof of nothing, whatever it says.
  ['500 with the code of a refusal', refusal(500, 21_610, '?'), { outcome: 'unknown', code: '21610' }],
  ['a success that says nothing', { status: 201, body: {} }, { outcome: 'unknown', code: 'unreadable_answer' }],
])('%s', async (_, given, outcome) => {
  expect(await sentWhile(given)).toEqual(outcome)
})
