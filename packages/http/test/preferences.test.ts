import { defineSequence, emailTemplate, exit, send } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { createHttp, publicLinks } from '../src/index.js'
import { ana } from './campaign.js'
import { publicUrl, stage } from './stage.js'

/** Sends one mail to ana, and gives its unsubscribe link. */
async function mailed(topic?: string, options: Parameters<typeof stage>[0] = {}) {
  const staged = stage(options)
  const { acme, drumbeat, channels } = staged
  await acme.templates.publish(
    'news',
    emailTemplate({ subject: 'News', html: '<a href="{{unsubscribeUrl}}">No more</a>' }),
  )
  const campaign = await acme.campaigns.create({
    name: 'News',
    entry: { when: 'api', again: 'always' },
    exits: [{ when: { unsubscribed: true } }],
    sequence: defineSequence({
      start: 'news',
      steps: {
        news: send({ channel: 'email', template: 'news', ...(topic === undefined ? {} : { topic }), next: 'done' }),
        done: exit(),
      },
    }),
  })
  await acme.campaigns.activate(campaign.id)
  await acme.contacts.upsert(ana)
  const sendAgain = async () => {
    await acme.enroll(campaign.id, 'ana')
    await drumbeat.tick()
    await drumbeat.tick()
    return channels[0].messages.length
  }
  await sendAgain()
  const [mail] = channels[0].messages
  const header = mail?.headers['List-Unsubscribe'] ?? ''
  const path = header.slice(1 + publicUrl.length, -1)
  const post = (body = 'List-Unsubscribe=One-Click', at = path) =>
    staged.ask('POST', at, { key: null, body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  const suppressions = async () => (await acme.contacts.export('ana')).suppressions
  return { ...staged, campaign, mail, path, post, suppressions, sendAgain }
}

it('puts the link into the mail and its headers, for one click', async () => {
  const { mail, path } = await mailed()
  expect(mail?.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click')
  expect(JSON.stringify(mail?.content)).toContain(publicUrl + path)
  expect(path).toMatch(/^\/u\/[\w-]+\.[\w-]{22}$/)
})

it('shows a page on GET and changes nothing, however often scanners look', async () => {
  const { ask, path, suppressions, sendAgain } = await mailed()
  for (const method of ['GET', 'HEAD', 'GET']) expect((await ask(method, path, { key: null })).status).toBe(200)
  const { text, headers } = await ask('GET', path, { key: null })
  expect(text).toContain(
    '<form method="post"><button type="submit" name="action" value="unsubscribe">Unsubscribe</button>',
  )
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await suppressions()).toEqual([])
  expect(await sendAgain()).toBe(2)
})

it('unsubscribes on POST at once and over all campaigns, counts it, ends runs that say so, and once is enough', async () => {
  const { post, suppressions, sendAgain, acme, campaign, drumbeat, ask } = await mailed()
  await acme.enroll(campaign.id, 'ana', { at: '2026-03-06T12:00Z' })
  for (let copy = 0; copy < 3; copy++) {
    const { status, text, headers } = await post()
    expect([status, headers.get('location')]).toEqual([200, null])
    expect(text).toContain('You are unsubscribed.')
  }
  expect(await suppressions()).toMatchObject([
    { channel: 'email', address: 'ana@example.com', reason: 'unsubscribed', topic: null },
  ])
  await drumbeat.tick()
  expect((await acme.recipients(campaign.id)).at(-1)).toMatchObject({ status: 'exited', reason: 'unsubscribed' })
  expect(await sendAgain()).toBe(1)
  const counters = (await ask('GET', `/v1/campaigns/${campaign.id}/counters`)).json.items
  expect(counters).toContainEqual({ stepId: 'news', name: 'fact.unsubscribed', value: 1 })
  expect((await acme.auditLog()).filter(({ action }) => action === 'contact.unsubscribed')[0]).toMatchObject({
    actor: 'contact:ana',
    subject: 'ana',
  })
})

it('takes whatever a mail program posts for an unsubscribe', async () => {
  const { path, ask, suppressions } = await mailed()
  const body = '--x\r\ncontent-disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
  const headers = { 'content-type': 'multipart/form-data; boundary=x' }
  expect((await ask('POST', path, { key: null, body, headers })).status).toBe(200)
  expect(await suppressions()).toHaveLength(1)
})

it('closes only the topic that a link is about, unless asked for everything', async () => {
  const { post, suppressions, ask, path } = await mailed('weekly')
  expect((await ask('GET', path, { key: null })).text).toContain('about “weekly”')
  await post()
  expect(await suppressions()).toMatchObject([{ topic: 'weekly' }])
  await post('action=unsubscribe_all')
  expect(await suppressions()).toMatchObject([{ topic: 'weekly' }, { topic: null }])
})

it('lets people choose topics, and undo a mistake', async () => {
  const topics = [
    { id: 'weekly', name: 'The weekly <news>' },
    { id: 'offers', name: 'Offers' },
  ]
  const { post, ask, path, acme, suppressions, sendAgain, clock } = await mailed('weekly', {
    preferences: { topics: { email: topics } },
  })
  const { text } = await ask('GET', path, { key: null })
  expect(text).toContain('value="weekly" checked> The weekly &#60;news&#62;')
  const saved = await post('action=save&topic=offers&topic=nonsense')
  expect(saved.text).toContain('Your choice is saved.')
  expect(saved.text).toMatch(/value="weekly">.*value="offers" checked>/)
  expect((await acme.contacts.export('ana')).consents.map(({ topic, status }) => `${topic} ${status}`).sort()).toEqual([
    'offers granted',
    'weekly revoked',
  ])
  expect(await sendAgain()).toBe(1)
  clock.moveTo(clock.now() + 60_000)
  await post('action=save&topic=offers&topic=weekly')
  expect(await sendAgain()).toBe(2)
  expect((await post('action=unsubscribe')).text).toContain('name="action" value="resubscribe"')
  expect(await suppressions()).toHaveLength(1)
  expect((await post('action=resubscribe')).text).toContain('You are subscribed again.')
  expect(await suppressions()).toEqual([])
})

it('answers a broken link, a link of another purpose and one whose owner is gone alike, and changes nothing', async () => {
  const { ask, post, path, acme, drumbeat } = await mailed()
  const [, payload = '', mac = ''] = /^\/u\/([\w-]+)\.([\w-]+)$/.exec(path) ?? []
  const forged = btoa(JSON.stringify(['other', 'ana', 'email', 'dlv_00000000'])).replace(/=+$/, '')
  const elsewhere = publicLinks({ publicUrl, secret: 'another secret of the tests' })
  const request = { workspaceId: 'acme', contactId: 'ana', channel: 'email', topic: null, deliveryRef: 'dlv_00000000' }
  const open = publicLinks({ publicUrl, secret: 'a secret of the tests' }).openUrl({
    ...request,
    category: 'marketing',
  })
  const broken = [
    `/u/${payload}`,
    `/u/${payload}.${mac.slice(1)}A`,
    `/u/${forged}.${mac}`,
    elsewhere.unsubscribeUrl(request).slice(publicUrl.length),
    (open ?? '').slice(publicUrl.length).replace('/o/', '/u/'),
  ]
  await acme.contacts.erase('ana')
  await drumbeat.tick()
  const gone = await post()
  for (const at of broken) {
    const answer = await post(undefined, at)
    expect([answer.status, answer.text]).toEqual([404, gone.text])
    expect((await ask('GET', at, { key: null })).text).toBe(gone.text)
  }
})

it('believes links of an older secret, and of no other', async () => {
  const { drumbeat, path } = await mailed()
  const opens = async (secret: string | readonly string[]) => {
    const handle = createHttp({ drumbeat, publicUrl, secret, authorize: () => null })
    return (await handle(new Request(publicUrl + path))).status
  }
  expect(await opens(['a newer secret of the tests', 'a secret of the tests'])).toBe(200)
  expect(await opens('a newer secret of the tests')).toBe(404)
  await expect(opens('short')).rejects.toThrow('at least 16')
})

it('is drawn in the host’s own way, and in other words', async () => {
  const own = await mailed(undefined, { preferences: { page: ({ state, channel }) => `<p>${state} ${channel}</p>` } })
  expect((await own.post()).text).toBe('<p>unsubscribed email</p>')
  const texts = await mailed(undefined, { preferences: { texts: { title: 'Abo & mehr' }, language: 'de' } })
  expect((await texts.ask('GET', texts.path)).text).toContain('<html lang="de">')
  expect((await texts.ask('GET', texts.path)).text).toContain('<title>Abo &#38; mehr</title>')
})
