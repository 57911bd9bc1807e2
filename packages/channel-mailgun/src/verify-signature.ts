import { createHmac, timingSafeEqual } from 'node:crypto'
import { bodyJson, formFields, type RawReport } from '@drumbeat/core'

/** Mailgun tries for eight hours; a request that was signed a day earlier is a copy. */
const longestMs = 25 * 60 * 60 * 1000

/**
 * Whether Mailgun signed the request with one of the keys. Mailgun signs a timestamp and a token, not what stands beside them: see `usedTokens`.
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 */
export function verifySignature(report: RawReport, signingKey: string | readonly string[]): boolean {
  const signed = signatureIn(report)
  if (signed === null) return false
  const { timestamp, token, signature } = signed
  if (!/^\d{1,12}$/.test(timestamp) || !/^[\x21-\x7e]{1,100}$/.test(token)) return false
  if (Math.abs(report.receivedAt - Number(timestamp) * 1000) > longestMs) return false
  const expected = [signingKey].flat().map((key) =>
    createHmac('sha256', key)
      .update(timestamp + token)
      .digest('hex'),
  )
  return expected.filter((one) => isEqual(one, signature)).length > 0
}

/** What Mailgun makes up for each request; null = there is none. */
export function tokenIn(report: RawReport): string | null {
  return signatureIn(report)?.token ?? null
}

interface Signature {
  readonly timestamp: string
  readonly token: string
  readonly signature: string
}

/** In an object of its own in webhooks, among the fields of the form in routes. */
function signatureIn(report: RawReport): Signature | null {
  const body = bodyJson(report)
  if (typeof body === 'object' && body !== null) {
    return 'signature' in body ? signatureOf(new Map(Object.entries(body.signature ?? {}))) : null
  }
  const fields = [...formFields(report)].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)] as const)
  return signatureOf(new Map(fields))
}

function signatureOf(fields: ReadonlyMap<string, unknown>): Signature | null {
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map((name) => {
    const value = fields.get(name)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  })
  return timestamp && token && signature ? { timestamp, token, signature } : null
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
