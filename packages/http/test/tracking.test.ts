import type { Content } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { ana, welcome } from './campaign.js'
import { publicUrl, stage } from './stage.js'

const person = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15'

/** The kinds of reports, but for what the provider's answer says. */
const noticed = (facts: object) =>
  Object.keys(facts)
    .filter((kind) => kind !== 'accepted')
    .sort()
const htmlOf = (content: Content | undefined) => (content?.kind === 'email' ? content.html : '')

/** Sends a mail to ana, and gives the paths of its image and its link. */
async function mailed() {
  const staged = stage()
  const { acme, drumbeat, channels, clock } = staged
  const campaign = await welcome(acme)
  await acme.contacts.upsert(ana)
  await acme.enroll(campaign.id, 'ana')
  await drumbeat.tick()
  const [mail] = channels[0].messages
  const html = htmlOf(mail?.content)
  const pathOf = (kind: string) => new RegExp(`${publicUrl}(/${kind}/[\\w.-]+)`).exec(html)?.[1] ?? ''
  clock.moveTo('2026-03-06T12:01Z')
  const visit = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    staged.ask(method, path, { key: null, headers: { 'user-agent': person, ...headers } })
  const facts = async () => {
    await drumbeat.tick()
    const { facts } = await acme.delivery(mail?.deliveryRef ?? '')
    return noticed(facts)
  }
  return { ...staged, campaign, mail, html, image: pathOf('o'), link: pathOf('c'), visit, facts }
}

it('notices an open, once, and answers with the image whatever the token', async () => {
  const { image, visit, facts, acme, campaign } = await mailed()
  for (let copy = 0; copy < 3; copy++) {
    const { status, headers } = await visit(image)
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'image/gif',
      'no-store, private',
    ])
  }
  expect(await facts()).toEqual(['opened'])
  expect(await acme.campaigns.counters(campaign.id)).toContainEqual({ stepId: 'hello', name: 'fact.opened', value: 1 })
  expect((await visit('/o/nonsense')).status).toBe(200)
})

it('leads to the link of the template, and notices the click', async () => {
  const { link, html, visit, facts } = await mailed()
  expect(html).not.toContain('https://acme.test/start')
  const { status, headers } = await visit(link)
  expect([status, headers.get('location')]).toEqual([302, 'https://acme.test/start'])
  expect(await facts()).toEqual(['clicked'])
})

it('leads nowhere that a request asks for', async () => {
  const { link, image, visit, facts } = await mailed()
  const [, payload = '', mac = ''] = /^\/c\/([\w-]+)\.([\w-]+)$/.exec(link) ?? []
  const parts = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as string[]
  const forged = btoa(JSON.stringify([...parts.slice(0, 4), 'https://evil.test'])).replace(/=+$/, '')
  expect((await visit(`/c/${forged}.${mac}`)).status).toBe(404)
  expect((await visit(image.replace('/o/', '/c/'))).status).toBe(404)
  expect((await visit(`${link}?url=https://evil.test`)).headers.get('location')).toBe('https://acme.test/start')
  expect(await facts()).toEqual(['clicked'])
})

it('keeps what machines do apart from what people do', async () => {
  const { image, link, visit, facts, acme, campaign } = await mailed()
  await visit(image, { 'user-agent': 'Mozilla/5.0' })
  await visit(link, { 'user-agent': 'Barracuda Sentinel (EE)' })
  await visit(link, {}, 'HEAD')
  await visit(image, { 'sec-purpose': 'prefetch' })
  expect(await facts()).toEqual(['machine_clicked', 'machine_opened'])
  await visit(image, {
    'user-agent': 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  })
  await visit(link)
  expect(await facts()).toEqual(['clicked', 'machine_clicked', 'machine_opened', 'opened'])
  expect(await acme.campaigns.counters(campaign.id)).toContainEqual({
    stepId: 'hello',
    name: 'fact.machine_clicked',
    value: 1,
  })
})

it('takes nobody for a person who is quicker than one', async () => {
  const { link, visit, facts, clock, acme, drumbeat, campaign, channels } = await mailed()
  await visit(link)
  await acme.withdraw(campaign.id, 'ana')
  await acme.enroll(campaign.id, 'ana')
  await drumbeat.tick()
  const second = channels[0].messages[1]
  const path = new RegExp(`${publicUrl}(/c/[\\w.-]+)`).exec(htmlOf(second?.content))?.[1] ?? ''
  clock.moveTo(clock.now() + 3000)
  await visit(path)
  await drumbeat.tick()
  expect(noticed((await acme.delivery(second?.deliveryRef ?? '')).facts)).toEqual(['machine_clicked'])
  expect(await facts()).toEqual(['clicked'])
})

it('still leads to the link, and gives the image, when the delivery is gone', async () => {
  const { link, image, visit, acme, campaign, errors } = await mailed()
  await acme.campaigns.stop(campaign.id)
  await acme.campaigns.archive(campaign.id)
  await acme.campaigns.delete(campaign.id)
  expect((await visit(link)).headers.get('location')).toBe('https://acme.test/start')
  expect((await visit(image)).status).toBe(200)
  expect(errors).toEqual([])
})
