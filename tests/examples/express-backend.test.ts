import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const mainOf = (example: string) => fileURLToPath(new URL(`../../examples/${example}/src/main.ts`, import.meta.url))
const node = (example: string) => ['--import', 'tsx', '--conditions=@drumbeat/source', mainOf(example)]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

let backend: ChildProcess
let dataDir: string
let output = ''
let [port, smtpPort] = [0, 0]
const base = () => `http://localhost:${port}`

/** What it prints, from here on, until it matches. */
async function printed(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
  const giveUpAt = Date.now() + 20_000
  for (;;) {
    const found = pattern.exec(output.slice(from))
    if (found !== null) return found
    if (backend.exitCode !== null || Date.now() > giveUpAt) throw new Error(`${pattern} was not printed:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'drumbeat-backend-'))
  ;[port, smtpPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    PORT: String(port),
    SMTP_PORT: String(smtpPort),
    DATA_DIR: join(dataDir, 'database'),
    PAUSE: 'PT5S',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'the auth token',
    TWILIO_FROM: '+15005550006',
  }
  backend = spawn(process.execPath, node('express-backend'), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [backend.stdout, backend.stderr]) {
    stream?.on('data', (part) => {
      output += part
    })
  }
  await printed(/Listening on/)
}, 60_000)

afterAll(async () => {
  if (backend.exitCode !== null) throw new Error(`It ended by itself:\n${output}`)
  const ended = once(backend, 'exit')
  backend.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  await rm(dataDir, { recursive: true, force: true })
})

const json = { 'content-type': 'application/json' }
const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
  fetch(base() + path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })

it('the backend mails whoever signs up, twice', async () => {
  expect((await post('/signups', { id: 'bob', name: 'Bob', email: 'bob@example.com' })).status).toBe(202)
  await printed(/Mail to bob@example\.com: Welcome, Bob/)
  await printed(/Mail to bob@example\.com: Three tips for you/)
  const refused = await post('/signups', { id: 'eve', name: 'Eve', email: 'nowhere' })
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('email')])
})

it('a test of a template goes out by the API, and its link unsubscribes nobody', async () => {
  const [, key] = await printed(/Bearer (drb_[0-9a-f]{64})/)
  const api = { ...json, authorization: `Bearer ${key}` }
  const body = { to: 'me@example.com', attributes: { name: 'Me' } }
  const tested = await post('/drumbeat/v1/templates/welcome/test-sends', body, api)
  expect([tested.status, await tested.json()]).toMatchObject([200, { result: 'sent' }])
  const found = await printed(/Mail to me@example\.com: \[Test\] Welcome, Me\s+List-Unsubscribe: <([^>]+)>/)
  const clicked = await fetch(found[1] ?? '', {
    method: 'POST',
    body: new URLSearchParams('List-Unsubscribe=One-Click'),
  })
  expect([clicked.status, await clicked.text()]).toEqual([200, expect.stringContaining('unsubscribes nobody')])
})

it('an event by the API begins a run, and a click on the header of its mail keeps the next one away', async () => {
  const [, key] = await printed(/Bearer (drb_[0-9a-f]{64})/)
  const api = { ...json, authorization: `Bearer ${key}` }
  const contact = { addresses: { email: 'ana@example.com' }, attributes: { name: 'Ana' } }
  const created = await fetch(`${base()}/drumbeat/v1/contacts/ana`, {
    method: 'PATCH',
    headers: api,
    body: JSON.stringify(contact),
  })
  expect(created.ok).toBe(true)
  expect((await post('/drumbeat/v1/events', { contactId: 'ana', event: 'signed.up' }, api)).status).toBe(204)
  const [, url = ''] = await printed(/Mail to ana@example\.com: Welcome, Ana\s+List-Unsubscribe: <([^>]+)>/)
  expect((await fetch(url)).status).toBe(200)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const clicked = await fetch(url, { method: 'POST', headers: form, body: 'List-Unsubscribe=One-Click' })
  expect(clicked.status).toBe(200)
  // Somebody who signs up later gets both mails; by then hers would have gone out.
  await post('/signups', { id: 'dan', name: 'Dan', email: 'dan@example.com' })
  await printed(/Mail to dan@example\.com: Three tips for you/)
  expect(output.match(/Mail to ana@example\.com/g)).toHaveLength(1)
})

it('believes the webhooks of the Twilio account that it is given, and no others', async () => {
  const path = '/drumbeat/webhooks/twilio-3f9b7a52c1d8'
  const fields = { MessageSid: `SM${'a'.repeat(32)}`, SmsStatus: 'received', From: '+12125550100', Body: 'STOP' }
  const signed = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = signed.reduce((sum, [name, value]) => sum + name + value, base() + path)
  const signature = (token: string) => createHmac('sha1', token).update(text).digest('base64')
  const report = (token: string) =>
    post(path, new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature(token),
    })
  expect((await report('another token')).status).toBe(403)
  expect((await report('the auth token')).status).toBe(200)
})

it('the quickstart sends its mails for real through the mail catcher of the backend', async () => {
  const from = output.length
  const live = ['--live', `smtp://localhost:${smtpPort}`, '--to', 'you@example.com']
  const { stdout } = await promisify(execFile)(process.execPath, [...node('quickstart'), ...live])
  expect(stdout.match(/sent/g)).toHaveLength(5)
  await printed(/Mail to you@example\.com: Welcome, you/, from)
  await printed(/Mail to you@example\.com: Last call/, from)
})
