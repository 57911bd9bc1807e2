import { createHmac } from 'node:crypto'
import { ConfigurationError } from '@drumbeat/core'

/**
 * Reads secrets: `whsec_` and base64 as the standard has it, or any other text, taken as it is.
 * @throws {ConfigurationError} when there is none, or one is shorter than 16 bytes.
 */
export function keysOf(secret: string | readonly string[], what: string): readonly Uint8Array[] {
  const keys = [secret].flat().map((one) => {
    const isStandard = typeof one === 'string' && one.startsWith('whsec_')
    return isStandard ? Buffer.from(one.slice('whsec_'.length), 'base64') : Buffer.from(String(one ?? ''))
  })
  if (keys.length === 0 || keys.some((key) => key.length < 16)) {
    throw new ConfigurationError(`${what} of at least 16 bytes: "whsec_" and base64, or any other text.`)
  }
  return keys
}

/** The signature of one key, without its version. */
export function signatureBy(key: Uint8Array, id: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
}

/**
 * The headers that sign a request. With several keys it carries a signature of each, so that the receiver may know either.
 * @see https://www.standardwebhooks.com
 */
export function signatureHeaders(
  keys: readonly Uint8Array[],
  { id, now, body }: { readonly id: string; readonly now: number; readonly body: Uint8Array },
): { readonly [name: string]: string } {
  const timestamp = String(Math.floor(now / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => `v1,${signatureBy(key, id, timestamp, body)}`).join(' '),
  }
}
