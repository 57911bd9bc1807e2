import { domain, signatureOf } from '../../../packages/channel-mailgun/test/mailgun-stand-in.js'
import { bytes, type Call, type CallKinds, form, hour, json, type Refs, secrets, text } from './call.js'

const signedFields = ['timestamp', 'token', 'signature'] as const

function withSignature(
  call: Call,
  change: (signature: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Call {
  if (call.headers['content-type'] === json['content-type']) {
    const { signature, ...rest } = JSON.parse(text(call.body))
    return { ...call, body: bytes(JSON.stringify({ signature: change(signature), ...rest })) }
  }
  const fields = Object.fromEntries(new URLSearchParams(text(call.body)))
  const signature = Object.fromEntries(signedFields.map((name) => [name, fields[name] ?? '']))
  for (const name of signedFields) delete fields[name]
  return { ...call, body: bytes(new URLSearchParams({ ...fields, ...change(signature) }).toString()) }
}

const unsigned = (call: Call): readonly (readonly [string, Call])[] => [
  ['without a signature', withSignature(call, () => ({}))],
  ['with an empty signature', withSignature(call, (signature) => ({ ...signature, signature: '' }))],
  ['with a part of the signature', withSignature(call, (signature) => ({ ...signature, signature: 'abc' }))],
  [
    'with a signature that was made up',
    withSignature(call, (signature) => ({ ...signature, signature: 'f'.repeat(64) })),
  ],
]

const altered = (call: Call): readonly (readonly [string, Call])[] => [
  ['with another token', withSignature(call, (signature) => ({ ...signature, token: 'a'.repeat(50) }))],
  [
    'a second later',
    withSignature(call, (signature) => ({ ...signature, timestamp: `${Number(signature.timestamp) + 1}` })),
  ],
]

/** The content of one request under the signature of another. */
export function withSignatureOf(signed: Call, content: Call): Call {
  return withSignature(content, () => {
    let found: Readonly<Record<string, string>> = {}
    withSignature(signed, (signature) => {
      found = signature
      return signature
    })
    return found
  })
}

/** Mailgun signs a timestamp and a token, within the body. */
export function callsOfMailgun(refs: Refs): CallKinds {
  const shared = { account: 'news', writes: true, believedMs: 25 * hour, unsigned, altered } as const
  return {
    'an event of Mailgun': {
      ...shared,
      make(number, signer, at) {
        const variables = { drumbeat_ref: refs.news }
        const event = { id: `e${number}`, event: 'opened', timestamp: at / 1000, 'user-variables': variables }
        const signature = signatureOf(secrets[signer], JSON.stringify(event), at)
        return { query: '', headers: json, body: bytes(JSON.stringify({ signature, 'event-data': event })) }
      },
    },
    'a mail through a route of Mailgun': {
      ...shared,
      make(number, signer, at) {
        const fields = {
          from: 'Ana <ana@example.com>',
          recipient: `hello@${domain}`,
          subject: 'Hello',
          'body-plain': `Hello ${number}`,
          'message-headers': JSON.stringify([['Message-Id', `<r${number}@example.com>`]]),
        }
        const signature = signatureOf(secrets[signer], JSON.stringify(fields), at)
        return { query: '', headers: form, body: bytes(new URLSearchParams({ ...fields, ...signature }).toString()) }
      },
    },
  }
}
