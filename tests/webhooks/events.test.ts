import { defineSequence, exit, send, update } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { lines, webhookStage } from './stage.js'

const day = 24 * 60 * 60 * 1000
const url = 'https://crm.acme.test/events'

it('tells an endpoint what happens to a contact, in order, by ids and states alone', async () => {
  const { acme, campaignId, sender, play } = await webhookStage()
  await acme.webhooks.create({ url })
  await acme.campaigns.activate(campaignId)
  await acme.enroll(campaignId, 'ana')
  await play(2 * day)
  expect(lines(sender.taken.filter(({ data }) => data.contactId !== undefined))).toEqual([
    'recipient.entered ana',
    'delivery.sent ana',
    'recipient.ended ana',
  ])
  const [entered, sent, ended] = sender.taken.filter(({ data }) => data.contactId === 'ana')
  expect(entered).toMatchObject({
    url,
    id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
    timestamp: '2026-01-05T10:00:00Z',
    workspaceId: 'acme',
    data: { contactId: 'ana', campaignId, key: '', entryNo: 1, version: 1, status: 'active', stepId: 'mail' },
  })
  const [delivery] = await acme.deliveries(campaignId)
  expect(sent?.data).toMatchObject({
    deliveryRef: acme.refOf(delivery ?? { id: 0 }),
    channel: 'email',
    templateId: 'mail',
    templateVersion: 1,
    state: 'sent',
  })
  expect(ended?.data).toMatchObject({ status: 'completed', stepId: 'done' })
  expect(JSON.stringify(sender.requests)).not.toContain('example.com')
})

it('tells of reports once, however often and in whichever order they come, and of the address that they close', async () => {
  const { acme, campaignId, sender, drumbeat, email, clock } = await webhookStage()
  await acme.webhooks.create({ url, types: ['delivery.bounced', 'delivery.opened', 'suppression.recorded'] })
  await acme.campaigns.activate(campaignId)
  await acme.enroll(campaignId, 'ana')
  await drumbeat.tick()
  const deliveryRef = email.messages[0]?.deliveryRef ?? ''
  const report = (kind: 'opened' | 'machine_opened' | 'hard_bounced', dedupeKey: string) => ({
    delivery: { deliveryRef },
    facts: [{ kind, at: clock.now() + 1000 }],
    dedupeKey,
  })
  await acme.report([report('machine_opened', '1'), report('hard_bounced', '2'), report('hard_bounced', '3')])
  await drumbeat.tick()
  await acme.report([report('hard_bounced', '4'), report('opened', '5'), report('opened', '5')])
  await drumbeat.tick()
  expect(lines(sender.taken)).toEqual(['delivery.bounced ana', 'suppression.recorded ana', 'delivery.opened ana'])
  expect(sender.taken[0]?.data).toMatchObject({ bounce: 'hard', deliveryRef, state: 'sent' })
  expect(sender.taken[1]?.data).toEqual({ contactId: 'ana', channel: 'email', topic: null, reason: 'hard_bounce' })
})

it('tells of replies without what they say, of stop words, and of consents', async () => {
  const { acme, sender, drumbeat, clock } = await webhookStage()
  await acme.webhooks.create({ url })
  const message = { channel: 'email', from: 'ana@example.com', to: null, at: clock.now() }
  await acme.receive({ ...message, text: 'I am out of office', automatic: true })
  await acme.receive({ ...message, text: 'My number is 555-0100' })
  await acme.receive({ ...message, text: 'STOP' })
  await acme.receive({ ...message, from: 'nobody@example.com', text: 'STOP' })
  await acme.contacts.consent('ana', { channel: 'email', topic: 'news', status: 'granted', source: 'a form' })
  await acme.contacts.unsuppress({ channel: 'email', address: 'ana@example.com' })
  await drumbeat.tick()
  const told = sender.taken.map(({ type, data }) => ({ type, ...data }))
  const channel = 'email'
  expect(told).toEqual(
    expect.arrayContaining([
      { type: 'suppression.recorded', contactId: 'ana', channel, topic: null, reason: 'stop' },
      { type: 'suppression.recorded', contactId: null, channel, topic: null, reason: 'stop' },
      { type: 'consent.recorded', contactId: 'ana', channel, topic: 'news', status: 'granted' },
      { type: 'suppression.lifted', contactId: 'ana', channel, reasons: ['stop', 'unsubscribed'] },
      { type: 'reply.received', contactId: 'ana', channel, keyword: null },
      { type: 'reply.received', contactId: 'ana', channel, keyword: 'stop' },
    ]),
  )
  expect(told).toHaveLength(6)
  expect(JSON.stringify(sender.requests)).not.toMatch(/555-0100|example\.com/)
})

it('tells of messages that were skipped, refused or are unclear, and of people who leave', async () => {
  const sequence = defineSequence({
    start: 'first',
    steps: {
      first: send({ channel: 'email', template: 'mail', next: 'closed' }),
      closed: update({ suppress: ['email'], next: 'second' }),
      second: send({ channel: 'email', template: 'mail', next: 'done' }),
      done: exit('goal'),
    },
  })
  const { acme, campaignId, sender, play } = await webhookStage({
    sequence,
    people: ['ana', 'ben', 'cyd'],
    channel: {
      lookup: false,
      answer: ({ to }) =>
        to.startsWith('ana')
          ? { outcome: 'rejected', code: 'no_such_mailbox', reason: 'recipient' }
          : to.startsWith('ben')
            ? 'accept_silently'
            : 'accept',
    },
  })
  await acme.webhooks.create({ url })
  await acme.campaigns.activate(campaignId)
  await acme.enroll(campaignId, ['ana', 'ben', 'cyd'])
  await play(3 * day)
  const of = (contactId: string) =>
    sender.taken
      .filter(({ data }) => data.contactId === contactId)
      .map(({ type, data }) => `${type} ${data.reason ?? ''}`)
  expect(of('ana')).toEqual([
    'recipient.entered ',
    'delivery.failed no_such_mailbox',
    'suppression.recorded invalid',
    'suppression.recorded manual',
    'delivery.skipped suppressed_invalid',
    'recipient.ended goal',
  ])
  expect(of('cyd')).toContain('delivery.sent ')
  expect(of('ben').slice(0, 2)).toEqual(['recipient.entered ', expect.stringMatching(/^delivery\.unknown /)])
  expect(of('ben')).toContain('delivery.unresolved not_found_out')
})

it('tells of what becomes of a campaign, and of nothing else that is changed in it', async () => {
  const { acme, campaignId, sender, drumbeat } = await webhookStage()
  await acme.webhooks.create({ url })
  await acme.campaigns.update(campaignId, { description: 'Changed' })
  await acme.campaigns.activate(campaignId)
  await acme.campaigns.pause(campaignId)
  await acme.campaigns.resume(campaignId)
  await acme.campaigns.stop(campaignId)
  await acme.campaigns.archive(campaignId)
  await drumbeat.tick()
  expect(sender.taken.map(({ type, data }) => `${type} from ${data.from}`)).toEqual([
    'campaign.activated from draft',
    'campaign.paused from active',
    'campaign.resumed from paused',
    'campaign.stopping from active',
    'campaign.stopped from stopping',
    'campaign.archived from stopped',
  ])
})

it('tells a host also during an emergency stop: that sends nobody a message', async () => {
  const { acme, campaignId, sender, drumbeat } = await webhookStage()
  await acme.webhooks.create({ url })
  await acme.campaigns.activate(campaignId)
  await acme.enroll(campaignId, 'ana')
  await acme.emergencyStop()
  await drumbeat.tick()
  expect(lines(sender.taken)).toContain('recipient.entered ana')
  expect(lines(sender.taken)).not.toContain('delivery.sent ana')
})
