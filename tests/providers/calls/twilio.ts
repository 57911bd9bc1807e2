import { createHash } from 'node:crypto'
import { signatureOf } from '../../../packages/channel-twilio/test/local-client.js'
import { publicUrl } from '../stage.js'
import {
  bytes,
  type Call,
  type CallKinds,
  form,
  json,
  paths,
  type Refs,
  type Signer,
  secrets,
  text,
  withAByteMore,
  withAnotherBody,
  withoutHeader,
} from './call.js'

const header = 'x-twilio-signature'
const calledUrl = `${publicUrl}/webhooks/${paths.sms}`

function signedForm(fields: Record<string, string>, query: string, signer: Signer): Call {
  const signature = signatureOf(calledUrl + query, fields, secrets[signer])
  return { query, headers: { ...form, [header]: signature }, body: bytes(new URLSearchParams(fields).toString()) }
}

const sidOf = (number: number): string => `SM${String(number).padStart(32, '0')}`
const altered = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  ['with a field more', { ...call, body: bytes(`${text(call.body)}&OptOutType=STOP`) }],
  ['with another query', { ...call, query: `${call.query === '' ? '?' : `${call.query}&`}d=dlv_00000009` }],
]

/** Twilio signs the URL with its query, and the fields of the form or the hash of the body. */
export function callsOfTwilio(refs: Refs): CallKinds {
  const shared = { account: 'sms', believedMs: null, unsigned: withoutHeader(header), altered } as const
  return {
    'a status callback of Twilio': {
      ...shared,
      writes: true,
      make: (number, signer) =>
        signedForm(
          { MessageSid: sidOf(number), MessageStatus: 'delivered', AccountSid: 'AC1' },
          `?d=${refs.sms}`,
          signer,
        ),
    },
    'a text message through Twilio': {
      ...shared,
      writes: true,
      make: (number, signer) =>
        signedForm(
          { MessageSid: sidOf(number), SmsStatus: 'received', From: '+12025550100', Body: `Hello ${number}` },
          '',
          signer,
        ),
    },
    'JSON of Twilio, by the hash of its bytes': {
      ...shared,
      writes: false,
      make(number, signer) {
        const body = bytes(`{"number" : ${number},\r\n "text": "\u00e9"}`)
        const query = `?bodySHA256=${createHash('sha256').update(body).digest('hex')}`
        const signature = signatureOf(calledUrl + query, {}, secrets[signer])
        return { query, headers: { ...json, [header]: signature }, body }
      },
      altered: (call, another) => [
        withAnotherBody(call, another),
        withAByteMore(call),
        ['without the hash', { ...call, query: '' }],
      ],
    },
  }
}
