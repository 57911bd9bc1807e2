import { type RequestListener, request as send } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { behindBodyParsers, frameworks, serve } from './frameworks.js'
import { publicUrl, sign, stage } from './stage.js'

const { handle, admin } = stage()
const ends: (() => void)[] = []
afterAll(() => {
  for (const end of ends) end()
})

async function served(listener: RequestListener): Promise<string> {
  const { base, end } = await serve(listener)
  ends.push(end)
  return base
}

describe.each(Object.entries(frameworks))('%s', (_, mounted) => {
  const base = served(mounted(handle))
  const ask = async (method: string, path: string, init: RequestInit = {}) =>
    fetch(`${await base}${path}`, {
      method,
      ...init,
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', ...init.headers },
    })

  it('answers under the path it is mounted at, and leaves other paths to the host', async () => {
    expect((await ask('GET', '/drumbeat/v1/settings')).status).toBe(200)
    expect(await (await ask('GET', '/own')).text()).toBe('own')
  })

  it('takes and gives JSON, with status and headers', async () => {
    const changed = await ask('PATCH', '/drumbeat/v1/settings', { body: JSON.stringify({ variables: { name: 'Ä' } }) })
    expect(await changed.json()).toMatchObject({ variables: { name: 'Ä' } })
    const refused = await ask('PATCH', '/drumbeat/v1/settings', { body: '{"zone":1}' })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    const stranger = await ask('GET', '/drumbeat/v1/settings', { headers: { authorization: 'Bearer nobody' } })
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await ask('POST', '/drumbeat/v1/emergency-stop/lift')).status).toBe(204)
  })

  it('hands the bytes of a webhook to the verifier as they were sent', async () => {
    const head = new TextEncoder().encode(
      '[\r\n  {"kind" : "inbound", "dedupeKey":"1","message":{"from":"+12125550100","text":"',
    )
    const tail = new TextEncoder().encode('\u2028 \\u00e9","at":1}}\r\n]\r\n')
    const body = new Uint8Array([...head, 0xff, 0xc3, 0x28, ...tail])
    const path = '/webhooks/account-of-sms-0001'
    const post = (signature: string, type: string) =>
      ask('POST', `/drumbeat${path}?token=a%20b`, { body, headers: { 'x-signature': signature, 'content-type': type } })
    const signature = sign('sms key', `${publicUrl}${path}?token=a%20b`, body)
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      expect((await post(signature, type)).status).toBe(200)
    }
    expect((await post(sign('sms key', publicUrl + path, body), 'application/json')).status).toBe(403)
  })

  it('stops reading a body that is too large, also one that does not say how large it is', async () => {
    const size = 3 * 1024 * 1024
    const url = new URL(`${await base}/drumbeat/v1/settings`)
    const status = await new Promise<number | undefined>((resolve) => {
      const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
      const upload = send(url, { method: 'PATCH', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      // Once it is refused, the connection may break while there is more to write.
      upload.on('error', () => {})
      for (let sent = 0; sent < size; sent += 65_536) upload.write(' '.repeat(65_536))
      upload.end()
    })
    expect(status).toBe(413)
  })
})

it('tells a host whose body parser ran first that the bytes are lost', async () => {
  const response = await fetch(`${await served(behindBodyParsers(handle))}/drumbeat/v1/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: '{"zone":"UTC"}',
  })
  expect(response.status).toBe(500)
  expect((await response.json()).detail).toContain('Mount Drumbeat before express.json()')
})
