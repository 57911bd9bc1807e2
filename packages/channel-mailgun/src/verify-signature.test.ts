import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifySignature } from './verify-signature.js'

const receivedAt = 1_773_046_800_000
const sign = (key: string, timestamp: string, token: string) => ({
  timestamp,
  token,
  signature: createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex'),
})
const webhook = (signature: unknown, at = receivedAt) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify({ signature, 'event-data': {} })),
  receivedAt: at,
})
const timestamp = String(receivedAt / 1000)
const token = 'b'.repeat(50)

describe('verifySignature', () => {
  it('takes the current and the previous key, and no older one', () => {
    const keys = ['new', 'old']
    const results = ['new', 'old', 'older'].map((key) => verifySignature(webhook(sign(key, timestamp, token)), keys))
    expect(results).toEqual([true, true, false])
  })

  it('takes a number for a timestamp, as older webhooks have it', () => {
    const signature = { ...sign('k', timestamp, token), timestamp: Number(timestamp) }
    expect(verifySignature(webhook(signature), 'k')).toBe(true)
  })

  it('refuses another timestamp, another token, and what is a day old', () => {
    const signature = sign('k', timestamp, token)
    expect(verifySignature(webhook({ ...signature, timestamp: `${timestamp}1` }), 'k')).toBe(false)
    expect(verifySignature(webhook({ ...signature, token: 'c'.repeat(50) }), 'k')).toBe(false)
    // The same text in another division is not what was signed.
    const divided = { ...signature, timestamp: timestamp.slice(0, -1), token: timestamp.slice(-1) + token }
    expect(verifySignature(webhook(divided), 'k')).toBe(false)
    expect(verifySignature(webhook(signature, receivedAt + 26 * 3_600_000), 'k')).toBe(false)
  })

  it.each([null, [], 'x', {}, { timestamp, token }, { timestamp: {}, token: [], signature: 1 }])(
    'refuses %j',
    (signature) => {
      expect(verifySignature(webhook(signature), 'k')).toBe(false)
    },
  )
})
