import { describe, expect, it } from 'vitest'
import { parseReport } from './parse-report.js'

const receivedAt = 1_773_046_900_000
const parsed = (body: unknown) =>
  parseReport({
    method: 'POST',
    url: 'https://acme.test/',
    headers: {},
    body: new TextEncoder().encode(JSON.stringify(body)),
    receivedAt,
  })

describe('parseReport', () => {
  it('reads facts and messages, with the time that they say or the one at which they came', () => {
    const reports = [
      { id: 'e1', deliveryRef: 'dlv_00000001', fact: 'opened', at: '2026-03-09T09:00:00Z' },
      { id: 'e2', deliveryRef: 'dlv_00000001', fact: 'hard_bounced' },
    ]
    const messages = [{ id: 'm1', from: 'device-1', text: 'Hi', automatic: true, inReplyTo: 'p1' }]
    expect(parsed({ reports, messages })).toEqual([
      {
        kind: 'facts',
        dedupeKey: 'e1',
        delivery: { deliveryRef: 'dlv_00000001' },
        facts: [{ kind: 'opened', at: 1_773_046_800_000 }],
      },
      {
        kind: 'facts',
        dedupeKey: 'e2',
        delivery: { deliveryRef: 'dlv_00000001' },
        facts: [{ kind: 'hard_bounced', at: receivedAt }],
      },
      {
        kind: 'inbound',
        dedupeKey: 'm1',
        message: {
          from: 'device-1',
          to: null,
          text: 'Hi',
          at: receivedAt,
          inReplyTo: 'p1',
          providerId: 'm1',
          automatic: true,
        },
      },
    ])
  })

  it('leaves out what it cannot read, and keeps the rest', () => {
    const good = { id: 'e1', deliveryRef: 'dlv_00000001', fact: 'delivered' }
    const reports = [null, 1, {}, { ...good, fact: 'constructor' }, { ...good, at: 'soon' }, { ...good, id: 7 }, good]
    const messages = ['x', { id: 'm1', from: 'a' }, { id: 'm1', from: '', text: 'a' }]
    expect(parsed({ reports, messages }).map(({ dedupeKey }) => dedupeKey)).toEqual(['e1'])
  })
})
