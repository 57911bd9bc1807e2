import { expect, it } from 'vitest'
import { ana, welcome } from './campaign.js'
import { publicUrl, stage } from './stage.js'

/** Watches a campaign, and gives the events that have come, with the parts of them that tell. */
async function watching() {
  const staged = stage()
  const { acme, handle, admin, clock } = staged
  const { id } = await welcome(acme)
  const left = new AbortController()
  const headers = { authorization: `Bearer ${admin}` }
  const response = await handle(new Request(`${publicUrl}/v1/campaigns/${id}/live`, { headers, signal: left.signal }))
  const reader = response.body?.getReader()
  const next = async () => {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    return done ? null : new TextDecoder().decode(value)
  }
  /** What comes once the time between two looks is over; it passes as soon as somebody waits for it. */
  const nextLook = async () => {
    const coming = next()
    await new Promise((resolve) => setImmediate(resolve))
    clock.moveTo(clock.now() + 2000)
    return coming
  }
  return { ...staged, id, response, next, nextLook, left, reader }
}

it('tells everything at once, then what changes, and that it is still there', async () => {
  const { acme, drumbeat, id, response, next, nextLook } = await watching()
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(await next()).toMatch(/^event: campaign\ndata: \{"id":"[^\n]*"status":"active"[^\n]*\n\n$/)
  expect(await next()).toBe('event: counters\ndata: {"items":[]}\n\n')
  expect(await nextLook()).toBe(':\n\n')
  await acme.contacts.upsert(ana)
  await acme.enroll(id, 'ana')
  await drumbeat.tick()
  await acme.campaigns.pause(id)
  expect(await nextLook()).toContain('"status":"paused"')
  expect(await next()).toContain('{"stepId":"hello","name":"delivery.sent","value":1}')
})

it('ends when the campaign is gone, and when nobody listens any more', async () => {
  const { acme, id, next, nextLook } = await watching()
  await next()
  await next()
  await acme.campaigns.stop(id)
  await acme.campaigns.archive(id)
  await acme.campaigns.delete(id)
  expect(await nextLook()).toBeNull()
  const other = await watching()
  await other.next()
  await other.next()
  const coming = other.next()
  other.left.abort()
  expect(await coming).toBeNull()
})

it('is no way around who may look', async () => {
  const { ask, id, keyFor } = await watching()
  expect((await ask('GET', `/v1/campaigns/${id}/live`, { key: keyFor({ scopes: ['events:write'] }) })).status).toBe(403)
  expect((await ask('GET', `/v1/campaigns/${id}/live`, { key: keyFor({ workspaceId: 'other' }) })).status).toBe(404)
  expect(await ask('HEAD', `/v1/campaigns/${id}/live`)).toMatchObject({ status: 200, text: '' })
})
