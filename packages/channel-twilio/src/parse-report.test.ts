import { readInbound } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { parseReport } from './parse-report.js'

const sid = `SM${'0'.repeat(32)}`
const receivedAt = 1_773_046_800_000
const report = (fields: Record<string, string>, query = '?d=dlv_00000001') => ({
  method: 'POST',
  url: `https://acme.test/hooks${query}`,
  headers: {},
  body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
  receivedAt,
})
const kindsOf = (fields: Record<string, string>) =>
  parseReport(report({ MessageSid: sid, ...fields })).flatMap((one) =>
    one.kind === 'facts' ? one.facts.map(({ kind }) => kind) : [],
  )

describe('parseReport', () => {
  it.each([
    ['queued', 'accepted'],
    ['accepted', 'accepted'],
    ['scheduled', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'opened'],
    ['canceled', 'failed'],
  ])('reads the status %s as %s', (MessageStatus, fact) => {
    expect(kindsOf({ MessageStatus })).toEqual([fact])
  })

  it.each([
    ['30005', ['hard_bounced']],
    ['30006', ['hard_bounced']],
    ['21610', ['failed', 'unsubscribed']],
    ['30003', ['soft_bounced']],
    ['30008', ['soft_bounced']],
    ['30007', ['failed']],
    ['30034', ['failed']],
    ['', ['failed']],
  ])('reads undelivered with error %s as %j', (ErrorCode, facts) => {
    expect(kindsOf({ MessageStatus: 'undelivered', ErrorCode })).toEqual(facts)
    expect(kindsOf({ MessageStatus: 'failed', ErrorCode })).toEqual(facts)
  })

  it('names the delivery by the reference in the query, else by the SID', () => {
    const fields = { MessageSid: sid, MessageStatus: 'sent' }
    expect(parseReport(report(fields))).toEqual([
      {
        kind: 'facts',
        dedupeKey: `${sid}/sent`,
        delivery: { deliveryRef: 'dlv_00000001' },
        facts: [{ kind: 'sent', at: receivedAt }],
      },
    ])
    expect(parseReport(report(fields, ''))).toMatchObject([{ delivery: { providerId: sid } }])
  })

  it('reads a callback by GET from its query', () => {
    const url = `https://acme.test/hooks?d=dlv_00000001&MessageSid=${sid}&MessageStatus=delivered`
    const byGet = { ...report({}), method: 'GET', url, body: new Uint8Array() }
    expect(parseReport(byGet)).toMatchObject([
      { delivery: { deliveryRef: 'dlv_00000001' }, facts: [{ kind: 'delivered' }] },
    ])
  })

  it('leaves out statuses that Twilio may invent', () => {
    expect(kindsOf({ MessageStatus: 'teleported' })).toEqual([])
  })

  it('reads messages from contacts, and what Twilio took them for', () => {
    const fields = { MessageSid: sid, SmsStatus: 'received', From: '+15005550009', To: '+15005550006', Body: 'Stop' }
    const read = (more: Record<string, string>) => {
      const [one] = parseReport(report({ ...fields, ...more }, ''))
      return one?.kind === 'inbound' ? readInbound({ channel: 'sms', ...one.message }) : null
    }
    expect(read({})).toMatchObject({ from: '+15005550009', to: '+15005550006', keyword: 'stop', providerId: sid })
    expect(read({ Body: 'Basta', OptOutType: 'STOP' })).toMatchObject({ keyword: 'stop' })
    expect(read({ Body: 'Go', OptOutType: 'START' })).toMatchObject({ keyword: 'start' })
    expect(read({ Body: 'YES' })).toMatchObject({ keyword: 'yes', automatic: false })
    expect(read({ Body: 'Ok', OriginalRepliedMessageSid: `SM${'1'.repeat(32)}` })).toMatchObject({
      inReplyTo: `SM${'1'.repeat(32)}`,
    })
  })
})
