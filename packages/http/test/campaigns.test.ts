import { simulate } from '@drumbeat/simulate'
import { expect, it } from 'vitest'
import { ana, welcome } from './campaign.js'
import { stage } from './stage.js'

const sequence = {
  schema: 1,
  start: 'hello',
  steps: {
    hello: { kind: 'send', channel: 'email', template: 'hello', next: 'done' },
    done: { kind: 'exit' },
  },
}
const draft = {
  name: 'Onboarding',
  audience: { attribute: 'plan', op: 'is', value: 'trial' },
  entry: { on: { event: 'trial.started' }, again: 'afterExit' },
  sequence,
  quietHours: { sms: '21:00-08:00' },
  exitOn: { event: 'subscription.started' },
  category: 'transactional',
}

it('creates a campaign and gives back what can be sent again', async () => {
  const { ask } = stage()
  const created = await ask('POST', '/v1/campaigns', { body: draft })
  expect(created.status).toBe(201)
  expect(created.headers.get('etag')).toBe('"r1"')
  expect(created.json).toMatchObject({
    name: 'Onboarding',
    status: 'draft',
    entry: { on: { event: 'trial.started' }, again: 'afterExit' },
    exits: [{ when: { condition: { event: 'subscription.started' } } }],
    rules: { sms: { quietHours: '21:00-08:00' } },
    createdAt: '2026-03-06T12:00:00Z',
    revision: 1,
  })
  const { name, audience, entry, exits, rules, caps, whenClosed, category, sequence } = created.json
  const again = { name, audience, entry, exits, rules, caps, whenClosed, category, sequence }
  const copy = await ask('POST', '/v1/campaigns', { body: again })
  expect(copy.json).toMatchObject(again)
})

it('gives back every kind of entry as it was written', async () => {
  const { ask } = stage()
  for (const entry of [
    { when: 'audience', again: 'never' },
    { on: { event: 'order.placed' }, key: 'order', again: 'always' },
    { at: '2026-04-01T09:00:00Z', again: 'never' },
    { date: 'birthday', offset: '-P1D', time: '09:00', yearly: true, again: 'always' },
  ]) {
    expect((await ask('POST', '/v1/campaigns', { body: { ...draft, entry } })).json.entry).toEqual(entry)
  }
})

it('names what is wrong with a campaign by its path', async () => {
  const { ask } = stage()
  const body = {
    ...draft,
    name: '',
    audience: { attribute: 'plan', op: 'is' },
    entry: { on: { tag: 'vip' } },
    caps: [{ max: 1, per: 'often', outside: 'skip' }],
    sequence: { ...sequence, steps: { hello: { kind: 'sned' } } },
    rules: { sms: { windows: [{ hours: '9-5' }] } },
  }
  const { status, json } = await ask('POST', '/v1/campaigns', { body })
  expect(status).toBe(422)
  const paths: string[] = json.issues.map(({ path }: { path: string[] }) => path.join('.'))
  for (const part of ['name', 'audience.value', 'caps.0.per', 'sequence.steps.hello.kind', 'rules.sms']) {
    expect(paths.some((path) => path.startsWith(part))).toBe(true)
  }
  expect(JSON.stringify(json.issues)).toContain('Did you mean')
})

it('changes a campaign only at the revision that was read', async () => {
  const { ask } = stage()
  const { json } = await ask('POST', '/v1/campaigns', { body: draft })
  const path = `/v1/campaigns/${json.id}`
  const body = { name: 'Welcome' }
  expect((await ask('PATCH', path, { body })).status).toBe(428)
  expect((await ask('PATCH', path, { body, headers: { 'if-match': 'W/"1"' } })).status).toBe(400)
  const changed = await ask('PATCH', path, { body, headers: { 'if-match': '"r1"' } })
  expect([changed.status, changed.json.name, changed.headers.get('etag')]).toEqual([200, 'Welcome', '"r2"'])
  expect(changed.json.entry).toEqual(draft.entry)
  const late = await ask('PATCH', path, { body: { name: 'Lost' }, headers: { 'if-match': '"r1"' } })
  expect([late.status, late.json.code]).toEqual([412, 'stale'])
  expect((await ask('POST', `${path}/archive`, { headers: { 'if-match': '"r1"' } })).status).toBe(412)
  expect((await ask('GET', path, { headers: { 'if-none-match': '"r2"' } })).status).toBe(304)
  expect((await ask('GET', path, { headers: { 'if-none-match': '"r1"' } })).status).toBe(200)
})

it('leads a campaign through its life, and says what may follow where something may not', async () => {
  const { ask, acme } = stage()
  await welcome(acme)
  const { json } = await ask('POST', '/v1/campaigns', { body: { ...draft, entry: { when: 'api' } } })
  const act = async (action: string, body?: unknown) => {
    const answer = await ask('POST', `/v1/campaigns/${json.id}/${action}`, { body })
    return answer.status === 200 ? (answer.json.status ?? 'ok') : `${answer.status} ${answer.json.detail}`
  }
  expect(await act('pause')).toContain('409 ')
  expect(await act('publish')).toBe('draft')
  expect(await act('activate', { at: '2026-03-07T09:00:00+01:00' })).toBe('scheduled')
  expect(await act('activate')).toBe('active')
  expect(await act('pause', { step: 'hello' })).toBe('active')
  expect(await act('resume', { step: 'hello' })).toBe('active')
  expect(await act('pause')).toBe('paused')
  expect(await act('resume', { policy: 'shift' })).toBe('active')
  expect(await act('finish')).toBe('active')
  expect(await act('stop')).toBe('ok')
  expect(await act('activate')).toContain('it is stopped, and what may follow is archived')
  expect(await act('archive')).toBe('archived')
  expect((await ask('DELETE', `/v1/campaigns/${json.id}`)).status).toBe(204)
  expect((await ask('GET', `/v1/campaigns/${json.id}`)).status).toBe(404)
  const log = (await acme.auditLog()).filter(({ subject }) => subject === json.id)
  expect(log.map(({ action }) => action)).toEqual([
    'campaign.deleted',
    'campaign.archived',
    'campaign.stopped',
    'campaign.finished',
    'campaign.resumed',
    'campaign.paused',
    'step.resumed',
    'step.paused',
    'campaign.activated',
    'campaign.scheduled',
    'campaign.published',
    'campaign.created',
  ])
  expect(new Set(log.map(({ actor }) => actor))).toEqual(new Set(['key:k1']))
})

it('lets an editor change drafts, and only a publisher what runs', async () => {
  const { ask, keyFor, acme } = stage()
  await welcome(acme)
  const key = keyFor({ role: 'editor' })
  const { json } = await ask('POST', '/v1/campaigns', { key, body: { ...draft, entry: { when: 'api' } } })
  const path = `/v1/campaigns/${json.id}`
  const headers = { 'if-match': '*' }
  expect((await ask('PATCH', path, { key, headers, body: { description: 'x' } })).status).toBe(200)
  expect((await ask('POST', `${path}/activate`, { key })).status).toBe(403)
  expect((await ask('POST', `${path}/activate`)).status).toBe(200)
  expect((await ask('PATCH', path, { key, headers, body: { description: 'y' } })).status).toBe(403)
  expect((await ask('PATCH', path, { headers, body: { description: 'y' } })).status).toBe(200)
})

it('shows what a publication would change, and what is wrong with it, saved or not', async () => {
  const { ask, acme } = stage()
  const { id } = await welcome(acme)
  const path = `/v1/campaigns/${id}`
  expect((await ask('GET', `${path}/diff`)).json).toMatchObject({ added: [], changed: [], sentences: [] })
  const { sequence } = (await ask('GET', path)).json
  const { nudge, ...steps } = sequence.steps
  const changed = { ...sequence, steps: { ...steps, nudge: { ...nudge, template: 'missing' } } }
  const issues = (await ask('POST', `${path}/lint`, { body: { sequence: changed } })).json.items
  expect(issues).toContainEqual(expect.objectContaining({ severity: 'error', path: expect.arrayContaining(['nudge']) }))
  expect(
    (await ask('GET', `${path}/lint`)).json.items.filter(({ severity }: { severity: string }) => severity === 'error'),
  ).toEqual([])
  await ask('PATCH', path, { headers: { 'if-match': '*' }, body: { sequence: changed } })
  expect((await ask('GET', `${path}/diff`)).json.sentences).toEqual([
    'Step "nudge": template was "nudge", is "missing".',
  ])
  const refused = await ask('POST', `${path}/publish`)
  expect([refused.status, refused.json.code]).toEqual([422, 'sequence_invalid'])
  await ask('PATCH', path, { headers: { 'if-match': '*' }, body: { sequence: { ...sequence, maxVisits: 3 } } })
  expect((await ask('POST', `${path}/publish`)).json.version).toBe(2)
  const versions = (await ask('GET', `${path}/versions`)).json.items
  expect(versions.map(({ version }: { version: number }) => version)).toEqual([2, 1])
  expect((await ask('GET', `${path}/diff?from=1&to=2`)).json.sentences).toEqual(['The sequence: maxVisits is now 3.'])
  expect((await ask('GET', `${path}/diff?from=1&to=9`)).status).toBe(404)
})

it('follows a contact: recipients, deliveries, counters, timeline, and why', async () => {
  const { ask, acme, drumbeat } = stage()
  const { id } = await welcome(acme)
  for (const contactId of ['ana', 'bea', 'cy']) await acme.contacts.upsert({ ...ana, id: contactId })
  await acme.enroll(id, ['ana', 'bea', 'cy'])
  await drumbeat.tick()
  const path = `/v1/campaigns/${id}`
  const first = (await ask('GET', `${path}/recipients?limit=2`)).json
  expect(first.items).toMatchObject([
    { contactId: 'ana', stepId: 'overnight', waitsFor: 'timer' },
    { contactId: 'bea' },
  ])
  const rest = (await ask('GET', `${path}/recipients?limit=2&live=true&cursor=${first.next}`)).json
  expect([rest.items.map(({ contactId }: { contactId: string }) => contactId), rest.next]).toEqual([['cy'], null])
  expect((await ask('GET', `${path}/recipients?cursor=YWJj`)).status).toBe(400)
  const deliveries = (await ask('GET', `${path}/deliveries?state=sent`)).json.items
  expect(deliveries).toHaveLength(3)
  expect((await ask('GET', `${path}/deliveries?state=failed`)).json.items).toEqual([])
  const one = await ask('GET', `/v1/deliveries/${deliveries[0].ref}`)
  expect(one.json).toMatchObject({ contactId: 'ana', state: 'sent', address: 'ana@example.com', templateId: 'hello' })
  const counters = (await ask('GET', `${path}/counters`)).json.items
  expect(counters).toContainEqual({ stepId: 'hello', name: 'delivery.sent', value: 3 })
  const why = (await ask('GET', `${path}/contacts/ana`)).json.items
  expect(why).toMatchObject([{ stepId: 'overnight', dueLocally: '2026-03-07T13:00+01:00', waitsFor: 'timer' }])
  expect((await ask('GET', `${path}/contacts/nobody`)).status).toBe(404)
  const timeline = (await ask('GET', '/v1/contacts/ana/timeline')).json
  expect(timeline).toMatchObject({ recipients: [{ campaignId: id }], deliveries: [{ stepId: 'hello' }] })
})

it('counts and shows an audience', async () => {
  const { ask, acme } = stage()
  const contacts = Array.from({ length: 1500 }, (_, index) => ({
    id: `c${index}`,
    attributes: { vip: index % 3 === 0 },
  }))
  await acme.contacts.import(contacts)
  const where = { attribute: 'vip', op: 'is', value: true }
  expect((await ask('POST', '/v1/audiences/count', { body: { where } })).json).toEqual({
    count: 500,
    isExact: true,
    countedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
  })
  expect((await ask('POST', '/v1/audiences/count', { body: {} })).json.count).toBe(1500)
  const page = (await ask('POST', '/v1/contacts/search', { body: { where, limit: 2 } })).json
  expect(page.items.map(({ id }: { id: string }) => id)).toEqual(['c0', 'c1002'])
  const next = (await ask('POST', '/v1/contacts/search', { body: { where, limit: 2, cursor: page.next } })).json
  expect(next.items).toHaveLength(2)
  expect((await ask('POST', '/v1/audiences/count', { body: { where: { drop: 'tables' } } })).status).toBe(422)
})

it('keeps versions of templates, compares, restores and previews them', async () => {
  const { ask } = stage()
  const text = (body: string) => ({ channel: 'sms', content: { kind: 'text', body } })
  const put = (body: string, note?: string) => ask('PUT', '/v1/templates/nudge', { body: { ...text(body), note } })
  expect((await put('One')).json).toMatchObject({ id: 'nudge', version: 1, author: 'key:k1' })
  expect((await put('One')).json.version).toBe(1)
  expect((await put('Two {{name}}', 'shorter')).json).toMatchObject({ version: 2, note: 'shorter' })
  expect((await put('{{#broken}}')).status).toBe(422)
  expect((await ask('GET', '/v1/templates/nudge?version=1')).json.content.body).toBe('One')
  expect((await ask('GET', '/v1/templates/nudge/diff?from=1&to=2')).json.items).toEqual([
    { field: 'body', before: 'One', after: 'Two {{name}}' },
  ])
  expect((await ask('POST', '/v1/templates/nudge/restore', { body: { version: 1 } })).json.version).toBe(3)
  expect((await ask('GET', '/v1/templates/nudge/versions')).json.items).toHaveLength(3)
  expect((await ask('GET', '/v1/templates')).json.items).toMatchObject([{ id: 'nudge', version: 3 }])
  expect((await ask('GET', '/v1/templates/nothing/versions')).status).toBe(404)
  const preview = async (given: object) =>
    (await ask('POST', '/v1/templates/preview', { body: { ...text('Hi {{name}}'), ...given } })).json
  expect(await preview({ attributes: { name: 'Ana' } })).toEqual({
    content: { kind: 'text', body: 'Hi Ana' },
    segments: 1,
    cost: { amount: 0.0079, currency: 'USD' },
    missing: [],
    unsafe: [],
  })
  expect(await preview({ content: { kind: 'text', body: 'x'.repeat(400) } })).toMatchObject({
    segments: 3,
    cost: { amount: 0.0237, currency: 'USD' },
  })
  const mail = { channel: 'email', content: { kind: 'email', subject: 'Hi', html: '<p>Hi</p>' } }
  expect(await preview(mail)).toMatchObject({ segments: null, cost: null })
  expect(await preview({})).toMatchObject({ content: null, missing: ['name'] })
})

it('plays a campaign by the simulation it is given, and says when it is given none', async () => {
  const { ask, acme } = stage({ simulate })
  const { id } = await welcome(acme)
  const body = {
    contacts: [ana],
    from: '2026-03-06T09:00:00Z',
    days: 3,
    script: [{ at: '2026-03-06T10:00:00Z', contactId: 'ana', event: 'x' }],
  }
  const { status, json } = await ask('POST', `/v1/campaigns/${id}/simulation`, { body })
  expect(status).toBe(200)
  expect(json).toMatchObject({ messages: [], segments: 0 })
  const audience = await acme.campaigns.create({
    ...(await acme.campaigns.get(id)),
    name: 'All',
    entry: { when: 'audience' },
  })
  const played = (await ask('POST', `/v1/campaigns/${audience.id}/simulation`, { body })).json
  expect(played.messages.map(({ at, channel }: { at: string; channel: string }) => `${at} ${channel}`)).toEqual([
    '2026-03-06T09:00:00Z email',
    '2026-03-07T09:00:00Z sms',
  ])
  expect(played.timelines.ana.map(({ kind }: { kind: string }) => kind)).toEqual([
    'entered',
    'sent',
    'happened',
    'sent',
    'ended',
  ])
  const bare = stage()
  const other = await welcome(bare.acme)
  expect((await bare.ask('POST', `/v1/campaigns/${other.id}/simulation`, { body })).status).toBe(501)
})

it('says what publishing would do, and where people stand, without doing it', async () => {
  const { ask, acme, drumbeat } = stage()
  const { id } = await welcome(acme)
  await acme.contacts.import([ana, { ...ana, id: 'ben' }])
  await acme.enroll(id, ['ana', 'ben'])
  await drumbeat.tick()
  const preview = async (body: object = {}) => (await ask('POST', `/v1/campaigns/${id}/publish-preview`, { body })).json
  const overnight = { version: 1, stepId: 'overnight', runs: 2, isStepGone: false }
  expect(await preview()).toMatchObject({ version: null, isAllowed: true, standing: [overnight], staying: 2 })
  const { sequence: before } = await acme.campaigns.get(id)
  const { overnight: _, hello, ...rest } = before.steps
  const shorter = { ...before, steps: { ...rest, hello: { ...hello, next: 'nudge' } } }
  const changed = await preview({ sequence: shorter })
  expect(changed).toMatchObject({
    version: 2,
    isAllowed: true,
    diff: { added: [], removed: ['overnight'], sentences: expect.any(Array) },
    standing: [{ ...overnight, isStepGone: true }],
    staying: 2,
  })
  const dangling = { ...before, steps: { ...rest, hello } }
  const blocked = await preview({ sequence: dangling })
  expect(blocked.isAllowed).toBe(false)
  expect(blocked.issues.map(({ code }: { code: string }) => code)).toContain('dangling_edge')
  expect((await acme.campaigns.get(id)).version).toBe(1)
  expect(await acme.campaigns.versions(id)).toHaveLength(1)
})

it('lets quarantined runs go on, of one contact or all, finds them by their status, and says who did it', async () => {
  const { ask, acme, drumbeat, keyFor } = stage()
  const { id } = await welcome(acme)
  await acme.contacts.import([ana, { ...ana, id: 'ben' }])
  await acme.enroll(id, ['ana', 'ben'])
  const release = (body: object, key?: string) =>
    ask('POST', `/v1/campaigns/${id}/release`, { body, ...(key === undefined ? {} : { key }) })
  expect((await release({}, keyFor({ role: 'editor' }))).status).toBe(403)
  expect((await release({})).json).toEqual({ released: 0 })
  const listed = async (status: string) =>
    (await ask('GET', `/v1/campaigns/${id}/recipients?status=${status}`)).json.items.map(
      ({ contactId }: { contactId: string }) => contactId,
    )
  expect([await listed('active'), await listed('quarantined')]).toEqual([['ana', 'ben'], []])
  expect((await ask('GET', `/v1/campaigns/${id}/recipients?status=lost`)).status).toBe(422)
  expect((await release({ contactId: 'ana' })).json).toEqual({ released: 0 })
  expect((await acme.auditLog())[0]).toMatchObject({
    action: 'recipients.released',
    subject: id,
    detail: { released: 0, contactId: 'ana' },
  })
  await acme.campaigns.stop(id)
  await drumbeat.tick()
  expect((await release({})).status).toBe(409)
})
