import { describe, expect, it } from 'vitest'
import { keysOf, signatureBy, signatureHeaders } from './sign.js'
import { verifySignature } from './verify-signature.js'

// The test data of the Standard Webhooks libraries.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const timestamp = '1614265330'
const body = new TextEncoder().encode('{"test": 2432232314}')
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
const keys = keysOf(secret, 'The test needs a secret')

const request = (given: { signature?: string; body?: Uint8Array; receivedAt?: number } = {}) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given.signature ?? signature },
  body: given.body ?? body,
  receivedAt: given.receivedAt ?? Number(timestamp) * 1000,
})

describe('signatures', () => {
  it('are those of the Standard Webhooks', () => {
    expect(`v1,${signatureBy(keys[0] ?? body, id, timestamp, body)}`).toBe(signature)
    expect(signatureHeaders(keys, { id, now: Number(timestamp) * 1000 + 999, body })).toEqual({
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    })
    expect(verifySignature(request(), keys)).toBe(true)
  })

  it('are found among several, of any of the secrets', () => {
    const others = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,MzJsNXh1dG0='
    expect(verifySignature(request({ signature: `${others} ${signature}` }), keys)).toBe(true)
    expect(verifySignature(request({ signature: others }), keys)).toBe(false)
    const rotated = keysOf(['a new secret of 16 bytes', secret], 'The test needs a secret')
    expect(verifySignature(request(), rotated)).toBe(true)
  })

  it('hold for five minutes, and for these bytes', () => {
    const at = Number(timestamp) * 1000
    const minutes = (n: number) => verifySignature(request({ receivedAt: at + n * 60_000 }), keys)
    expect([minutes(-6), minutes(-5), minutes(5), minutes(6)]).toEqual([false, true, true, false])
    const altered = new TextEncoder().encode('{"test":2432232314}')
    expect(verifySignature(request({ body: altered }), keys)).toBe(false)
  })
})
