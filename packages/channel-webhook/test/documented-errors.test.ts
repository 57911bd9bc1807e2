import { webhookChannel } from '@drumbeat/channel-webhook'
import type { SendOutcome } from '@drumbeat/core'
import { anOutboundMessage, aSendContext } from '@drumbeat/core/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ContractAnswer, type ContractServer, contractServer } from '../../../tests/channels/contract-server.js'

type Read = (code: string) => SendOutcome
const taken: Read = () => ({ outcome: 'accepted', providerId: null })
const recipient: Read = (code) => ({ outcome: 'rejected', code, reason: 'recipient' })
const content: Read = (code) => ({ outcome: 'rejected', code, reason: 'content' })
const refused: Read = (code) => ({ outcome: 'rejected', code })
const blocked: Read = (code) => ({ outcome: 'blocked', code })
const unknown: Read = (code) => ({ outcome: 'unknown', code })
const later: Read = (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null })
const slower: Read = (code) => ({ outcome: 'not_accepted', code, retryAfterMs: null, reason: 'too_fast' })

/** What the page of the channel says to receivers, and what it does not say: for every status of HTTP. */
const documented: readonly (readonly [readonly number[], Read])[] = [
  [[200, 201, 202, 203, 204, 205, 206, 207, 208, 226], taken],
  [[300, 301, 302, 303, 305, 307, 308], blocked],
  [[401, 402, 403, 404, 405], blocked],
  [[400, 413, 422], content],
  [[406, 407, 409, 411, 412, 414, 415, 416, 417, 418, 421, 423, 424, 425, 426, 428, 431, 451], refused],
  [[408], unknown],
  [[410], recipient],
  [[429], slower],
  [[503], later],
  [[500, 501, 502, 504, 505, 506, 507, 508, 510, 511], unknown],
]

let answer: ContractAnswer = 'reset'
let server: ContractServer
beforeAll(async () => {
  server = await contractServer(() => answer)
})
afterAll(() => server.close())

const message = anOutboundMessage({
  to: 'device-token-1',
  content: { kind: 'custom', fields: { title: 'Hello' } },
  category: 'transactional',
})
const context = aSendContext({ idempotencyKey: 'dc1_key' })
async function sentWhile(given: ContractAnswer): Promise<SendOutcome> {
  answer = given
  const secret = 'a secret of 16 bytes and more'
  const guard = { trustedOrigins: [server.url] }
  return webhookChannel({ name: 'push', url: `${server.url}/m`, secret, guard }).send(message, context)
}

it.each(documented.flatMap(([statuses, read]) => statuses.map((status) => [status, read] as const)))(
  'reads %i, with one request',
  async (status, read) => {
    const before = server.received.length
    const headers: Record<string, string> = status < 400 && status >= 300 ? { location: `${server.url}/elsewhere` } : {}
    expect(await sentWhile({ status, headers })).toEqual(read(`http_${status}`))
    expect(server.received).toHaveLength(before + 1)
  },
)

it.each([429, 503])('comes again after as long as %i asks', async (status) => {
  const outcome = await sentWhile({ status, headers: { 'retry-after': '30' } })
  expect(outcome).toMatchObject({ outcome: 'not_accepted', retryAfterMs: 30_000 })
})

it('does not know what became of a message whose connection breaks off', async () => {
  expect(await sentWhile('reset')).toEqual({ outcome: 'unknown', code: 'ECONNRESET' })
})
