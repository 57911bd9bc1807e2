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

/** Deliveries that calls may be about, by account. */
export type Refs = { readonly [account in Account]: string }

/** Kinds by what they are. */
export interface CallKinds {
  readonly [name: string]: CallKind
}

/** What goes over the wire, and what it says. */
export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
export const text = (body: Uint8Array): string => new TextDecoder().decode(body)
/** Content types. */
export const json = { 'content-type': 'application/json' }
export const form = { 'content-type': 'application/x-www-form-urlencoded' }
/** In milliseconds. */
export const hour = 3_600_000

/** The call with one header changed, or (null) left out. */
export function withHeader(call: Call, name: string, value: string | null): Call {
  const { [name]: _, ...headers } = call.headers
  return { ...call, headers: value === null ? headers : { ...headers, [name]: value } }
}

/** What stands in a header may be left out, empty, too short, or somebody's guess. */
export const withoutHeader =
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

/** Signed for one call, sent with what another one says. */
export const withAnotherBody = (call: Call, another: Call): readonly [string, Call] => [
  'with the signature of another body',
  { ...another, headers: { ...another.headers, ...call.headers }, query: call.query },
]
/** Signed for fewer bytes. */
export const withAByteMore = (call: Call): readonly [string, Call] => [
  'with one byte more',
  { ...call, body: bytes(`${text(call.body)} `) },
]
