import { expect, it } from 'vitest'
import { ana, welcome } from './campaign.js'
import { stage } from './stage.js'

const path = '/v1/webhook-endpoints'
const url = 'https://crm.acme.test/events'

it('registers an endpoint, shows its secret once, and tells it what happens', async () => {
  const { ask, acme, drumbeat, posted } = stage()
  const created = await ask('POST', path, { body: { url, types: ['recipient.entered', 'delivery.sent'] } })
  expect(created.status).toBe(201)
  expect(created.headers.get('etag')).toBe('"r1"')
  expect(created.json).toMatchObject({ url, description: null, disabled: null, waiting: 0, setAside: 0 })
  const { id, secret } = created.json
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const campaign = await welcome(acme)
  await acme.contacts.upsert(ana)
  await acme.enroll(campaign.id, 'ana')
  await drumbeat.tick()
  expect(posted.map(({ body }) => JSON.parse(body).type)).toEqual(['recipient.entered', 'delivery.sent'])
  expect(posted[0]?.secrets).toEqual([secret])
  const shown = await ask('GET', `${path}/${id}`)
  expect(shown.text).not.toContain('whsec_')
  expect((await ask('GET', path)).json).toMatchObject({ items: [{ id, url }], next: null })
  const attempts = await ask('GET', `${path}/${id}/attempts?limit=1`)
  expect(attempts.json.items).toMatchObject([{ type: 'delivery.sent', attempt: 1, answer: 'taken', status: 204 }])
  expect(attempts.json.next).not.toBeNull()
  expect(attempts.text).not.toContain('ana')
})

it('changes, tries, switches off and on, and deletes an endpoint, and says who did', async () => {
  const { ask, posted, clock } = stage()
  const { json } = await ask('POST', path, { body: { url, enabled: false } })
  const one = `${path}/${json.id}`
  expect(json.disabled).toEqual({ reason: 'host', at: '2026-03-06T12:00:00Z' })
  const stale = await ask('PATCH', one, { body: { description: 'CRM' }, headers: { 'if-match': '"r7"' } })
  expect([stale.status, stale.json.code]).toEqual([412, 'stale'])
  const changed = await ask('PATCH', one, { body: { description: 'CRM' }, headers: { 'if-match': '"r1"' } })
  expect(changed.json).toMatchObject({ description: 'CRM', url, revision: 2, disabled: { reason: 'host' } })
  expect((await ask('POST', `${one}/test`)).json).toMatchObject({ type: 'webhook.test', answer: 'taken', status: 204 })
  expect(JSON.parse(posted[0]?.body ?? '')).toMatchObject({ type: 'webhook.test', workspaceId: 'acme', data: {} })
  const rotated = await ask('POST', `${one}/rotate-secret`, { body: {} })
  expect(rotated.json.secret).not.toBe(json.secret)
  expect(rotated.json.previousSecretUntil).toBe('2026-03-07T12:00:00Z')
  await ask('POST', `${one}/test`)
  expect(posted[1]?.secrets).toEqual([rotated.json.secret, json.secret])
  clock.moveTo('2026-03-07T12:00:00Z')
  await ask('POST', `${one}/test`)
  expect(posted[2]?.secrets).toEqual([rotated.json.secret])
  expect((await ask('POST', `${one}/enable`, { body: {} })).json.disabled).toBeNull()
  expect((await ask('DELETE', one)).status).toBe(204)
  expect((await ask('GET', one)).status).toBe(404)
  const log = await ask('GET', '/v1/audit-log')
  const said = log.json.items.map(({ actor, action }: { actor: string; action: string }) => `${actor} ${action}`)
  const actions = ['deleted', 'enabled', 'tested', 'tested', 'secret_rotated', 'tested', 'updated', 'created']
  expect(said).toEqual(
    expect.arrayContaining([...new Set(actions)].map((action) => `key:k1 webhook_endpoint.${action}`)),
  )
  expect(said).toHaveLength(actions.length)
})

it('refuses what could not be told, and callers who are no admins', async () => {
  const { ask, keyFor } = stage()
  const bad = await ask('POST', path, { body: { url: 'http://crm.acme.test/' } })
  expect([bad.status, bad.json.detail]).toEqual([422, 'The url http://crm.acme.test/ must begin with https://.'])
  expect((await ask('POST', path, { body: { url, types: ['delivery.seen'] } })).status).toBe(422)
  const key = keyFor({ role: 'publisher' })
  for (const [method, at] of [
    ['GET', path],
    ['POST', path],
    ['GET', `${path}/x`],
    ['PATCH', `${path}/x`],
    ['DELETE', `${path}/x`],
    ['POST', `${path}/x/test`],
    ['POST', `${path}/x/rotate-secret`],
    ['POST', `${path}/x/enable`],
    ['GET', `${path}/x/attempts`],
  ] as const) {
    expect([at, (await ask(method, at, { key })).status]).toEqual([at, 403])
  }
  for (let n = 0; n < 20; n++) expect((await ask('POST', path, { body: { url } })).status).toBe(201)
  expect((await ask('POST', path, { body: { url } })).json.detail).toContain('has 20 webhook endpoints already')
})
