import type { SendOutcome } from '../ports/channel.js'

/** Errors that come before a connection stands, so that nothing of the request can have arrived. */
const beforeConnection: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** System calls of the same kind: an `ETIMEDOUT` of `connect` proves what one of `read` does not. */
const beforeRequest: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])

interface NetworkError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/**
 * What an error of the network says about a message: `not_accepted` only where it proves that no connection came about (refused, no such
 * host, no trusted certificate), else `unknown`. Errors that wrap another one, by `cause` or as several, are read by what they wrap.
 */
export function outcomeOfNetworkError(error: unknown): SendOutcome {
  const found = errorsIn(error)
  const code = found.map(({ code }) => code).find((code) => typeof code === 'string' && code !== '')
  const name = error instanceof Error ? error.name : 'thrown'
  const named = typeof code === 'string' ? code : name
  if (found.some(isBeforeConnection)) return { outcome: 'not_accepted', code: named, retryAfterMs: null }
  return { outcome: 'unknown', code: named }
}

function isBeforeConnection({ code, syscall }: NetworkError): boolean {
  return (typeof code === 'string' && beforeConnection.has(code)) || beforeRequest.has(syscall)
}

/** The error and what it wraps. Where several addresses were tried, the last one speaks for all: each had to fail. */
function errorsIn(error: unknown, depth = 0): readonly NetworkError[] {
  if (typeof error !== 'object' || error === null || depth > 4) return []
  const { cause, errors } = error as NetworkError
  const last: unknown = Array.isArray(errors) ? errors.at(-1) : undefined
  return [error, ...errorsIn(cause, depth + 1), ...errorsIn(last, depth + 1)]
}
