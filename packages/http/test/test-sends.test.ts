import { emailTemplate, smsTemplate } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { createClient } from '../src/client/index.js'
import { ana } from './campaign.js'
import { publicUrl, sign, stage } from './stage.js'

const me = 'me@acme.test'
const at = '/v1/templates/news/test-sends'

async function published(options: Parameters<typeof stage>[0] = {}) {
  const staged = stage(options)
  const { acme, channels } = staged
  await acme.templates.publish(
    'news',
    emailTemplate({
      subject: 'News for {{name | you}}',
      html: '<a href="https://acme.test/shop">Shop</a> <a href="{{unsubscribeUrl}}">No more</a> {{trigger.order | -}}',
    }),
  )
  await acme.contacts.upsert(ana)
  return { ...staged, email: channels[0] }
}

it('sends what is published, a version or a draft, filled in for a contact and what is given beside it', async () => {
  const { ask, acme, email } = await published()
  await acme.contacts.upsert({ id: 'named', attributes: { name: 'Ana' } })
  await acme.templates.publish('news', emailTemplate({ subject: 'Second', html: '<p>2</p>' }))
  const draft = { channel: 'email', content: { kind: 'email', subject: 'Draft {{name}}', html: '<p>3</p>' } }
  const bodies = [
    { to: me },
    { to: me, version: 1, contactId: 'named', trigger: { order: 7 } },
    { to: me, version: 1, contactId: 'named', attributes: { name: 'Zoe' }, mark: false },
    { to: me, draft, attributes: { name: 'Bo' } },
  ]
  for (const body of bodies) {
    const { status, json } = await ask('POST', at, { body })
    expect([status, json]).toEqual([
      200,
      { result: 'sent', ref: expect.stringMatching(/^tst_[0-9a-z]{8}$/), providerId: expect.any(String) },
    ])
  }
  const subjects = email.messages.map(({ content }) => content.kind === 'email' && content.subject)
  expect(subjects).toEqual(['[Test] Second', '[Test] News for Ana', 'News for Zoe', '[Test] Draft Bo'])
  expect((await ask('POST', '/v1/templates/unsaved/test-sends', { body: bodies[3] })).status).toBe(200)
  expect(JSON.stringify(email.messages[1]?.content)).toContain('"https://acme.test/shop\\"')
})

it('is written down with what became of it, and never with the address', async () => {
  const { ask, acme } = await published()
  const { json } = await ask('POST', at, { body: { to: me, contactId: 'ana' } })
  const [line] = await acme.auditLog()
  expect(line).toMatchObject({
    action: 'template.tested',
    subject: 'news',
    detail: { result: 'sent', ref: json.ref, isDraft: false },
  })
  expect(JSON.stringify(line)).not.toContain(me)
})

it('takes an editor, and of a key the scope templates:test', async () => {
  const { ask, keyFor, email } = await published()
  for (const [owner, status] of [
    [{ role: 'viewer' }, 403],
    [{ role: 'editor', scopes: ['templates:write'] }, 403],
    [{ role: 'editor', scopes: ['templates:test'] }, 200],
  ] as const) {
    expect((await ask('POST', at, { key: keyFor(owner), body: { to: me } })).status).toBe(status)
  }
  expect(email.messages).toHaveLength(1)
})

it('says what is wrong: with the address, the tokens, the workspace, the budget and the request', async () => {
  const { ask, acme, clock, email } = await published()
  const problem = async (body: object) => {
    const { status, json, headers } = await ask('POST', at, { body })
    return [status, json.code, headers.get('retry-after')]
  }
  const draft = { channel: 'email', content: { kind: 'email', subject: '{{name}}', html: '' } }
  expect(await problem({ to: 'nowhere' })).toEqual([422, 'configuration', null])
  expect(await problem({ to: me, draft })).toEqual([422, 'template', null])
  expect(await problem({ to: me, draft, version: 1 })).toEqual([422, 'invalid_input', null])
  expect(await problem({ to: me, contactId: 'nobody' })).toEqual([404, 'not_found', null])
  expect(await problem({ to: me, channel: 'fax' })).toEqual([422, 'configuration', null])
  await acme.contacts.suppress({ channel: 'email', address: me, reason: 'hard_bounce' })
  expect(await problem({ to: me })).toEqual([409, 'suppressed', null])
  await acme.emergencyStop()
  expect(await problem({ to: 'you@acme.test' })).toEqual([409, 'invalid_transition', null])
  await acme.resumeAfterStop()
  for (let test = 0; test < 50; test++) expect((await problem({ to: 'you@acme.test' }))[0]).toBe(200)
  clock.advance(60_000)
  expect(await problem({ to: 'you@acme.test' })).toEqual([429, 'over_budget', '3540'])
  expect(email.messages).toHaveLength(50)
})

it('tells of a refusal of the provider as a result', async () => {
  const { ask, email } = await published()
  Object.assign(email, { send: async () => ({ outcome: 'rejected', code: '550', reason: 'recipient' }) })
  const { status, json } = await ask('POST', at, { body: { to: me } })
  const refusal = { result: 'refused', outcome: 'rejected', code: '550', reason: 'recipient', retryAfterMs: null }
  expect([status, json]).toEqual([200, { ref: json.ref, ...refusal }])
})

it('has a link that shows that it is a test, and unsubscribes nobody, not even whom it was filled in for', async () => {
  const { ask, acme, email } = await published()
  await ask('POST', at, { body: { to: ana.addresses.email, contactId: 'ana' } })
  const header = email.messages[0]?.headers['List-Unsubscribe'] ?? ''
  const path = header.slice(1 + publicUrl.length, -1)
  expect(path).toMatch(/^\/u\//)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const body of ['List-Unsubscribe=One-Click', 'action=unsubscribe_all', 'action=save', 'action=resubscribe']) {
    const { status, text } = await ask('POST', path, { key: null, body, headers: form })
    expect([status, text]).toEqual([200, expect.stringContaining('unsubscribes nobody')])
  }
  const shown = await ask('GET', path, { key: null })
  expect([shown.status, shown.text]).toEqual([200, expect.stringContaining('unsubscribes nobody')])
  expect(shown.text).not.toContain('<form')
  const { suppressions, consents } = await acme.contacts.export('ana')
  expect([suppressions, consents]).toEqual([[], []])
})

it('takes reports on it and changes nothing, and takes the others of their request', async () => {
  const { ask, acme, drumbeat, clock, handle, errors } = await published()
  await acme.templates.publish('text', smsTemplate({ body: 'Hello' }))
  const { json } = await ask('POST', at, { body: { to: ana.addresses.email } })
  const facts = [{ kind: 'complained', at: clock.now() }]
  const reports = [
    { kind: 'facts', dedupeKey: '1', delivery: { deliveryRef: json.ref }, facts },
    { kind: 'facts', dedupeKey: '2', delivery: { providerId: `${json.ref}@acme.test` }, facts },
    { kind: 'inbound', dedupeKey: '3', message: { from: ana.addresses.email, text: 'STOP', at: clock.now() } },
  ]
  const url = `${publicUrl}/webhooks/account-of-email-1`
  const body = JSON.stringify(reports)
  const headers = { 'x-signature': sign('email key', url, body) }
  expect((await handle(new Request(url, { method: 'POST', body, headers }))).status).toBe(200)
  await drumbeat.tick()
  const { suppressions } = await acme.contacts.export('ana')
  expect(suppressions.map(({ reason }) => reason)).toEqual(['stop'])
  expect(errors).toEqual([])
})

it('has its method in the client', async () => {
  const { handle, keyFor, email } = await published()
  const fetch = (url: string | URL | Request, init?: RequestInit) => handle(new Request(url, init))
  const client = createClient({ baseUrl: publicUrl, key: keyFor({}), fetch })
  const sent = await client.sendTemplateTest({ params: { templateId: 'news' }, body: { to: me } })
  expect(sent.result === 'sent' && sent.providerId).toBe(email.messages[0]?.providerId)
})
