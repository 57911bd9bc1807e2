import { expect, it } from 'vitest'
import { createHttp } from '../src/index.js'
import { ana, welcome } from './campaign.js'
import { publicUrl, sign, stage } from './stage.js'

/** A run of ana's whose mail has gone out. */
async function sent() {
  const staged = stage()
  const { acme, drumbeat, channels } = staged
  const campaign = await welcome(acme)
  await acme.contacts.upsert(ana)
  await acme.enroll(campaign.id, 'ana')
  await drumbeat.tick()
  const [mail] = channels[0].messages
  if (mail === undefined) throw new Error('no mail went out')
  const facts = async () => (await acme.delivery(mail.deliveryRef)).facts
  return { ...staged, campaign, mail, facts }
}

const opened = (deliveryRef: string, at = 1) => ({
  kind: 'facts',
  dedupeKey: `open-${at}`,
  delivery: { deliveryRef },
  facts: [{ kind: 'opened', at: Date.parse('2026-03-06T12:00Z') + at }],
})

it('takes a signed report in once, however often it comes, by our reference or the provider’s id', async () => {
  const { report, drumbeat, mail, facts, acme, campaign } = await sent()
  for (let copy = 0; copy < 3; copy++) {
    const { status, headers, text } = await report('account-of-email-1', [opened(mail.deliveryRef, 5)])
    expect([status, headers.get('content-type'), text]).toEqual([200, 'text/xml', '<Response/>'])
  }
  const byProvider = { ...opened('', 3), delivery: { providerId: mail.providerId } }
  expect((await report('account-of-email-1', [byProvider])).status).toBe(200)
  await drumbeat.tick()
  expect(await facts()).toMatchObject({ opened: Date.parse('2026-03-06T12:00Z') + 3 })
  const counters = await acme.campaigns.counters(campaign.id)
  expect(counters).toContainEqual({ stepId: 'hello', name: 'fact.opened', value: 1 })
})

it('believes nothing unsigned, forged, signed for another account, or sent to an account that is not there', async () => {
  const { report, ask, drumbeat, mail, facts } = await sent()
  const events = [opened(mail.deliveryRef)]
  const bytes = JSON.stringify(events)
  expect((await ask('POST', '/webhooks/account-of-email-1', { key: null, body: events })).status).toBe(403)
  expect((await report('account-of-email-1', events, { signature: 'f00d' })).status).toBe(403)
  expect((await report('account-of-email-1', events, { signingKey: 'an old key' })).status).toBe(403)
  expect((await report('other-account-email', events, { signingKey: 'email key' })).status).toBe(403)
  const elsewhere = sign('email key', `${publicUrl}/webhooks/account-of-email-1`, bytes)
  expect((await report('account-of-sms-0001', bytes, { signature: elsewhere })).status).toBe(403)
  expect((await report('no-such-account-00', events)).status).toBe(404)
  expect((await report('__proto__', events)).status).toBe(404)
  // The other account's own signature is good, but the delivery is not its workspace's.
  expect((await report('other-account-email', events, { signingKey: 'key of the other account' })).status).toBe(200)
  await drumbeat.tick()
  expect(await facts()).not.toHaveProperty('opened')
})

it('takes the good events of a batch in which one names a delivery that is not ours', async () => {
  const { report, drumbeat, mail, facts } = await sent()
  const { status } = await report('account-of-email-1', [
    { ...opened('dlv_nonsense!'), dedupeKey: 'x' },
    opened(mail.deliveryRef),
  ])
  expect(status).toBe(200)
  await drumbeat.tick()
  expect(await facts()).toHaveProperty('opened')
})

it('closes an address at a stop word, opens it at a start word, and lets no late copy undo what came after', async () => {
  const { report, acme, clock } = await sent()
  const says = (id: string, text: string) => [
    { kind: 'inbound', dedupeKey: id, message: { from: '+12125550100', to: '+15005550006', text, at: clock.now() } },
  ]
  const suppressions = async () => (await acme.contacts.export('ana')).suppressions.map(({ reason }) => reason)
  const [stop, start, again] = [says('m1', 'STOP'), says('m2', 'START'), says('m3', 'Stop')]
  await report('account-of-sms-0001', stop)
  expect(await suppressions()).toEqual(['stop'])
  await report('account-of-sms-0001', start)
  expect(await suppressions()).toEqual([])
  await report('account-of-sms-0001', stop)
  expect(await suppressions()).toEqual([])
  await report('account-of-sms-0001', again)
  await report('account-of-sms-0001', start)
  expect(await suppressions()).toEqual(['stop'])
})

it('lets no late copy of a start or stop word change an address again, also one that is nobody’s', async () => {
  const { report, acme, clock } = await sent()
  const says = (id: string, text: string) =>
    report('account-of-sms-0001', [
      { kind: 'inbound', dedupeKey: id, message: { from: '+12125550199', to: '+15005550006', text, at: clock.now() } },
    ])
  await says('m1', 'STOP')
  await says('m2', 'START')
  await says('m3', 'STOP')
  await says('m2', 'START')
  await acme.contacts.import([{ ...ana, id: 'ben', addresses: { sms: '+12125550199' } }])
  expect((await acme.contacts.export('ben')).suppressions).toMatchObject([{ reason: 'stop' }])
  await says('m4', 'START')
  await says('m3', 'STOP')
  expect((await acme.contacts.export('ben')).suppressions).toEqual([])
})

it('suppresses an address that bounced, over all campaigns, before the message that is scheduled already', async () => {
  const { report, acme, drumbeat, mail, clock, channels } = await sent()
  await acme.enroll((await welcome(acme, 'Another')).id, 'ana', { at: '2026-03-06T12:00Z' })
  const bounced = { ...opened(mail.deliveryRef), dedupeKey: 'b', facts: [{ kind: 'hard_bounced', at: clock.now() }] }
  await report('account-of-email-1', [bounced])
  await drumbeat.tick()
  await drumbeat.tick()
  expect(channels[0].messages).toHaveLength(1)
  expect((await acme.contacts.export('ana')).suppressions).toMatchObject([{ channel: 'email', reason: 'hard_bounce' }])
})

it('refuses accounts that can be guessed, and channels that cannot verify', () => {
  const { drumbeat, channels } = stage()
  const wire = (accountId: string, channel: (typeof channels)[number] | Omit<(typeof channels)[number], 'verify'>) =>
    createHttp({
      drumbeat,
      publicUrl,
      authorize: () => null,
      webhooks: { [accountId]: { workspaceId: 'acme', channel } },
    })
  expect(() => wire('1', channels[0])).toThrow('cannot be guessed')
  const { verify: _, ...mute } = channels[0]
  expect(() => wire('an-id-of-16-letters', mute)).toThrow('has no verify() and parse()')
})
