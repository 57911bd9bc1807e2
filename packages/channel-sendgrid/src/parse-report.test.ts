import { readInbound } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { parseReport } from './parse-report.js'

const receivedAt = 1_773_046_900_000
const events = (...list: unknown[]) => ({
  method: 'POST',
  url: 'https://acme.test/',
  headers: { 'Content-Type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify(list)),
  receivedAt,
})
const event = (given: object) => ({
  email: 'ana@example.com',
  timestamp: 1_773_046_800,
  drumbeat_ref: 'dlv_00000001',
  sg_event_id: 'e1',
  ...given,
})
const factsOf = (given: object) =>
  parseReport(events(event(given))).flatMap((one) => (one.kind === 'facts' ? one.facts.map(({ kind }) => kind) : []))

describe('the events of SendGrid', () => {
  it.each<readonly [object, readonly string[]]>([
    [{ event: 'processed' }, ['accepted']],
    [{ event: 'deferred', attempt: '1' }, ['deferred']],
    [{ event: 'delivered', response: '250 OK' }, ['delivered']],
    [{ event: 'bounce', type: 'bounce', status: '5.1.1' }, ['hard_bounced']],
    [{ event: 'bounce', type: 'blocked', status: '4.7.1' }, ['soft_bounced']],
    [{ event: 'bounce' }, ['hard_bounced']],
    [{ event: 'dropped', reason: 'Bounced Address' }, ['hard_bounced']],
    [{ event: 'dropped', reason: 'Invalid' }, ['hard_bounced']],
    [{ event: 'dropped', reason: 'Unsubscribed Address' }, ['failed', 'unsubscribed']],
    [{ event: 'dropped', reason: 'Spam Reporting Address' }, ['failed', 'complained']],
    [{ event: 'dropped', reason: 'Recipient List over Package Quota' }, ['failed']],
    [{ event: 'dropped', reason: 'Invalid SMTPAPI header' }, ['failed']],
    [{ event: 'open' }, ['opened']],
    [{ event: 'open', sg_machine_open: false }, ['opened']],
    [{ event: 'open', sg_machine_open: true }, ['machine_opened']],
    [{ event: 'click', url: 'https://acme.test/' }, ['clicked']],
    [{ event: 'spamreport' }, ['complained']],
    [{ event: 'unsubscribe' }, ['unsubscribed']],
    [{ event: 'group_unsubscribe', asm_group_id: 7 }, ['unsubscribed']],
    [{ event: 'group_resubscribe', asm_group_id: 7 }, []],
    [{ event: 'account_status_change' }, []],
  ])('reads %j as %j', (given, facts) => {
    expect(factsOf(given)).toEqual(facts)
  })

  it('names the delivery by our argument, else by our Message-ID, and leaves others alone', () => {
    const asynchronous = event({ event: 'bounce', drumbeat_ref: undefined, 'smtp-id': '<dlv_00000002@acme.test>' })
    const foreign = event({ event: 'bounce', drumbeat_ref: undefined, 'smtp-id': '<14c5d75ce93@ismtpd-555>' })
    expect(parseReport(events(event({ event: 'delivered' }), asynchronous, foreign))).toMatchObject([
      {
        dedupeKey: 'e1',
        delivery: { deliveryRef: 'dlv_00000001' },
        facts: [{ kind: 'delivered', at: 1_773_046_800_000 }],
      },
      { delivery: { providerId: 'dlv_00000002@acme.test' } },
    ])
  })

  it('keeps the readable events of a request whose others are not', () => {
    const bad = [null, 1, 'x', [], {}, event({ event: 'open', timestamp: 'soon' }), event({ event: 1 })]
    expect(parseReport(events(...bad, event({ event: 'open' })))).toHaveLength(1)
  })

  it('takes milliseconds for milliseconds, and text for numbers', () => {
    for (const timestamp of [1_773_046_800, '1773046800', 1_773_046_800_000])
      expect(parseReport(events(event({ event: 'open', timestamp })))).toMatchObject([
        { facts: [{ at: 1_773_046_800_000 }] },
      ])
  })

  it('makes a key of its own where SendGrid gives none, the same for every copy', () => {
    const [one, copy, other] = [
      event({ event: 'click', sg_event_id: undefined, url: 'https://acme.test/1' }),
      event({ event: 'click', sg_event_id: undefined, url: 'https://acme.test/1' }),
      event({ event: 'click', sg_event_id: undefined, url: 'https://acme.test/2' }),
    ].map((given) => parseReport(events(given))[0]?.dedupeKey)
    expect([one === copy, one === other]).toEqual([true, false])
  })
})

describe('the mails of Inbound Parse', () => {
  async function read(fields: Record<string, string | Uint8Array<ArrayBuffer>>) {
    const boundary = 'xYzZY'
    const parts = Object.entries(fields).flatMap(([name, value]) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
      Buffer.from(value as string),
      Buffer.from('\r\n'),
    ])
    const [one] = parseReport({
      method: 'POST',
      url: 'https://acme.test/',
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
      receivedAt,
    })
    return one?.kind === 'inbound' ? { ...one, read: readInbound({ channel: 'email', ...one.message }) } : null
  }
  const headers =
    'Received: by mx\nMessage-ID: <m1@example.com>\nIn-Reply-To: <dlv_00000001@acme.test>\nSubject: Re: Hi'
  const mail = { headers, from: 'Ana <ana@example.com>', to: 'hello@acme.test', subject: 'Re: Hi', charsets: '{}' }

  it('are read with their thread, without what they quote', async () => {
    const text = 'Yes, gladly.\n\nOn Tue, Mar 3, 2026 at 9:00 AM Acme <hello@acme.test> wrote:\n> Would you?\n'
    const envelope = '{"to":["reply@in.acme.test"],"from":"ana@example.com"}'
    expect(await read({ ...mail, text, envelope })).toMatchObject({
      dedupeKey: '<m1@example.com>',
      read: {
        from: 'ana@example.com',
        to: 'reply@in.acme.test',
        text: 'Yes, gladly.',
        automatic: false,
        inReplyTo: 'dlv_00000001@acme.test',
        providerId: 'm1@example.com',
        at: receivedAt,
      },
    })
  })

  it('are told apart when a machine wrote them', async () => {
    const automatic = { ...mail, headers: `${headers}\nAuto-Submitted: auto-replied`, text: 'I am away.' }
    expect(await read(automatic)).toMatchObject({ read: { automatic: true, keyword: null } })
  })

  it('are read from HTML where they have no text', async () => {
    const html = '<div>Please <b>stop</b></div><blockquote>Acme wrote</blockquote>'
    expect(await read({ ...mail, html })).toMatchObject({ read: { text: 'Please stop', keyword: 'stop' } })
  })

  it('are read in the character set that SendGrid names', async () => {
    const text = Uint8Array.from('Zo\u00eb', (character) => character.charCodeAt(0))
    expect(await read({ ...mail, text, charsets: '{"text":"iso-8859-1"}' })).toMatchObject({ read: { text: 'Zoë' } })
    expect(await read({ ...mail, text: 'Zoë', charsets: '{"text":"no-such-set"}' })).toMatchObject({
      read: { text: 'Zoë' },
    })
  })
})
