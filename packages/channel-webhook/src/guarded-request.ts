import { lookup } from 'node:dns/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { isPublicAddress } from './public-address.js'

/** One address of a host. */
export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** Where requests may go. By default to public addresses, by https, on port 443. */
export interface RequestGuard {
  /** Origins that the host vouches for, such as `http://127.0.0.1:8080`: they may be private, and need no https. */
  readonly trustedOrigins?: readonly string[]
  /** Ports beside 443. */
  readonly ports?: readonly number[]
  /** Certificates (PEM) of the authorities to trust in place of the well-known ones. */
  readonly ca?: string | readonly string[]
  /** How long a call may take, name resolution included. Default and most: 10,000 ms. */
  readonly timeoutMs?: number
  /** All addresses of a host name. Default: as the system resolves it. */
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>
}

/** A request that goes out. */
export interface GuardedRequest {
  readonly url: string
  readonly method: 'POST' | 'PUT'
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
  readonly signal: AbortSignal
  /** Called when the connection stands, right before the first byte; what it throws ends the request unwritten. */
  readonly beforeWrite: () => void
}

/** Why a request was not even begun. */
export type RefusalCode =
  | 'invalid_url'
  | 'not_https'
  | 'credentials_in_url'
  | 'forbidden_port'
  | 'forbidden_address'
  | 'invalid_header'

/** How a request ended. `written` tells whether any of it may have arrived. */
export type RequestEnd =
  | { readonly end: 'refused'; readonly code: RefusalCode }
  | { readonly end: 'failed'; readonly written: boolean; readonly code: string }
  | {
      readonly end: 'answered'
      readonly status: number
      readonly retryAfter: string | null
      readonly reply: Uint8Array
      /** The reply was longer than can be read, or broke off. */
      readonly isCut: boolean
    }

const longestMs = 10_000
const maxReplyBytes = 64 * 1024

/**
 * Makes a request that cannot be led into private networks: the host is resolved once, every address is checked, and the connection goes
 * to one of the addresses that were checked. Redirects are not followed, it ends after 10 s, and 64 KB of the reply are read.
 */
export async function guardedRequest(request: GuardedRequest, guard: RequestGuard): Promise<RequestEnd> {
  const problem = refusalOf(request.url, guard)
  if (problem !== null) return { end: 'refused', code: problem }
  const url = new URL(request.url)
  const isTrusted = isTrustedOrigin(url, guard)
  const deadline = AbortSignal.any([
    request.signal,
    AbortSignal.timeout(Math.min(guard.timeoutMs ?? longestMs, longestMs)),
  ])
  try {
    const addresses = await whileWanted(addressesOf(url, guard), deadline)
    const isAllowed = addresses.length > 0 && (isTrusted || addresses.every(({ address }) => isPublicAddress(address)))
    if (!isAllowed) return { end: 'refused', code: 'forbidden_address' }
    return await exchange(url, addresses, request, guard, deadline)
  } catch (error) {
    return { end: 'failed', written: false, code: codeOf(error, deadline) }
  }
}

/** Why a request to this address would not even be begun, as far as the address by itself tells; null = it would. */
export function refusalOf(address: string, guard: RequestGuard): RefusalCode | null {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null) return 'invalid_url'
  if (url.username !== '' || url.password !== '') return 'credentials_in_url'
  if (isTrustedOrigin(url, guard)) return /^https?:$/.test(url.protocol) ? null : 'not_https'
  if (url.protocol !== 'https:') return 'not_https'
  if (url.port !== '' && !guard.ports?.includes(Number(url.port))) return 'forbidden_port'
  const literal = literalOf(url)
  return isIP(literal) !== 0 && !isPublicAddress(literal) ? 'forbidden_address' : null
}

function isTrustedOrigin({ origin }: URL, { trustedOrigins = [] }: RequestGuard): boolean {
  return trustedOrigins.includes(origin)
}

/** The host without the brackets of an IPv6 address. */
function literalOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

async function addressesOf(url: URL, { resolve = resolveBySystem }: RequestGuard): Promise<readonly Address[]> {
  const literal = literalOf(url)
  const family = isIP(literal)
  if (family !== 0) return [{ address: literal, family: family === 4 ? 4 : 6 }]
  return resolve(url.hostname)
}

async function resolveBySystem(hostname: string): Promise<readonly Address[]> {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

function exchange(
  url: URL,
  addresses: readonly Address[],
  { method, headers, body, beforeWrite }: GuardedRequest,
  { ca }: RequestGuard,
  deadline: AbortSignal,
): Promise<RequestEnd> {
  return new Promise((resolve) => {
    const isTls = url.protocol === 'https:'
    let written = false
    let outgoing: ClientRequest
    try {
      outgoing = (isTls ? httpsRequest : httpRequest)(url, {
        method,
        headers,
        // No connection is used twice, so each goes to an address that was checked for it.
        agent: false,
        lookup: pinnedTo(addresses),
        signal: deadline,
        ...(ca === undefined ? {} : { ca: [ca].flat() }),
      })
    } catch {
      resolve({ end: 'refused', code: 'invalid_header' })
      return
    }
    outgoing.on('error', (error) => resolve({ end: 'failed', written, code: codeOf(error, deadline) }))
    outgoing.on('response', (response) => read(response).then(resolve))
    outgoing.on('socket', (socket: Socket) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        try {
          beforeWrite()
        } catch {
          outgoing.destroy(Object.assign(new Error('The request may not start any more.'), { code: 'not_started' }))
          return
        }
        written = true
        outgoing.end(body)
      })
    })
  })
}

/** Answers with the addresses that were checked, whatever the name would resolve to by now. */
function pinnedTo(addresses: readonly Address[]): LookupFunction {
  return (_, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else if (first !== undefined) callback(null, first.address, first.family)
  }
}

function read(response: IncomingMessage): Promise<RequestEnd> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const finish = (isCut: boolean): void => {
      const reply = Buffer.concat(chunks).subarray(0, maxReplyBytes)
      const retryAfter = response.headers['retry-after'] ?? null
      resolve({ end: 'answered', status: response.statusCode ?? 0, retryAfter, reply, isCut })
    }
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= maxReplyBytes) return
      finish(true)
      response.destroy()
    })
    response.on('end', () => finish(false))
    response.on('error', () => finish(true))
  })
}

async function whileWanted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, aborted])
}

function codeOf(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'timeout'
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return typeof code === 'string' && code !== '' ? code : 'network_error'
}
