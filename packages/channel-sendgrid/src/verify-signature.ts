import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ConfigurationError, headerOf, type RawReport } from '@drumbeat/core'

/** SendGrid tries for a day; a request that was signed much earlier is a copy. */
const longestMs = 25 * 60 * 60 * 1000

/**
 * Reads verification keys, base64 as SendGrid shows them or PEM.
 * @throws {ConfigurationError} when one is no public key.
 */
export function publicKeysOf(publicKey: string | readonly string[]): readonly KeyObject[] {
  const keys = [publicKey].flat()
  if (keys.length === 0) throw new ConfigurationError('sendgridChannel() needs webhook.publicKey: at least one key.')
  return keys.map((key) => {
    try {
      const der = Buffer.from(key.replace(/-----[^-]+-----|\s/g, ''), 'base64')
      return createPublicKey({ key: der, format: 'der', type: 'spki' })
    } catch (cause) {
      throw new ConfigurationError(
        'sendgridChannel() cannot read webhook.publicKey: it is the Verification Key as SendGrid shows it.',
        { cause },
      )
    }
  })
}

/**
 * Whether SendGrid signed the request with one of the keys: ECDSA over the timestamp and the raw bytes.
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export function verifySignature(report: RawReport, keys: readonly KeyObject[]): boolean {
  const signature = headerOf(report, 'x-twilio-email-event-webhook-signature')
  const timestamp = headerOf(report, 'x-twilio-email-event-webhook-timestamp')
  if (signature === null || timestamp === null || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(report.receivedAt - Number(timestamp) * 1000) > longestMs) return false
  const signed = Buffer.concat([Buffer.from(timestamp), report.body])
  const bytes = Buffer.from(signature, 'base64')
  return keys.some((key) => isSignedBy(key, signed, bytes))
}

function isSignedBy(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify('sha256', signed, key, signature)
  } catch {
    return false
  }
}
