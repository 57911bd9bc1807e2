import { expect, it } from 'vitest'
import { ana, welcome } from './campaign.js'
import { stage } from './stage.js'

it('tracks an event once, by its own id or by the Idempotency-Key', async () => {
  const { ask, acme } = stage()
  const event = { contactId: 'ana', event: 'order.placed', at: '2026-03-06T11:00:00Z', data: { total: 3 } }
  const known = async () =>
    (await acme.contacts.export('ana', { eventNames: ['order.placed'] })).events.map(({ id }) => id)
  const headers = { 'idempotency-key': 'retry-1' }
  for (let copy = 0; copy < 2; copy++) {
    expect((await ask('POST', '/v1/events', { body: { ...event, id: 'o1' } })).status).toBe(204)
    expect((await ask('POST', '/v1/events', { body: event, headers })).status).toBe(204)
  }
  expect(await known()).toEqual(['o1', 'idempotency/retry-1'])
  await Promise.all(
    Array.from({ length: 50 }, (_, n) => ask('POST', '/v1/events', { body: { ...event, id: `n${n % 25}` } })),
  )
  expect(await known()).toHaveLength(27)
  expect((await ask('POST', '/v1/events', { body: event, headers: { 'idempotency-key': 'ü' } })).status).toBe(400)
})

it('takes the good events of a batch, and says of the others why not', async () => {
  const { ask, acme } = stage()
  const events = [
    { contactId: 'ana', event: 'a', id: '1' },
    { contactId: '', event: 'a' },
    { contactId: 'ana', event: 'a', id: '1' },
    'nonsense',
    { contactId: 'ana', event: 'b', at: 'yesterday' },
  ]
  const { status, json } = await ask('POST', '/v1/events/batch', { body: { events } })
  expect(status).toBe(202)
  expect(json).toMatchObject({ accepted: 1, duplicates: 1 })
  expect(json.refused.map(({ index }: { index: number }) => index)).toEqual([1, 3, 4])
  expect((await acme.contacts.export('ana', { eventNames: ['a', 'b'] })).events).toHaveLength(1)
})

it('creates and merges contacts, page by page, and refuses parts that are not valid', async () => {
  const { ask } = stage()
  const created = await ask('PATCH', '/v1/contacts/ana', {
    body: { addresses: { email: 'Ana@Example.com' }, tags: ['vip'] },
  })
  expect(created.json).toMatchObject({ id: 'ana', addresses: { email: 'Ana@example.com' }, tags: ['vip'], zone: null })
  const merged = await ask('PATCH', '/v1/contacts/ana', { body: { zone: 'Europe/Berlin' } })
  expect(merged.json).toMatchObject({ zone: 'Europe/Berlin', tags: ['vip'] })
  expect((await ask('PATCH', '/v1/contacts/ana', { body: { addresses: { email: 'nonsense' } } })).status).toBe(422)
  for (const id of ['bea', 'cy']) await ask('PATCH', `/v1/contacts/${id}`, { body: {} })
  const first = await ask('GET', '/v1/contacts?limit=2')
  expect(first.json.items.map(({ id }: { id: string }) => id)).toEqual(['ana', 'bea'])
  const second = await ask('GET', `/v1/contacts?limit=2&cursor=${first.json.next}`)
  expect([second.json.items.length, second.json.next]).toEqual([1, null])
  expect((await ask('GET', '/v1/contacts?cursor=%00')).status).toBe(400)
  expect((await ask('GET', '/v1/contacts?limit=1001')).status).toBe(422)
})

it('imports lines of JSON, and names those it refuses', async () => {
  const { ask, acme } = stage({ limits: { lineBytes: 1000 } })
  const lines = [
    '{"id":"ana","addresses":{"email":"ana@example.com"},"attributes":{"size":3}}',
    'nonsense',
    '',
    '{"id":"bea","addresses":{"email":"bad"},"tags":["x"]}',
    '{"id":"cy","wrong":1}',
    '{"id":"dan","attributes":{"__proto__":{"a":1}}}',
    `{"id":"eve","attributes":{"a":"${'x'.repeat(2000)}"}}`,
    '{"id":"ana","attributes":{"size":4}}',
  ]
  const { status, json } = await ask('POST', '/v1/contacts/import', {
    body: lines.join('\r\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(status).toBe(200)
  expect(json).toMatchObject({ created: 2, updated: 1, refusedCount: 5 })
  expect(json.refused.map(({ line, contactId }: { line: number; contactId: string }) => [line, contactId])).toEqual([
    [2, null],
    [4, 'bea'],
    [5, 'cy'],
    [6, null],
    [7, null],
  ])
  expect(await acme.contacts.get('ana')).toMatchObject({ attributes: { size: 4 } })
  expect(await acme.contacts.get('bea')).toMatchObject({ tags: ['x'], addresses: {} })
  expect((await acme.auditLog())[0]).toMatchObject({
    action: 'contacts.imported',
    detail: { created: 2, refusedCount: 5 },
  })
})

it('imports CSV with quotes, commas and line breaks in its cells', async () => {
  const { ask, acme } = stage()
  const body = [
    '\ufeffid,addresses.email,attributes.note,tags,zone',
    'ana,ana@example.com,"one, ""two""\nthree",vip;new,Europe/Berlin',
    'bea,,,,',
    'cy,too,few',
    'dan,dan@example.com,a "quote,,',
  ].join('\n')
  const headers = { 'content-type': 'text/csv; charset=utf-8' }
  const { json } = await ask('POST', '/v1/contacts/import', { body, headers })
  expect(json).toMatchObject({ created: 2, refusedCount: 2 })
  expect(json.refused.map(({ line }: { line: number }) => line)).toEqual([5, 6])
  expect(await acme.contacts.get('ana')).toMatchObject({
    attributes: { note: 'one, "two"\nthree' },
    tags: ['vip', 'new'],
    zone: 'Europe/Berlin',
  })
  const wrong = await ask('POST', '/v1/contacts/import', { body: 'name\nana', headers })
  expect([wrong.status, wrong.json.detail]).toEqual([422, expect.stringContaining('The column "name" is not known')])
})

it('reads a file of any length piece by piece, and no further than it may', async () => {
  const { handle, admin, acme } = stage({ limits: { importBytes: 3_000_000 } })
  const upload = (lines: number) => {
    let line = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        // Pieces break in the middle of lines and of characters.
        if (line === lines) return controller.close()
        const bytes = new TextEncoder().encode(`{"id":"c${line++}","attributes":{"name":"Ä"}}\n`)
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7))
      },
    })
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/x-ndjson' }
    return handle(
      new Request('https://acme.test/drumbeat/v1/contacts/import', {
        method: 'POST',
        headers,
        body,
        duplex: 'half',
      } as RequestInit),
    )
  }
  expect(await (await upload(2500)).json()).toMatchObject({ created: 2500, refusedCount: 0 })
  expect(await acme.contacts.get('c2499')).toMatchObject({ attributes: { name: 'Ä' } })
  expect((await upload(100_000)).status).toBe(413)
})

it('refuses a file that is not UTF-8 or of another kind', async () => {
  const { handle, admin, ask } = stage()
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'text/csv' }
  const body = new Uint8Array([0x69, 0x64, 0x0a, 0xff, 0xfe, 0x0a])
  const response = await handle(
    new Request('https://acme.test/drumbeat/v1/contacts/import', { method: 'POST', headers, body }),
  )
  expect([response.status, (await response.json()).code]).toEqual([400, 'invalid_encoding'])
  expect((await ask('POST', '/v1/contacts/import', { body: '{}' })).status).toBe(415)
})

it('enrolls and withdraws, and says whom it refused', async () => {
  const { ask, acme } = stage()
  const campaign = await welcome(acme)
  await acme.contacts.upsert(ana)
  const path = `/v1/campaigns/${campaign.id}/recipients`
  const { json } = await ask('POST', path, { body: { contactIds: ['ana', 'ana', 'nobody'] } })
  expect(json.enrolled).toMatchObject([{ contactId: 'ana', status: 'active', entryNo: 1 }])
  expect(json.refused).toEqual([{ contactId: 'nobody', reason: 'unknown_contact' }])
  expect((await ask('POST', path, { body: { contactIds: ['ana'] } })).json.refused).toEqual([
    { contactId: 'ana', reason: 'already_enrolled' },
  ])
  const withdrawn = await ask('DELETE', `/v1/campaigns/${campaign.id}/contacts/ana?reason=moved`)
  expect(withdrawn.json).toEqual({ withdrawn: 1 })
  expect((await acme.recipients(campaign.id))[0]).toMatchObject({ status: 'exited', reason: 'moved' })
})

it('exports all that is kept about a person, and forgets them but for their suppression', async () => {
  const { ask, acme, drumbeat } = stage()
  const campaign = await welcome(acme)
  await acme.contacts.upsert(ana)
  await acme.enroll(campaign.id, 'ana')
  await drumbeat.tick()
  await ask('POST', '/v1/contacts/ana/consents', { body: { channel: 'email', status: 'granted', source: 'form' } })
  await ask('POST', '/v1/suppressions', { body: { channel: 'sms', address: '+1 212 555 0100' } })
  await ask('POST', '/v1/events', { body: { contactId: 'ana', event: 'order.placed' } })
  await drumbeat.tick()
  const { json } = await ask('GET', '/v1/contacts/ana/export?events=order.placed')
  expect(json).toMatchObject({
    contact: { id: 'ana' },
    consents: [{ channel: 'email', status: 'granted', source: 'form' }],
    suppressions: [{ channel: 'sms', reason: 'manual' }],
    recipients: [{ contactId: 'ana', stepId: 'overnight' }],
    deliveries: [{ address: 'ana@example.com', state: 'sent', stepId: 'hello' }],
    events: [{ event: 'order.placed' }],
  })
  expect(json.deliveries[0].ref).toMatch(/^dlv_/)
  expect((await ask('DELETE', '/v1/contacts/ana')).status).toBe(204)
  expect((await ask('GET', '/v1/contacts/ana')).status).toBe(404)
  expect((await ask('DELETE', '/v1/contacts/ana')).status).toBe(404)
  const kept = await ask('GET', '/v1/contacts/ana/export?events=order.placed')
  expect(kept.text).not.toMatch(/example\.com|2125550100/)
  await acme.contacts.upsert(ana)
  expect((await acme.contacts.export('ana')).suppressions).toMatchObject([{ channel: 'sms', reason: 'manual' }])
  const actions = (await acme.auditLog()).map(({ action, actor }) => `${actor} ${action}`)
  expect(actions).toEqual(expect.arrayContaining(['key:k1 contact.erased', 'key:k1 contact.exported']))
})
