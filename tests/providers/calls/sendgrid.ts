import { generateKeyPairSync, sign } from 'node:crypto'
import { parsedMail } from '../../../packages/channel-sendgrid/test/sendgrid-stand-in.js'
import {
  bytes,
  type Call,
  type CallKinds,
  hour,
  json,
  type Refs,
  type Signer,
  withAByteMore,
  withAnotherBody,
  withHeader,
  withoutHeader,
} from './call.js'

const pairOf = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pairs = { current: pairOf(), previous: pairOf(), retired: pairOf(), foreign: pairOf() }
/** The verification key of an account, as SendGrid shows it. */
export const sendgridKey = (signer: Signer): string =>
  pairs[signer].publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

const header = 'x-twilio-email-event-webhook-signature'
const time = 'x-twilio-email-event-webhook-timestamp'

function signedCall(body: Uint8Array<ArrayBuffer>, type: string, signer: Signer, at: number): Call {
  const timestamp = String(Math.floor(at / 1000))
  const signed = Buffer.concat([Buffer.from(timestamp), body])
  const signature = sign('sha256', signed, pairs[signer].privateKey).toString('base64')
  return { query: '', headers: { 'content-type': type, [time]: timestamp, [header]: signature }, body }
}

const altered = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  withAByteMore(call),
  ['a second later', withHeader(call, time, String(Number(call.headers[time]) + 1))],
  ['without a time', withHeader(call, time, null)],
]

/** SendGrid signs the timestamp and the bytes. */
export function callsOfSendgrid(refs: Refs): CallKinds {
  const events = (number: number, at: number, more: number) =>
    Array.from({ length: more }, (_, index) => ({
      event: 'open',
      timestamp: Math.floor(at / 1000),
      drumbeat_ref: refs.email,
      sg_event_id: `e${number}-${index}`,
    }))
  const shared = {
    account: 'email',
    writes: true,
    believedMs: 25 * hour,
    unsigned: withoutHeader(header),
    altered,
  } as const
  return {
    'events of SendGrid': {
      ...shared,
      make: (number, signer, at) =>
        signedCall(bytes(`${JSON.stringify(events(number, at, 2), null, 1)}\r\n`), json['content-type'], signer, at),
    },
    'many events of SendGrid in one request': {
      ...shared,
      make: (number, signer, at) =>
        signedCall(bytes(`${JSON.stringify(events(number, at, 600))}\r\n`), json['content-type'], signer, at),
    },
    'a mail through Inbound Parse': {
      ...shared,
      async make(number, signer, at) {
        const headers = `Message-ID: <m${number}@example.com>\nSubject: Hello`
        const fields = { headers, from: 'Ana <ana@example.com>', subject: 'Hello', text: `Hello ${number}` }
        const { type, body } = await parsedMail(fields)
        return signedCall(body, type, signer, at)
      },
      // Every form has a boundary of its own, so another body comes with another type.
      altered: (call, another) => altered(call, { ...another, headers: {} }),
    },
  }
}
