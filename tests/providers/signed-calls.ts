import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { domain, signatureOf as mailgunSignature } from '../../packages/channel-mailgun/test/mailgun-stand-in.js'
import { parsedMail } from '../../packages/channel-sendgrid/test/sendgrid-stand-in.js'
import { signatureOf as twilioSignature } from '../../packages/channel-twilio/test/local-client.js'
import { publicUrl } from './stage.js'

/** Whose secret signs: the account's own, the one before it (still taken), an older one, or that of another account. */
export type Signer = 'current' | 'previous' | 'retired' | 'foreign'

/** What stands in the paths of webhooks, ours and those of another workspace. */
export const paths = {
  sms: 'twilio-account-0001',
  email: 'sendgrid-account-01',
  news: 'mailgun-account-001',
  push: 'webhook-account-001',
} as const
export type Account = keyof typeof paths
export const foreignPath = (account: Account): string => `other-${paths[account]}`

/** The secrets of every provider. */
export const secrets: { readonly [signer in Signer]: string } = {
  current: 'the current secret of an account',
  previous: 'the previous secret of an account',
  retired: 'the retired secret of an account',
  foreign: 'the secret of a foreign account',
}
const pairOf = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pairs = { current: pairOf(), previous: pairOf(), retired: pairOf(), foreign: pairOf() }
export const sendgridKey = (signer: Signer): string =>
  pairs[signer].publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

/** A provider's request as it goes over the wire. */
export interface Call {
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

/** A kind of request that a provider makes. */
export interface CallKind {
  readonly account: Account
  /** Whether a request of this kind changes anything here. */
  readonly writes: boolean
  /** For how long one request is believed, in milliseconds; null = it says no time. */
  readonly believedMs: number | null
  /** Different for every number, the same for the same one. */
  make(number: number, signer: Signer, at: number): Promise<Call> | Call
  /** The same request with its signature taken off, emptied, and made up. */
  unsigned(call: Call): readonly (readonly [string, Call])[]
  /** Requests for which the signature was not made: as it is, or made for another one. */
  altered(call: Call, another: Call): readonly (readonly [string, Call])[]
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const text = (body: Uint8Array): string => new TextDecoder().decode(body)
const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const hour = 3_600_000

function withHeader(call: Call, name: string, value: string | null): Call {
  const { [name]: _, ...headers } = call.headers
  return { ...call, headers: value === null ? headers : { ...headers, [name]: value } }
}

/** What stands in a header may be left out, empty, too short, or somebody's guess. */
const withoutHeader =
  (name: string) =>
  (call: Call): readonly (readonly [string, Call])[] => {
    const signature = call.headers[name] ?? ''
    const guess = Buffer.from(Buffer.from(signature, 'base64').map((byte) => byte ^ 0x55))
    return [
      ['without a signature', withHeader(call, name, null)],
      ['with an empty signature', withHeader(call, name, '')],
      ['with a part of the signature', withHeader(call, name, signature.slice(0, -8))],
      ['with a signature that was made up', withHeader(call, name, guess.toString('base64'))],
    ]
  }

const withAnotherBody = (call: Call, another: Call): readonly [string, Call] => [
  'with the signature of another body',
  { ...another, headers: { ...another.headers, ...call.headers }, query: call.query },
]
const withAByteMore = (call: Call): readonly [string, Call] => [
  'with one byte more',
  { ...call, body: bytes(`${text(call.body)} `) },
]

// Twilio: the URL with its query, and the fields of the form or the hash of the body.

const twilioHeader = 'x-twilio-signature'
const twilioUrl = `${publicUrl}/webhooks/${paths.sms}`

function twilioForm(fields: Record<string, string>, query: string, signer: Signer): Call {
  const signature = twilioSignature(twilioUrl + query, fields, secrets[signer])
  return { query, headers: { ...form, [twilioHeader]: signature }, body: bytes(new URLSearchParams(fields).toString()) }
}

const sidOf = (number: number): string => `SM${String(number).padStart(32, '0')}`
const twilioAlters = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  ['with a field more', { ...call, body: bytes(`${text(call.body)}&OptOutType=STOP`) }],
  ['with another query', { ...call, query: `${call.query === '' ? '?' : `${call.query}&`}d=dlv_00000009` }],
]

// SendGrid: the timestamp and the bytes.

const sendgridHeader = 'x-twilio-email-event-webhook-signature'
const sendgridTime = 'x-twilio-email-event-webhook-timestamp'

function sendgridCall(body: Uint8Array<ArrayBuffer>, type: string, signer: Signer, at: number): Call {
  const timestamp = String(Math.floor(at / 1000))
  const signed = Buffer.concat([Buffer.from(timestamp), body])
  const signature = sign('sha256', signed, pairs[signer].privateKey).toString('base64')
  return { query: '', headers: { 'content-type': type, [sendgridTime]: timestamp, [sendgridHeader]: signature }, body }
}

const sendgridAlters = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  withAByteMore(call),
  ['a second later', withHeader(call, sendgridTime, String(Number(call.headers[sendgridTime]) + 1))],
  ['without a time', withHeader(call, sendgridTime, null)],
]

// Mailgun: a timestamp and a token, within the body.

const mailgunFields = ['timestamp', 'token', 'signature'] as const

function mailgunCall(
  call: Call,
  change: (signature: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Call {
  if (call.headers['content-type'] === json['content-type']) {
    const { signature, ...rest } = JSON.parse(text(call.body))
    return { ...call, body: bytes(JSON.stringify({ signature: change(signature), ...rest })) }
  }
  const fields = Object.fromEntries(new URLSearchParams(text(call.body)))
  const signature = Object.fromEntries(mailgunFields.map((name) => [name, fields[name] ?? '']))
  for (const name of mailgunFields) delete fields[name]
  return { ...call, body: bytes(new URLSearchParams({ ...fields, ...change(signature) }).toString()) }
}

const mailgunUnsigned = (call: Call): readonly (readonly [string, Call])[] => [
  ['without a signature', mailgunCall(call, () => ({}))],
  ['with an empty signature', mailgunCall(call, (signature) => ({ ...signature, signature: '' }))],
  ['with a part of the signature', mailgunCall(call, (signature) => ({ ...signature, signature: 'abc' }))],
  [
    'with a signature that was made up',
    mailgunCall(call, (signature) => ({ ...signature, signature: 'f'.repeat(64) })),
  ],
]

const mailgunAlters = (call: Call): readonly (readonly [string, Call])[] => [
  ['with another token', mailgunCall(call, (signature) => ({ ...signature, token: 'a'.repeat(50) }))],
  [
    'a second later',
    mailgunCall(call, (signature) => ({ ...signature, timestamp: `${Number(signature.timestamp) + 1}` })),
  ],
]

/** The content of one request under the signature of another. */
export function withSignatureOf(signed: Call, content: Call): Call {
  return mailgunCall(content, () => {
    let found: Readonly<Record<string, string>> = {}
    mailgunCall(signed, (signature) => {
      found = signature
      return signature
    })
    return found
  })
}

// The Standard Webhooks: id, timestamp and bytes.

function standardCall(content: object, number: number, signer: Signer, at: number): Call {
  const body = bytes(JSON.stringify(content))
  const [id, timestamp] = [`msg_${number}`, String(Math.floor(at / 1000))]
  const signature = createHmac('sha256', secrets[signer]).update(`${id}.${timestamp}.`).update(body).digest('base64')
  const headers = { ...json, 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
  return { query: '', headers, body }
}

const standardUnsigned = (call: Call): readonly (readonly [string, Call])[] => [
  ...withoutHeader('webhook-signature')(call).slice(0, 3),
  ['with a signature that was made up', withHeader(call, 'webhook-signature', `v1,${'A'.repeat(43)}=`)],
  [
    'of another version',
    withHeader(call, 'webhook-signature', (call.headers['webhook-signature'] ?? '').replace('v1', 'v2')),
  ],
]
const standardAlters = (call: Call, another: Call): readonly (readonly [string, Call])[] => [
  withAnotherBody(call, another),
  withAByteMore(call),
  ['with another id', withHeader(call, 'webhook-id', 'msg_0')],
  ['a second later', withHeader(call, 'webhook-timestamp', String(Number(call.headers['webhook-timestamp']) + 1))],
  ['without a time', withHeader(call, 'webhook-timestamp', null)],
]

/** Every kind of request that the providers make, about deliveries by their references or from ana. */
export function callKinds(refs: { readonly [account in Account]: string }): { readonly [name: string]: CallKind } {
  const events = (number: number, at: number, more: number) =>
    Array.from({ length: more }, (_, index) => ({
      event: 'open',
      timestamp: Math.floor(at / 1000),
      drumbeat_ref: refs.email,
      sg_event_id: `e${number}-${index}`,
    }))
  const sendgrid = {
    account: 'email',
    believedMs: 25 * hour,
    unsigned: withoutHeader(sendgridHeader),
    altered: sendgridAlters,
  } as const
  const standard = {
    account: 'push',
    believedMs: hour / 12,
    unsigned: standardUnsigned,
    altered: standardAlters,
  } as const
  const mailgun = {
    account: 'news',
    believedMs: 25 * hour,
    writes: true,
    unsigned: mailgunUnsigned,
    altered: mailgunAlters,
  } as const
  const ofTwilio = {
    account: 'sms',
    believedMs: null,
    unsigned: withoutHeader(twilioHeader),
    altered: twilioAlters,
  } as const
  return {
    'a status callback of Twilio': {
      ...ofTwilio,
      writes: true,
      make: (number, signer) =>
        twilioForm(
          { MessageSid: sidOf(number), MessageStatus: 'delivered', AccountSid: 'AC1' },
          `?d=${refs.sms}`,
          signer,
        ),
    },
    'a text message through Twilio': {
      ...ofTwilio,
      writes: true,
      make: (number, signer) =>
        twilioForm(
          { MessageSid: sidOf(number), SmsStatus: 'received', From: '+12025550100', Body: `Hello ${number}` },
          '',
          signer,
        ),
    },
    'JSON of Twilio, by the hash of its bytes': {
      ...ofTwilio,
      writes: false,
      make(number, signer) {
        const body = bytes(`{"number" : ${number},\r\n "text": "\u00e9"}`)
        const query = `?bodySHA256=${createHash('sha256').update(body).digest('hex')}`
        const signature = twilioSignature(twilioUrl + query, {}, secrets[signer])
        return { query, headers: { ...json, [twilioHeader]: signature }, body }
      },
      altered: (call, another) => [
        withAnotherBody(call, another),
        withAByteMore(call),
        ['without the hash', { ...call, query: '' }],
      ],
    },
    'events of SendGrid': {
      ...sendgrid,
      writes: true,
      make: (number, signer, at) =>
        sendgridCall(bytes(`${JSON.stringify(events(number, at, 2), null, 1)}\r\n`), json['content-type'], signer, at),
    },
    'many events of SendGrid in one request': {
      ...sendgrid,
      writes: true,
      make: (number, signer, at) =>
        sendgridCall(bytes(`${JSON.stringify(events(number, at, 600))}\r\n`), json['content-type'], signer, at),
    },
    'a mail through Inbound Parse': {
      ...sendgrid,
      writes: true,
      async make(number, signer, at) {
        const headers = `Message-ID: <m${number}@example.com>\nSubject: Hello`
        const fields = { headers, from: 'Ana <ana@example.com>', subject: 'Hello', text: `Hello ${number}` }
        const { type, body } = await parsedMail(fields)
        return sendgridCall(body, type, signer, at)
      },
      // Every form has a boundary of its own, so another body comes with another type.
      altered: (call, another) => sendgridAlters(call, { ...another, headers: {} }),
    },
    'an event of Mailgun': {
      ...mailgun,
      make(number, signer, at) {
        const variables = { drumbeat_ref: refs.news }
        const event = { id: `e${number}`, event: 'opened', timestamp: at / 1000, 'user-variables': variables }
        const signature = mailgunSignature(secrets[signer], JSON.stringify(event), at)
        return { query: '', headers: json, body: bytes(JSON.stringify({ signature, 'event-data': event })) }
      },
    },
    'a mail through a route of Mailgun': {
      ...mailgun,
      make(number, signer, at) {
        const fields = {
          from: 'Ana <ana@example.com>',
          recipient: `hello@${domain}`,
          subject: 'Hello',
          'body-plain': `Hello ${number}`,
          'message-headers': JSON.stringify([['Message-Id', `<r${number}@example.com>`]]),
        }
        const signature = mailgunSignature(secrets[signer], JSON.stringify(fields), at)
        return { query: '', headers: form, body: bytes(new URLSearchParams({ ...fields, ...signature }).toString()) }
      },
    },
    'reports to webhookChannel': {
      ...standard,
      writes: true,
      make: (number, signer, at) =>
        standardCall({ reports: [{ id: `r${number}`, deliveryRef: refs.push, fact: 'opened' }] }, number, signer, at),
    },
    'messages to webhookChannel': {
      ...standard,
      writes: true,
      make: (number, signer, at) =>
        standardCall(
          { messages: [{ id: `m${number}`, from: 'device-token-1', text: `Hello ${number}` }] },
          number,
          signer,
          at,
        ),
    },
  }
}
