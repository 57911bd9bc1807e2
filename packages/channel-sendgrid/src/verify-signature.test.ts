import { generateKeyPairSync, sign } from 'node:crypto'
import { EventWebhook } from '@sendgrid/eventwebhook'
import { describe, expect, it } from 'vitest'
import { publicKeysOf, verifySignature } from './verify-signature.js'

// The test data of SendGrid's own SDKs.
const key =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=='
const otherKey =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA=='
const signature = 'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0='
const timestamp = '1588788367'
const payload = JSON.stringify({ category: 'example_payload', event: 'test_event', message_id: 'message_id' })

const request = (given: { signature?: string; timestamp?: string; payload?: string; receivedAt?: number } = {}) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: {
    'x-twilio-email-event-webhook-signature': given.signature ?? signature,
    'x-twilio-email-event-webhook-timestamp': given.timestamp ?? timestamp,
  },
  body: new TextEncoder().encode(given.payload ?? payload),
  receivedAt: given.receivedAt ?? Number(timestamp) * 1000,
})

describe('verifySignature', () => {
  const keys = publicKeysOf(key)

  it('takes the vectors of SendGrid’s own SDKs, and refuses what they refuse', () => {
    expect(verifySignature(request(), keys)).toBe(true)
    expect(verifySignature(request(), publicKeysOf(otherKey))).toBe(false)
    expect(verifySignature(request({ payload: 'payload' }), keys)).toBe(false)
    expect(verifySignature(request({ signature: signature.replace('H2j', 'H3j') }), keys)).toBe(false)
    expect(verifySignature(request({ timestamp: 'timestamp' }), keys)).toBe(false)
  })

  it('takes the vector of SendGrid’s own SDKs whose body ends with a line break, and no other bytes', () => {
    const dropped = {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1_600_112_492,
    }
    const theirs = publicKeysOf(
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
    )
    const sent = (payload: string) =>
      request({
        payload,
        timestamp: '1600112502',
        receivedAt: 1_600_112_502_000,
        signature: 'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
      })
    const body = JSON.stringify([dropped])
    const results = [`${body}\r\n`, `${body}\n`, body, JSON.stringify([dropped], null, 1)].map((one) =>
      verifySignature(sent(one), theirs),
    )
    expect(results).toEqual([true, false, false, false])
  })

  it('judges raw bytes as SendGrid’s validator does, line ends included', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    const validator = new EventWebhook()
    for (const body of ['[{"a":1}]\r\n', '[ {"a": "é"} ]\n', '']) {
      const signed = sign('sha256', Buffer.from(timestamp + body), pair.privateKey).toString('base64')
      for (const sent of [body, body.trim(), `${body} `]) {
        const theirs = validator.verifySignature(validator.convertPublicKeyToECDSA(publicKey), sent, signed, timestamp)
        const ours = verifySignature(request({ signature: signed, payload: sent }), publicKeysOf(publicKey))
        expect(ours, JSON.stringify([body, sent])).toBe(theirs)
      }
    }
  })

  it('takes any of several keys, base64 or PEM', () => {
    const pem = `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----\n`
    expect(verifySignature(request(), publicKeysOf([otherKey, pem]))).toBe(true)
  })

  it('refuses what was signed more than a day ago, since SendGrid tries no longer', () => {
    const at = Number(timestamp) * 1000
    expect(verifySignature(request({ receivedAt: at + 24 * 3_600_000 }), keys)).toBe(true)
    expect(verifySignature(request({ receivedAt: at + 26 * 3_600_000 }), keys)).toBe(false)
  })

  it('refuses keys that are none', () => {
    expect(() => publicKeysOf('no key')).toThrow('Verification Key')
    expect(() => publicKeysOf([])).toThrow('at least one')
  })
})
