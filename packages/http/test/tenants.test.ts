import { smsTemplate } from '@drumbeat/core'
import { expect, it } from 'vitest'
import { routes } from '../src/routes/index.js'
import { stage } from './stage.js'

const sequence = {
  schema: 1,
  start: 'canary-step',
  steps: {
    'canary-step': { kind: 'send', channel: 'sms', template: 'canary', next: 'done' },
    done: { kind: 'exit' },
  },
} as const

/** A valid body for each operation that takes one, so that nothing but the tenant can be the reason of a refusal. */
const bodies: Readonly<Record<string, unknown>> = {
  createCampaign: { name: 'Own', sequence },
  updateCampaign: { name: 'Taken over' },
  lintSequence: { sequence },
  simulateCampaign: { contacts: [{ id: 'x' }], from: '2026-03-06T12:00:00Z', days: 1 },
  enroll: { contactIds: ['canary'] },
  releaseRecipients: {},
  publishTemplate: { channel: 'sms', content: { kind: 'text', body: 'Own' } },
  restoreTemplate: { version: 1 },
  sendTemplateTest: { to: '+12125550100' },
  previewTemplate: { channel: 'sms', content: { kind: 'text', body: '{{name | nobody}}' } },
  upsertContact: { tags: ['own'] },
  recordConsent: { channel: 'sms', status: 'revoked', source: 'theft' },
  suppress: { channel: 'sms', address: '+12125550100' },
  unsuppress: { channel: 'sms', address: '+12125550100' },
  countAudience: {},
  searchContacts: {},
  trackEvent: { contactId: 'canary', event: 'canary.event' },
  trackEvents: { events: [{ contactId: 'canary', event: 'canary.event' }] },
  createWebhookEndpoint: { url: 'https://other.test/' },
  updateWebhookEndpoint: { enabled: false },
  enableWebhookEndpoint: { resend: true },
  updateSettings: { zone: 'Europe/Berlin' },
}

/** These make a thing of the caller's own under the id that they name. */
const makesItsOwn = ['upsertContact', 'publishTemplate']

it('refuses the ids of another workspace on every route, shows nothing of it, and changes nothing in it', async () => {
  const { ask, keyFor, acme, drumbeat, clock } = stage()
  await acme.templates.publish('canary', smsTemplate({ body: 'canary text' }))
  await acme.contacts.upsert({ id: 'canary', addresses: { sms: '+12125550100' }, attributes: { name: 'canary name' } })
  const { id } = await acme.campaigns.create(
    { name: 'canary campaign', entry: { when: 'api' }, sequence, category: 'transactional' },
    { id: 'canary-campaign' },
  )
  await acme.campaigns.activate(id)
  await acme.enroll(id, 'canary')
  await drumbeat.tick()
  await acme.campaigns.pause(id)
  await acme.campaigns.update(id, { description: 'canary' })
  const [run] = await acme.recipients(id)
  const [delivery] = await acme.deliveriesOf(run ?? { id: 0 })
  const { endpoint } = await acme.webhooks.create({ url: 'https://acme.test/canary' })
  const ids: Readonly<Record<string, string>> = {
    campaignId: id,
    contactId: 'canary',
    templateId: 'canary',
    endpointId: endpoint.id,
    deliveryRef: acme.refOf(delivery ?? { id: 0 }),
  }
  const everything = async () =>
    JSON.stringify([
      await acme.campaigns.list(),
      await acme.campaigns.versions(id),
      await acme.campaigns.counters(id),
      await acme.templates.history('canary'),
      await acme.contacts.export('canary', { eventNames: ['canary.event'] }),
      await acme.settings(),
      await acme.webhooks.list(),
      await acme.webhooks.attempts(endpoint.id),
      await acme.auditLog(),
    ])
  const before = await everything()
  expect(before).toContain('canary name')
  const key = keyFor({ workspaceId: 'other' })
  // What names something of acme's comes first: later there will be things of the other workspace under the same ids.
  const order = routes.filter(({ access }) => access !== 'open').sort((a, b) => rankOf(a) - rankOf(b))
  for (const { method, path, operation, ...route } of order) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '')
    const filled = path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? '')
    const query = operation === 'diffTemplate' ? '?from=1&to=1' : ''
    const body = 'streams' in route ? '' : 'body' in route ? (bodies[operation] ?? {}) : undefined
    const headers = { 'if-match': '*', ...('streams' in route ? { 'content-type': 'text/csv' } : {}) }
    const { status, text } = await ask(method, filled + query, { key, body, headers })
    const expected = names.length > 0 && !makesItsOwn.includes(operation) ? [404] : [200, 201, 202, 204]
    expect([operation, expected.includes(status) ? 'as expected' : `${status} ${text}`]).toEqual([
      operation,
      'as expected',
    ])
    expect([operation, text]).not.toEqual([operation, expect.stringMatching(/canary (name|text|campaign)/)])
  }
  clock.moveTo(clock.now() + 1000)
  await drumbeat.tick()
  expect(await everything()).toBe(before)
})

function rankOf({ operation, path }: { readonly operation: string; readonly path: string }): number {
  if (makesItsOwn.includes(operation)) return 2
  return path.includes(':') ? 0 : 1
}
