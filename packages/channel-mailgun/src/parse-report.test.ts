import { readInbound } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { parseReport } from './parse-report.js'

const receivedAt = 1_773_046_900_000
const json = (body: unknown) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: { 'Content-Type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify(body)),
  receivedAt,
})
const event = (given: object) => ({
  id: 'CPgfbmQMTCKtHW6uIWtuVe',
  timestamp: 1_773_046_800.123456,
  recipient: 'ana@example.com',
  'user-variables': { drumbeat_ref: 'dlv_00000001' },
  message: { headers: { 'message-id': 'dlv_00000001@mg.acme.test' } },
  ...given,
})
const parsed = (given: object) => parseReport(json({ signature: {}, 'event-data': event(given) }))
const factsOf = (given: object) =>
  parsed(given).flatMap((one) => (one.kind === 'facts' ? one.facts.map(({ kind }) => kind) : []))

describe('the events of Mailgun', () => {
  it.each<readonly [object, readonly string[]]>([
    [{ event: 'accepted' }, ['accepted']],
    [{ event: 'delivered' }, ['delivered']],
    [{ event: 'rejected', reject: { reason: 'blocked' } }, ['failed']],
    [{ event: 'failed', severity: 'temporary', reason: 'greylisted' }, ['deferred']],
    [{ event: 'failed', severity: 'permanent', reason: 'bounce' }, ['hard_bounced']],
    [{ event: 'failed', severity: 'permanent', reason: 'suppress-bounce' }, ['hard_bounced']],
    [{ event: 'failed', severity: 'permanent', reason: 'suppress-unsubscribe' }, ['failed', 'unsubscribed']],
    [{ event: 'failed', severity: 'permanent', reason: 'suppress-complaint' }, ['failed', 'complained']],
    [{ event: 'failed', severity: 'permanent', reason: 'old' }, ['soft_bounced']],
    [{ event: 'failed', severity: 'permanent', reason: 'espblock' }, ['soft_bounced']],
    [{ event: 'failed', severity: 'permanent', reason: 'generic' }, ['failed']],
    [{ event: 'opened', 'client-info': { bot: '', 'client-name': 'Chrome' } }, ['opened']],
    [{ event: 'opened', 'client-info': { bot: 'gmail' } }, ['opened']],
    [{ event: 'opened', 'client-info': { bot: 'apple' } }, ['machine_opened']],
    [{ event: 'clicked', url: 'https://acme.test/' }, ['clicked']],
    [{ event: 'clicked', 'client-info': { bot: 'generic' } }, ['machine_clicked']],
    [{ event: 'unsubscribed' }, ['unsubscribed']],
    [{ event: 'complained' }, ['complained']],
    [{ event: 'stored' }, []],
    [{ event: 'list_uploaded' }, []],
  ])('reads %j as %j', (given, facts) => {
    expect(factsOf(given)).toEqual(facts)
  })

  it('names the delivery by our variable, else by our Message-ID, and leaves others alone', () => {
    const at = 1_773_046_800_123
    expect(parsed({ event: 'delivered' })).toEqual([
      {
        kind: 'facts',
        dedupeKey: 'CPgfbmQMTCKtHW6uIWtuVe',
        delivery: { deliveryRef: 'dlv_00000001' },
        facts: [{ kind: 'delivered', at }],
      },
    ])
    expect(parsed({ event: 'delivered', 'user-variables': {} })).toMatchObject([
      { delivery: { providerId: 'dlv_00000001@mg.acme.test' } },
    ])
    const foreign = { headers: { 'message-id': '20260309@mg.acme.test' } }
    expect(parsed({ event: 'delivered', 'user-variables': {}, message: foreign })).toEqual([])
  })

  it('knows an event by the token that was signed for it, so that no other event can use it up again', () => {
    const signed = (token: string, id: string) =>
      parseReport(json({ signature: { token }, 'event-data': event({ event: 'delivered', id }) }))[0]?.dedupeKey
    expect([signed('t1', 'a'), signed('t1', 'b'), signed('t2', 'a')]).toEqual(['t1', 't1', 't2'])
  })

  it('reads nothing from what has no time, or a name that everything has', () => {
    expect(parsed({ event: 'delivered', timestamp: 'soon' })).toEqual([])
    expect(parsed({ event: 'delivered', 'user-variables': 'constructor', message: null })).toEqual([])
  })
})

describe('the mails of a route', () => {
  const form = (fields: Record<string, string>) => ({
    ...json({}),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
  })
  const headers = JSON.stringify([
    ['Message-Id', '<m1@example.com>'],
    ['In-Reply-To', '<dlv_00000001@mg.acme.test>'],
    ['Received', 'first'],
    ['Received', 'second'],
  ])
  const mail = {
    from: 'Ana <ana@example.com>',
    recipient: 'hello@mg.acme.test',
    subject: 'Re: Hi',
    'message-headers': headers,
  }
  const read = (fields: Record<string, string>) => {
    const [one] = parseReport(form({ ...mail, ...fields }))
    return one?.kind === 'inbound' ? { ...one, read: readInbound({ channel: 'email', ...one.message }) } : null
  }

  it('are read with their thread, without what they quote', () => {
    expect(read({ 'body-plain': 'Yes.\n> Would you?', 'stripped-text': 'Yes.' })).toMatchObject({
      dedupeKey: '<m1@example.com>',
      message: { headers: { Received: 'first' } },
      read: {
        from: 'ana@example.com',
        to: 'hello@mg.acme.test',
        text: 'Yes.',
        automatic: false,
        inReplyTo: 'dlv_00000001@mg.acme.test',
        at: receivedAt,
      },
    })
    expect(read({ 'body-plain': 'Yes.\n> Would you?' })).toMatchObject({ read: { text: 'Yes.' } })
    expect(read({ 'body-plain': '', 'body-html': '<p>Stop</p>' })).toMatchObject({ read: { keyword: 'stop' } })
  })

  it('are told apart when a machine wrote them', () => {
    const automatic = JSON.stringify([
      ['Auto-Submitted', 'auto-replied'],
      ['Message-Id', '<m2@example.com>'],
    ])
    expect(read({ 'body-plain': 'Away', 'message-headers': automatic })).toMatchObject({ read: { automatic: true } })
  })
})
