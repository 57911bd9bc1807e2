import { expect, it } from 'vitest'
import { createHttp } from '../src/index.js'
import { publicUrl, stage } from './stage.js'

it('tells strangers nothing but that they are strangers', async () => {
  const { ask } = stage()
  for (const key of [null, 'drb_nonsense', `drb_${'0'.repeat(64)}`]) {
    const { status, headers, json } = await ask('PATCH', '/v1/settings', { key, body: { nonsense: 1 } })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(json).toMatchObject({ type: 'about:blank', title: 'Unauthorized', status: 401, code: 'unauthorized' })
  }
})

it('holds callers to their role and keys to their scopes and their end', async () => {
  const { ask, keyFor, clock } = stage()
  const viewer = keyFor({ role: 'viewer' })
  expect((await ask('GET', '/v1/settings', { key: viewer })).status).toBe(200)
  const refused = await ask('PATCH', '/v1/settings', { key: viewer, body: { zone: 'Europe/Berlin' } })
  expect(refused.status).toBe(403)
  expect(refused.json.detail).toBe('This takes the role admin; the caller has viewer.')
  const narrow = keyFor({ scopes: ['events:write'] })
  expect((await ask('GET', '/v1/settings', { key: narrow })).status).toBe(403)
  const brief = keyFor({ expiresAt: '2026-03-06T13:00Z' })
  expect((await ask('GET', '/v1/settings', { key: brief })).status).toBe(200)
  clock.moveTo('2026-03-06T13:00Z')
  expect((await ask('GET', '/v1/settings', { key: brief })).status).toBe(401)
})

it('keeps in the audit log who changed what, and nothing of what was refused', async () => {
  const { ask } = stage()
  expect((await ask('PATCH', '/v1/settings', { body: { zone: 'Europe/Berlin' } })).json.zone).toBe('Europe/Berlin')
  expect((await ask('PATCH', '/v1/settings', { body: { zone: 'Mars/Olympus' } })).status).toBe(422)
  const { json } = await ask('GET', '/v1/audit-log')
  expect(json.items).toEqual([
    {
      at: '2026-03-06T12:00:00Z',
      actor: 'key:k1',
      action: 'workspace.configured',
      subject: 'acme',
      detail: { changed: 'zone' },
    },
  ])
})

it('names every part of the input that is wrong', async () => {
  const { ask } = stage()
  const { status, json } = await ask('PATCH', '/v1/settings', {
    body: { zone: 'Mars', lateGapMs: -1, rules: { sms: { quietHours: '25:00-08:00' } }, unknown: 1 },
  })
  expect(status).toBe(422)
  expect(json.code).toBe('invalid_input')
  const paths = json.issues.map(({ path }: { path: string[] }) => path.join('.'))
  expect(paths).toEqual(expect.arrayContaining(['zone', 'lateGapMs', 'rules.sms', '']))
})

it('refuses bodies that are no JSON, not UTF-8, compressed, too large, too deep or poisoned, before it looks at them', async () => {
  const { ask, handle, admin, errors } = stage({ limits: { bodyBytes: 10_000 } })
  const send = async (body: string, headers: Record<string, string> = {}) => {
    const { status, json } = await ask('PATCH', '/v1/settings', { body, headers })
    return `${status} ${json.code}`
  }
  expect(await send('{"zone":')).toBe('400 invalid_json')
  expect(await send('')).toBe('400 invalid_json')
  expect(await send('{}', { 'content-type': 'text/plain' })).toBe('415 unsupported_media_type')
  expect(await send('{}', { 'content-type': 'application/json; charset=utf-16' })).toBe('415 unsupported_encoding')
  expect(await send('{}', { 'content-encoding': 'gzip' })).toBe('415 unsupported_encoding')
  expect(await send(`{"zone":"${'x'.repeat(10_000)}"}`)).toBe('413 too_large')
  expect(await send('['.repeat(4000) + ']'.repeat(4000))).toBe('400 invalid_json')
  expect(await send('{"__proto__":{"zone":"UTC"}}')).toBe('400 invalid_json')
  expect(await send('{"variables":{"a":{"constructor":1}}}')).toBe('400 invalid_json')
  expect(await send('{"variables":{"a":"\\u0000"}}')).toBe('400 invalid_json')
  const response = await handle(
    new Request(`${publicUrl}/v1/settings`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    }),
  )
  expect([response.status, (await response.json()).code]).toEqual([400, 'invalid_encoding'])
  expect(errors).toEqual([])
})

it('answers paths and methods that it does not know, and HEAD like GET without the body', async () => {
  const { ask } = stage()
  expect((await ask('GET', '/v1/nothing')).status).toBe(404)
  expect((await ask('GET', '/v1/%E0%A4')).status).toBe(400)
  expect((await ask('GET', '/v1/settings%00')).status).toBe(400)
  const wrong = await ask('DELETE', '/v1/settings')
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, PATCH'])
  const head = await ask('HEAD', '/v1/settings')
  expect([head.status, head.text]).toEqual([200, ''])
})

it('tells of a failure on our side only that there was one, and tells the host all of it', async () => {
  const failure = new Error('password=hunter2')
  const { drumbeat } = stage()
  const heard: unknown[] = []
  const handle = createHttp({
    drumbeat,
    publicUrl,
    authorize: () => {
      throw failure
    },
    onError: (error) => heard.push(error),
  })
  const response = await handle(new Request(`${publicUrl}/v1/settings`))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('hunter2')
  expect(heard).toEqual([failure])
})

it('refuses wiring that cannot work, and says what to do', () => {
  const { drumbeat } = stage()
  const authorize = () => null
  expect(() => createHttp({ drumbeat, publicUrl: '/drumbeat', authorize })).toThrow('absolute URL')
  expect(() => createHttp({ drumbeat, publicUrl, authorize: [] })).toThrow('needs authorize')
})
