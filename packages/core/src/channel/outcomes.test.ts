import { describe, expect, it } from 'vitest'
import { outcomeOfNetworkError } from './network-outcome.js'
import { bodyJson, headerOf } from './raw-report.js'
import { outcomeOfStatus, retryAfterMs } from './status-outcome.js'

const error = (properties: object): Error => Object.assign(new Error('x'), properties)

describe('outcomeOfNetworkError', () => {
  it.each([
    ['a refused connection', error({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['no such host', error({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    ['a connection that timed out', error({ code: 'ETIMEDOUT', syscall: 'connect' })],
    ['a certificate that nobody trusts', error({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
    ['an error that wraps one of these', new TypeError('fetch failed', { cause: error({ code: 'ECONNREFUSED' }) })],
    ['several addresses that all refused', new AggregateError([error({}), error({ code: 'ECONNREFUSED' })])],
  ])('takes %s as proof that nothing was accepted', (_, cause) => {
    expect(outcomeOfNetworkError(cause)).toMatchObject({ outcome: 'not_accepted', retryAfterMs: null })
  })

  it.each([
    ['a reset', error({ code: 'ECONNRESET', syscall: 'read' })],
    ['a time-out while reading', error({ code: 'ETIMEDOUT', syscall: 'read' })],
    ['an answer that cannot be parsed', new SyntaxError('Unexpected token')],
    ['a thrown text', 'no'],
    ['nothing', undefined],
  ])('takes %s as no proof of anything', (_, cause) => {
    expect(outcomeOfNetworkError(cause)).toMatchObject({ outcome: 'unknown', code: expect.stringMatching(/./) })
  })

  it('ends with errors that wrap themselves', () => {
    const circular = error({ code: 'X' })
    circular.cause = circular
    expect(outcomeOfNetworkError(circular)).toEqual({ outcome: 'unknown', code: 'X' })
  })
})

describe('outcomeOfStatus', () => {
  it.each([
    [400, 'rejected'],
    [401, 'blocked'],
    [402, 'blocked'],
    [403, 'blocked'],
    [404, 'rejected'],
    [408, 'unknown'],
    [422, 'rejected'],
    [429, 'not_accepted'],
    [200, 'unknown'],
    [302, 'unknown'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('reads %i as %s', (status, outcome) => {
    expect(outcomeOfStatus(status)).toMatchObject({ outcome, code: `http_${status}` })
  })

  it('hands on the code and the patience that it is given', () => {
    expect(outcomeOfStatus(429, { code: '20429', retryAfterMs: 5 })).toEqual({
      outcome: 'not_accepted',
      code: '20429',
      retryAfterMs: 5,
      reason: 'too_fast',
    })
  })
})

describe('retryAfterMs', () => {
  const now = Date.parse('2026-03-09T09:00:00Z')
  it.each([
    ['30', 30_000],
    [' 0 ', 0],
    ['Mon, 09 Mar 2026 09:01:00 GMT', 60_000],
    ['Mon, 09 Mar 2026 08:00:00 GMT', 0],
    ['999999999', 24 * 3_600_000],
    ['-1', null],
    ['soon', null],
    ['1.5', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('reads %j as %j ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms)
  })
})

describe('a raw report', () => {
  it('gives its headers by name in any case, and only its own', () => {
    const report = { headers: { 'X-Twilio-Signature': 's' } }
    expect([headerOf(report, 'x-twilio-signature'), headerOf(report, 'constructor')]).toEqual(['s', null])
  })

  it('gives its body as JSON where it is some', () => {
    const body = new TextEncoder().encode('{"a": "é"}')
    expect([bodyJson({ body }), bodyJson({ body: body.slice(1) })]).toEqual([{ a: 'é' }, undefined])
  })
})
