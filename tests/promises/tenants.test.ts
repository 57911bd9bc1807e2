import {
  defineSequence,
  type EventSender,
  exit,
  type Recipient,
  type SandboxMessage,
  send,
  smsTemplate,
  type Workspace,
  wait,
} from '@drumbeat/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stores } from '../acceptance/stores.js'
import { begins, type PromiseStage, person, promiseStage } from './stage.js'

/** What another tenant has, by the ids that a stranger might name. */
interface Theirs {
  readonly campaignId: string
  readonly endpointId: string
  readonly run: Recipient
  readonly message: SandboxMessage
  readonly ana: ReturnType<typeof person>
}

const sequence = defineSequence({
  start: 'mail',
  steps: {
    mail: send({ channel: 'email', template: 'secret', next: 'day' }),
    day: wait({ for: 'P1D', next: 'done' }),
    done: exit(),
  },
})
const ana = person('ana')
const { email = '', sms = '' } = ana.addresses as { readonly email: string; readonly sms: string }

/** How a method answers a stranger: it finds nothing, or it has to do with the stranger's own workspace alone. */
type Walk = (mine: Workspace, theirs: Theirs) => Promise<unknown>
const notFound = Symbol('not found')
const own = Symbol('own')
type Expected = typeof notFound | typeof own | { readonly answer: unknown }
const nothing: Expected = { answer: [] }

const campaign = (work: (campaigns: Workspace['campaigns'], id: string) => Promise<unknown>): Walk => {
  return (mine, { campaignId }) => work(mine.campaigns, campaignId)
}

const endpoint = (work: (webhooks: Workspace['webhooks'], id: string) => Promise<unknown>): Walk => {
  return (mine, { endpointId }) => work(mine.webhooks, endpointId)
}

/** Every public method, called with what belongs to somebody else. */
const walks: { readonly [method: string]: readonly [expected: Expected, walk: Walk] } = {
  'Workspace.settings': [own, (mine) => mine.settings()],
  'Workspace.configure': [own, (mine) => mine.configure({ zone: 'Asia/Tokyo' })],
  'Workspace.track': [own, (mine) => mine.track({ contactId: 'ana', event: 'left' })],
  'Workspace.trackAll': [own, (mine) => mine.trackAll([{ contactId: 'ana', event: 'visited' }])],
  'Workspace.release': [notFound, (mine, { campaignId }) => mine.release(campaignId, 'ana')],
  'Workspace.delivery': [notFound, (mine, { message: { deliveryRef } }) => mine.delivery(deliveryRef)],
  'Workspace.refOf': [own, async (mine, { run }) => mine.refOf(run)],
  'Workspace.record': [own, (mine) => mine.record({ action: 'looked', subject: 'ana' })],
  'Workspace.auditLog': [
    nothing,
    async (mine, { campaignId }) => (await mine.auditLog()).filter(({ subject }) => subject === campaignId),
  ],
  'Workspace.enroll': [notFound, (mine, { campaignId }) => mine.enroll(campaignId, 'ana')],
  'Workspace.withdraw': [{ answer: 0 }, (mine, { campaignId }) => mine.withdraw(campaignId, 'ana')],
  'Workspace.receive': [
    own,
    (mine) => mine.receive({ channel: 'sms', from: sms, text: 'STOP', at: Date.parse(begins) }),
  ],
  'Workspace.report': [
    own,
    (mine, { message: { deliveryRef, at } }) =>
      mine.report([{ delivery: { deliveryRef }, facts: [{ kind: 'hard_bounced', at }] }]),
  ],
  'Workspace.explain': [notFound, (mine, { campaignId }) => mine.explain({ campaignId, contactId: 'ana' })],
  'Workspace.recipients': [nothing, (mine, { campaignId }) => mine.recipients(campaignId)],
  'Workspace.deliveriesOf': [nothing, (mine, { run }) => mine.deliveriesOf(run)],
  'Workspace.deliveries': [nothing, (mine, { campaignId }) => mine.deliveries(campaignId)],
  'Workspace.emergencyStop': [own, (mine) => mine.emergencyStop()],
  'Workspace.resumeAfterStop': [own, (mine) => mine.resumeAfterStop()],
  'Campaigns.create': [
    own,
    (mine, { campaignId: id }) => mine.campaigns.create({ name: 'Mine', sequence }, { id: `${id}x` }),
  ],
  'Campaigns.get': [notFound, campaign((campaigns, id) => campaigns.get(id))],
  'Campaigns.list': [
    nothing,
    campaign(async (campaigns, id) => (await campaigns.list()).filter((one) => one.id === id)),
  ],
  'Campaigns.update': [notFound, campaign((campaigns, id) => campaigns.update(id, { name: 'Taken over' }))],
  'Campaigns.duplicate': [notFound, campaign((campaigns, id) => campaigns.duplicate(id))],
  'Campaigns.copyOf': [
    own,
    (mine) => mine.campaigns.create({ name: 'A', sequence }).then((source) => mine.campaigns.copyOf(source)),
  ],
  'Campaigns.versions': [notFound, campaign((campaigns, id) => campaigns.versions(id))],
  'Campaigns.lint': [notFound, campaign((campaigns, id) => campaigns.lint(id))],
  'Campaigns.previewPublish': [notFound, campaign((campaigns, id) => campaigns.previewPublish(id))],
  'Campaigns.publish': [notFound, campaign((campaigns, id) => campaigns.publish(id))],
  'Campaigns.activate': [notFound, campaign((campaigns, id) => campaigns.activate(id))],
  'Campaigns.finish': [notFound, campaign((campaigns, id) => campaigns.finish(id))],
  'Campaigns.pause': [notFound, campaign((campaigns, id) => campaigns.pause(id, { step: 'day' }))],
  'Campaigns.resume': [notFound, campaign((campaigns, id) => campaigns.resume(id, { step: 'day' }))],
  'Campaigns.stop': [notFound, campaign((campaigns, id) => campaigns.stop(id))],
  'Campaigns.archive': [notFound, campaign((campaigns, id) => campaigns.archive(id))],
  'Campaigns.delete': [notFound, campaign((campaigns, id) => campaigns.delete(id))],
  'Campaigns.counters': [nothing, campaign((campaigns, id) => campaigns.counters(id))],
  'Contacts.get': [notFound, (mine) => mine.contacts.get('ana')],
  'Contacts.list': [{ answer: { contacts: [], next: null } }, (mine) => mine.contacts.list()],
  'Contacts.count': [
    { answer: { count: 0, isExact: true, countedAt: expect.any(Number) } },
    (mine) => mine.contacts.count(),
  ],
  'Contacts.export': [
    { answer: { contact: null, consents: [], suppressions: [], runs: [], deliveries: [], events: [] } },
    (mine) => mine.contacts.export('ana', { eventNames: ['seen'] }),
  ],
  'Contacts.changed': [own, (mine) => mine.contacts.changed(['ana'])],
  'Contacts.consent': [
    own,
    (mine) => mine.contacts.consent('ana', { channel: 'email', status: 'revoked', source: 'stranger' }),
  ],
  'Contacts.suppress': [own, (mine) => mine.contacts.suppress({ channel: 'email', address: email })],
  'Contacts.unsuppress': [own, (mine) => mine.contacts.unsuppress({ channel: 'sms', address: sms })],
  'Contacts.import': [own, (mine) => mine.contacts.import([{ id: 'ana', attributes: { name: 'Stranger' } }])],
  'Contacts.upsert': [own, (mine) => mine.contacts.upsert({ id: 'ana', attributes: { name: 'Stranger' } })],
  'Contacts.erase': [own, (mine) => mine.contacts.erase('ana')],
  'Templates.get': [notFound, (mine) => mine.templates.get('secret')],
  'Templates.list': [
    nothing,
    async (mine) => (await mine.templates.list()).filter((one) => one.templateId === 'secret'),
  ],
  'Templates.history': [nothing, (mine) => mine.templates.history('secret')],
  'Templates.diff': [notFound, (mine) => mine.templates.diff('secret', 1, 2)],
  'Templates.restore': [notFound, (mine) => mine.templates.restore('secret', 1)],
  'Templates.sendTest': [notFound, (mine) => mine.templates.sendTest('secret', { to: email })],
  'Templates.publish': [own, (mine) => mine.templates.publish('secret', smsTemplate({ body: 'Mine' }))],
  'Templates.publishAll': [own, (mine) => mine.templates.publishAll({ secret: smsTemplate({ body: 'Mine too' }) })],
  'Webhooks.create': [own, (mine) => mine.webhooks.create({ url: 'https://stranger.test/' })],
  'Webhooks.list': [
    nothing,
    async (mine, { endpointId }) => (await mine.webhooks.list()).filter(({ id }) => id === endpointId),
  ],
  'Webhooks.get': [notFound, endpoint((webhooks, id) => webhooks.get(id))],
  'Webhooks.update': [notFound, endpoint((webhooks, id) => webhooks.update(id, { enabled: false }))],
  'Webhooks.enable': [notFound, endpoint((webhooks, id) => webhooks.enable(id, { resend: true }))],
  'Webhooks.delete': [notFound, endpoint((webhooks, id) => webhooks.delete(id))],
  'Webhooks.rotateSecret': [notFound, endpoint((webhooks, id) => webhooks.rotateSecret(id))],
  'Webhooks.test': [notFound, endpoint((webhooks, id) => webhooks.test(id))],
  'Webhooks.attempts': [notFound, endpoint((webhooks, id) => webhooks.attempts(id))],
  'Webhooks.backlog': [nothing, (mine) => mine.webhooks.backlog()],
}

/** Private to their class: no host can call them. */
const inside = [
  'Contacts.countInSource',
  'Contacts.countNow',
  'Campaigns.scopeOf',
  'Campaigns.change',
  'Campaigns.note',
]
const insideTemplates = ['Templates.versionOf', 'Templates.versionFrom']
const insideContacts = ['Contacts.change', 'Contacts.addressOf', 'Contacts.read']
const insideWebhooks = ['sender', 'read', 'save', 'withSecret', 'note'].map((name) => `Webhooks.${name}`)

function methodsOf(workspace: Workspace): readonly string[] {
  const faces = {
    Workspace: workspace,
    Campaigns: workspace.campaigns,
    Contacts: workspace.contacts,
    Templates: workspace.templates,
    Webhooks: workspace.webhooks,
  }
  return Object.entries(faces).flatMap(([face, object]) =>
    Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object)))
      .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
      .map(([name]) => `${face}.${name}`),
  )
}

/** Everything of a tenant that can be read. */
async function everythingOf(workspace: Workspace, { campaignId, run }: Theirs): Promise<unknown> {
  return {
    settings: await workspace.settings(),
    campaigns: await workspace.campaigns.list(),
    counters: await workspace.campaigns.counters(campaignId),
    explained: await workspace.explain({ campaignId, contactId: 'ana' }),
    runs: await workspace.recipients(campaignId),
    deliveries: await workspace.deliveriesOf(run),
    ana: await workspace.contacts.export('ana', { eventNames: ['seen', 'left', 'message.received'] }),
    templates: await workspace.templates.history('secret'),
    endpoints: await workspace.webhooks.list(),
    untold: await workspace.webhooks.backlog(),
  }
}

it('every public method of a workspace is walked with what belongs to another one', async () => {
  const { acme } = await promiseStage()
  expect([...Object.keys(walks), ...inside, ...insideTemplates, ...insideContacts, ...insideWebhooks].sort()).toEqual(
    [...methodsOf(acme)].sort(),
  )
})

describe.each(Object.entries(stores))('on %s a stranger', (_name, open) => {
  let stage: PromiseStage
  let theirs: Theirs
  let close: () => Promise<void>

  beforeAll(async () => {
    const opened = await open()
    close = opened.close
    const eventSender: EventSender = { problemWith: () => null, send: async () => ({ answer: 'taken', status: 204 }) }
    stage = await promiseStage({ store: opened.store, eventSender })
    const { acme, drumbeat } = stage
    await acme.templates.publish('secret', {
      channel: 'email',
      content: { kind: 'email', subject: 'One', html: '<p>1 {{unsubscribeUrl | -}}</p>' },
    })
    await acme.templates.publish('secret', {
      channel: 'email',
      content: { kind: 'email', subject: 'Two', html: '<p>2 {{unsubscribeUrl | -}}</p>' },
    })
    await acme.contacts.import([ana])
    await acme.contacts.suppress({ channel: 'sms', address: sms, reason: 'stop' })
    await acme.track({ contactId: 'ana', event: 'seen' })
    const campaignId = await stage.campaign(sequence)
    const { enrolled } = await acme.enroll(campaignId, 'ana')
    await drumbeat.tick()
    const { id: endpointId } = (await acme.webhooks.create({ url: 'https://acme.test/' })).endpoint
    theirs = {
      campaignId,
      endpointId,
      run: enrolled[0] as Recipient,
      message: stage.email.messages[0] as SandboxMessage,
      ana,
    }
  })
  afterAll(() => close())

  it.each(Object.entries(walks))('cannot read or change anything by %s', async (_method, [expected, walk]) => {
    const { acme, drumbeat } = stage
    const before = await everythingOf(acme, theirs)
    const answer = await walk(drumbeat.workspace('stranger'), theirs).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    if (expected === notFound) expect(answer).toMatchObject({ error: { code: 'not_found' } })
    else if (expected === own) expect(answer).not.toHaveProperty('error')
    else expect(answer).toEqual({ value: expected.answer })
    await drumbeat.tick()
    expect(await everythingOf(acme, theirs)).toEqual(before)
  })

  it('who stops everything of theirs stops nothing of anybody else', async () => {
    const { acme, drumbeat, email: channel } = stage
    await drumbeat.workspace('stranger').emergencyStop()
    await acme.contacts.import([person('bo')])
    await acme.enroll(theirs.campaignId, 'bo')
    await drumbeat.tick()
    expect(channel.messages.at(-1)?.to).toBe('bo@example.com')
  })
})
