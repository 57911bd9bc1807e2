import { mailgunChannel } from '@drumbeat/channel-mailgun'
import type { SendOutcome } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContractAnswer, type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'
import { clientOf, domain } from './mailgun-stand-in.js'

const content: SendOutcome = { outcome: 'rejected', code: 'http_400', reason: 'content' }
const recipient: SendOutcome = { outcome: 'rejected', code: 'http_400', reason: 'recipient' }
const blocked = (status: number): SendOutcome => ({ outcome: 'blocked', code: `http_${status}` })
const unknown = (status: number): SendOutcome => ({ outcome: 'unknown', code: `http_${status}` })

/**
 * What Mailgun documents for sending mails, and the words that it uses: status, body, and what becomes of the mail.
 * @see https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses
 */
const documented: readonly (readonly [number, string | { readonly message: string }, SendOutcome])[] = [
  [400, { message: "'to' parameter is not a valid address. please check documentation" }, recipient],
  [400, { message: 'to parameter is not a valid address. please check documentation' }, recipient],
  [400, { message: "'from' parameter is not a valid address. please check documentation" }, content],
  [400, { message: "Need at least one of 'text', 'html', 'amp-html' or 'attachment' parameters specified" }, content],
  [400, { message: "parameters starting with 'o:', 'h:', 'v:', and 't:' cannot exceed 16 kB in total" }, content],
  [400, { message: 'Invalid JSON in recipient-variables' }, content],
  [400, '', content],
  [
    400,
    {
      message: 'Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients.',
    },
    blocked(400),
  ],
  [400, { message: 'Please activate your Mailgun account.' }, blocked(400)],
  [400, { message: 'Domain mg.acme.test is not allowed to send: disabled' }, blocked(400)],
  [401, 'Forbidden', blocked(401)],
  [401, { message: 'Invalid private key' }, blocked(401)],
  [402, { message: 'Payment required' }, blocked(402)],
  [403, { message: 'Domain mg.acme.test is not allowed to send: The domain is unverified' }, blocked(403)],
  [404, { message: 'Domain not found: mg.acme.test' }, blocked(404)],
  [404, 'page not found', blocked(404)],
  [405, { message: 'Method not allowed' }, blocked(405)],
  [406, { message: 'Not acceptable' }, blocked(406)],
  [413, { message: 'Request Entity Too Large' }, { outcome: 'rejected', code: 'http_413', reason: 'content' }],
  [
    429,
    { message: 'Too many requests' },
    { outcome: 'not_accepted', code: 'http_429', retryAfterMs: null, reason: 'too_fast' },
  ],
  [500, { message: 'Internal Server Error' }, unknown(500)],
  [502, '<html>', unknown(502)],
  [503, '', unknown(503)],
  [504, '', unknown(504)],
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
  const batch = { size: people, waitMs: 5 }
  const channel = mailgunChannel({ client: clientOf(server.url), domain, from: 'hello@acme.test', batch })
  const to = (index: number) => `p${index}@example.com`
  return Promise.all(Array.from({ length: people }, (_, index) => channel.send({ ...message, to: to(index) }, context)))
}

describe.each(documented)('%i with %j', (status, body, outcome) => {
  it('through the real client', async () => {
    expect(await sentWhile({ status, body })).toEqual([outcome])
  })

  it('in a request of two, where it never says that one address is wrong', async () => {
    const unnamed: SendOutcome = { outcome: 'rejected', code: 'http_400' }
    const each = outcome === recipient ? unnamed : outcome
    expect(await sentWhile({ status, body }, 2)).toEqual([each, each])
  })
})

it('waits as long as a limit on recipients (420) says', async () => {
  const until = new Date(Date.now() + 60_000).toUTCString().replace('GMT', 'UTC')
  const limit = `Domain mg.acme.test is not allowed to send: recipient limit exceeded, try again after ${until}`
  const [outcome] = await sentWhile({ status: 420, body: { message: limit } })
  expect(outcome).toMatchObject({ outcome: 'not_accepted', code: 'http_420', reason: 'too_fast' })
  const { retryAfterMs } = { retryAfterMs: 0, ...outcome }
  expect(retryAfterMs).toBeGreaterThan(55_000)
  const [unsaid] = await sentWhile({ status: 420, body: { message: 'recipient limit exceeded' } })
  expect(unsaid).toMatchObject({ outcome: 'not_accepted', retryAfterMs: null })
})

it.each<readonly [string, ContractAnswer, SendOutcome]>([
  [
    'a success without an id',
    { status: 200, body: { message: 'Queued. Thank you.' } },
    { outcome: 'unknown', code: 'unreadable_answer' },
  ],
  [
    'a success that is not Mailgun’s',
    { status: 200, body: '<html>' },
    { outcome: 'unknown', code: 'unreadable_answer' },
  ],
  ['a connection that breaks off', 'reset', { outcome: 'unknown', code: 'ECONNRESET' }],
])('%s', async (_, given, outcome) => {
  expect(await sentWhile(given)).toEqual([outcome])
})
