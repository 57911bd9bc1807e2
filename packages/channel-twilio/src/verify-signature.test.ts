import { createHash } from 'node:crypto'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { verifySignature } from './verify-signature.js'

const authToken = 's3cr3t'

function called(url: string, signature: string, body = '', method = 'POST') {
  return {
    method,
    url,
    headers: { 'x-twilio-signature': signature },
    body: new TextEncoder().encode(body),
    receivedAt: 0,
  }
}

/** The test data of Twilio's own SDKs, all signed with the token `12345`. */
const fields = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}
const bodyHash = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620'

describe('the signatures of Twilio’s own SDKs', () => {
  const form = new URLSearchParams(fields).toString()
  const isSigned = (url: string, signature: string, body: string) =>
    verifySignature(called(url, signature, body), { url, authToken: '12345' })

  it.each([
    ['https://mycompany.com/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['https://mycompany.com/myapp.php?foo=1&bar=2', 'kvajT1Ptam85bY51eRf/AJRuM3w='],
    ['https://mycompany.com:1234/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['https://mycompany.com:1234/myapp.php?foo=1&bar=2', 'CYn1h0gLBdNxDGkKJg6hYohgeD8='],
    ['http://mycompany.com/myapp.php?foo=1&bar=2', '0ZXoZLH/DfblKGATFgpif+LLRf4='],
    ['http://mycompany.com:1234/myapp.php?foo=1&bar=2', 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU='],
    ['https://MyCompany.com/myapp.php?foo=1&bar=2', 'g9IN/x4Cft2g517EjYvEvM/W7LU='],
    ['https://MyCompany.com:1234/myapp.php?foo=1&bar=2', 'PCqOZm8cnu/L6+u5i5fuEd+Iac4='],
    ['http://MyCompany.com/myapp.php?foo=1&bar=2', 'XY7AlKOKL6im4yWyX84gldUrtis='],
  ])('are taken for a form at %s, as %s', (url, signature) => {
    expect(isSigned(url, signature, form)).toBe(true)
    expect(isSigned(url, `NOT${signature}`, form)).toBe(false)
    expect(isSigned(url, signature, form.replace('1234', '1235'))).toBe(false)
  })

  it('are taken for repeated fields', () => {
    const body = 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234'
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
    expect(isSigned(url, 'IK+Dwps556ElfBT0I3Rgjkr1wJU=', body)).toBe(true)
  })

  it.each([
    [`https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=${bodyHash}`, 'a9nBmqA0ju/hNViExpshrM61xv4='],
    [`https://mycompany.com/myapp.php?bodySHA256=${bodyHash}`, 'y77kIzt2vzLz71DgmJGsen2scGs='],
  ])('are taken for JSON at %s', (url, signature) => {
    const body = '{"property": "value", "boolean": true}'
    expect(isSigned(url, signature, body)).toBe(true)
    expect(isSigned(url, signature, body.replace('true', 'false'))).toBe(false)
    expect(isSigned('https://mycompany.com/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', body)).toBe(false)
  })
})

describe('verifySignature', () => {
  it.each([
    [
      'with the port that was signed',
      'https://example.com:443/path?test=param',
      'https://example.com:443/path?test=param',
    ],
    [
      'without the port that was signed',
      'https://example.com:443/path?test=param',
      'https://example.com/path?test=param',
    ],
    ['without a port', 'https://example.com/path?test=param', 'https://example.com/path?test=param'],
    [
      'with a port that was not signed',
      'https://example.com/path?test=param',
      'https://example.com:443/path?test=param',
    ],
    ['with a quote', "https://example.com/path?test=param'WithQuote", "https://example.com/path?test=param'WithQuote"],
    ['with an escaped quote', "https://example.com/path?test=param'Q", 'https://example.com/path?test=param%27Q'],
    ['with an unescaped quote', 'https://example.com/path?test=param%27Q', "https://example.com/path?test=param'Q"],
    ['by http', 'http://example.com:80/path', 'http://example.com/path'],
  ])('takes a URL %s, as Twilio’s own validator does', (_, signedUrl, target) => {
    const signature = twilio.getExpectedTwilioSignature(authToken, signedUrl, {})
    expect(twilio.validateRequest(authToken, signature, target, {})).toBe(true)
    expect(verifySignature(called(target, signature), { url: target, authToken })).toBe(true)
  })

  it('refuses another query', () => {
    const signature = twilio.getExpectedTwilioSignature(authToken, 'https://example.com/path?test=param', {})
    const report = called('https://example.com/path?test=param2', signature)
    expect(verifySignature(report, { url: 'https://example.com/path', authToken })).toBe(false)
  })

  it('signs over every field, repeated ones once per value, in order', () => {
    const url = 'https://acme.test/hooks'
    const fields = { To: '+1 800', Body: ' spaces stay ', Media: ['b', 'a', 'b'] }
    const signature = twilio.getExpectedTwilioSignature(authToken, url, fields)
    const body = 'Body=+spaces+stay+&Media=b&Media=a&Media=b&To=%2B1+800'
    expect(verifySignature(called(url, signature, body), { url, authToken })).toBe(true)
    expect(verifySignature(called(url, signature, `${body}&New=1`), { url, authToken })).toBe(false)
  })

  it('knows its public URL, whatever the proxy called', () => {
    const url = 'https://acme.test/hooks/twilio'
    const signature = twilio.getExpectedTwilioSignature(authToken, `${url}?d=dlv_1`, { A: '1' })
    expect(verifySignature(called('http://10.0.0.1:3000/internal?d=dlv_1', signature, 'A=1'), { url, authToken })).toBe(
      true,
    )
    expect(verifySignature(called('http://10.0.0.1:3000/internal?d=dlv_2', signature, 'A=1'), { url, authToken })).toBe(
      false,
    )
  })

  it('takes JSON by the hash of its bytes', () => {
    const body = '{"property": "value", "boolean": true}'
    const hash = createHash('sha256').update(body).digest('hex')
    const url = `https://acme.test/hooks?bodySHA256=${hash}`
    const signature = twilio.getExpectedTwilioSignature(authToken, url, {})
    expect(verifySignature(called(url, signature, body), { url, authToken })).toBe(true)
    expect(verifySignature(called(url, signature, body.replace(': ', ':')), { url, authToken })).toBe(false)
    const unsigned = 'https://acme.test/hooks?bodySHA256=00'
    expect(verifySignature(called(unsigned, signature, body), { url: unsigned, authToken })).toBe(false)
  })

  it('takes the current and the previous token, and no older one', () => {
    const url = 'https://acme.test/hooks'
    const by = (token: string) => called(url, twilio.getExpectedTwilioSignature(token, url, {}))
    const tokens = { url, authToken: ['new', 'old'] }
    expect(['new', 'old', 'older'].map((token) => verifySignature(by(token), tokens))).toEqual([true, true, false])
  })
})
