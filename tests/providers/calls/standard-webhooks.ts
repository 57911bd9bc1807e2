import { createHmac } from 'node:crypto'
import {
  bytes,
  type Call,
  type CallKinds,
  hour,
  json,
  type Refs,
  type Signer,
  secrets,
  withAByteMore,
  withAnotherBody,
  withHeader,
  withoutHeader,
} from './call.js'

function signedCall(content: object, number: number, signer: Signer, at: number): Call {
  const body = bytes(JSON.stringify(content))
  const [id, timestamp] = [`msg_${number}`, String(Math.floor(at / 1000))]
  const signature = createHmac('sha256', secrets[signer]).update(`${id}.${timestamp}.`).update(body).digest('base64')
  const headers = { ...json, 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
  return { query: '', headers, body }
}

const unsigned = (call: Call): readonly (readonly [string, Call])[] => [
  ...withoutHeader('webhook-signature')(call).slice(0, 3),
  ['with a signature that was made up', withHeader(call, 'webhook-signature', `v1,${'A'.repeat(43)}=`)],
  [
    'of another version',
    withHeader(call, 'webhook-signature', (call.headers['webhook-signature'] ?? '').replace('v1', 'v2')),
  ],
]
const altered = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  withAByteMore(call),
  ['with another id', withHeader(call, 'webhook-id', 'msg_0')],
  ['a second later', withHeader(call, 'webhook-timestamp', String(Number(call.headers['webhook-timestamp']) + 1))],
  ['without a time', withHeader(call, 'webhook-timestamp', null)],
]

/** The Standard Webhooks sign id, timestamp and bytes. */
export function callsOfReceivers(refs: Refs): CallKinds {
  const shared = { account: 'push', writes: true, believedMs: hour / 12, unsigned, altered } as const
  return {
    'reports to webhookChannel': {
      ...shared,
      make: (number, signer, at) =>
        signedCall({ reports: [{ id: `r${number}`, deliveryRef: refs.push, fact: 'opened' }] }, number, signer, at),
    },
    'messages to webhookChannel': {
      ...shared,
      make: (number, signer, at) =>
        signedCall(
          { messages: [{ id: `m${number}`, from: 'device-token-1', text: `Hello ${number}` }] },
          number,
          signer,
          at,
        ),
    },
  }
}
