import { describe, expect, it } from 'vitest'
import { type Consent, type ConsentPolicy, type ConsentStatus, consentFor, consentProblem } from './consent.js'

const said = (status: ConsentStatus, at: number, topic: string | null = null, channel = 'sms'): Consent => ({
  channel,
  topic,
  status,
  at,
  source: 'test',
})

describe('consentFor', () => {
  it.each<readonly [string, readonly Consent[], string | null, ConsentStatus]>([
    ['nothing was said', [], null, 'unknown'],
    ['only another channel was spoken of', [said('granted', 1, null, 'email')], null, 'unknown'],
    ['the latest grants', [said('granted', 2), said('revoked', 1)], null, 'granted'],
    ['the latest revokes', [said('granted', 1), said('revoked', 2)], null, 'revoked'],
    ['a grant and a revocation are of one instant', [said('revoked', 1), said('granted', 1)], null, 'revoked'],
    ['a topic was not spoken of', [said('granted', 1)], 'news', 'granted'],
    ['a topic was revoked', [said('granted', 2), said('revoked', 1, 'news')], 'news', 'revoked'],
    ['another topic was revoked', [said('granted', 1), said('revoked', 2, 'offers')], 'news', 'granted'],
    ['a revoked topic does not close the channel', [said('granted', 1), said('revoked', 2, 'news')], null, 'granted'],
    ['only the topic was granted', [said('granted', 1, 'news')], 'news', 'granted'],
    ['a granted topic does not open the channel', [said('granted', 1, 'news')], null, 'unknown'],
    ['the channel was revoked', [said('granted', 1, 'news'), said('revoked', 2)], 'news', 'revoked'],
    [
      'the topic was granted after the channel was revoked',
      [said('revoked', 1), said('granted', 2, 'news')],
      'news',
      'revoked',
    ],
    ['the channel was granted again', [said('revoked', 1), said('granted', 2)], 'news', 'granted'],
    ['a topic awaits confirmation', [said('granted', 1), said('pending', 2, 'news')], 'news', 'pending'],
  ])('knows the status when %s', (_, consents, topic, status) => {
    expect(consentFor(consents, 'sms', topic)).toBe(status)
  })
})

describe('consentProblem', () => {
  const strict: ConsentPolicy = { sms: { marketing: 'granted', transactional: 'notRevoked' } }
  it.each<readonly [ConsentPolicy, ConsentStatus, 'marketing' | 'transactional', string | null]>([
    [{}, 'unknown', 'marketing', null],
    [{}, 'pending', 'marketing', null],
    [{}, 'granted', 'marketing', null],
    [{}, 'revoked', 'marketing', 'consent_revoked'],
    [{}, 'revoked', 'transactional', null],
    [strict, 'unknown', 'marketing', 'consent_missing'],
    [strict, 'pending', 'marketing', 'consent_missing'],
    [strict, 'granted', 'marketing', null],
    [strict, 'revoked', 'marketing', 'consent_revoked'],
    [strict, 'unknown', 'transactional', null],
    [strict, 'revoked', 'transactional', 'consent_revoked'],
    [{ sms: { marketing: 'none' } }, 'revoked', 'marketing', null],
    [{ email: { marketing: 'granted' } }, 'unknown', 'marketing', null],
  ])('under %j with %s says of %s: %s', (policy, status, category, problem) => {
    expect(consentProblem(policy, [said(status, 1)], { channel: 'sms', topic: null, category })).toBe(problem)
  })

  it('takes nothing inherited for a policy', () => {
    const consents = [said('revoked', 1, null, 'constructor')]
    const message = { channel: 'constructor', topic: null, category: 'marketing' } as const
    expect(consentProblem({}, consents, message)).toBe('consent_revoked')
  })
})
