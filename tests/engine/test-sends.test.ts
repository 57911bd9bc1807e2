import {
  type DeliveryReport,
  defineSequence,
  emailTemplate,
  event,
  exit,
  isTestRef,
  type JsonObject,
  type OutboundMessage,
  type SandboxAnswer,
  type SandboxChannel,
  type SandboxOptions,
  type SendContext,
  sandboxChannel,
  send,
  smsTemplate,
  type UnsubscribeRequest,
} from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { hour, once, type StageOptions, stage } from './stage.js'

const me = 'me@acme.test'
const minute = 60_000

/** A stage whose channel keeps what it sends, and a template that asks for all that a message can ask for. */
async function testing(options: StageOptions & { readonly email?: Partial<SandboxOptions> } = {}) {
  let email!: SandboxChannel
  const set = await stage({
    channel: (clock) => {
      email = sandboxChannel({ name: 'email', account: 'mail-account', clock, ...options.email })
      return email
    },
    ...options,
  })
  const { workspace } = set
  await workspace.configure({ variables: { company: 'Acme' } })
  await workspace.templates.publish('rich', {
    ...emailTemplate({
      subject: '{{name}}, {{workspace.company}} has order {{trigger.order}}',
      preheader: 'For {{name | you}}',
      html: '<p>{{name}} at {{contact.email}} ({{locale | ?}}) of {{plan | no plan}}</p><a href="https://acme.test/a?n={{name}}">A</a>',
      text: 'Hello {{name}}, {{> sign}}',
      layout: 'frame',
      partials: {
        frame: '<html><body>{{> content}}<a href="{{unsubscribeUrl}}">Bye</a></body></html>',
        'sign.text': 'your {{workspace.company}}',
      },
    }),
    fallbacks: { plan: 'any plan' },
  })
  return { ...set, email, templates: workspace.templates }
}

const contact = { id: 'ana', addresses: { email: 'ana@example.com' }, locale: 'de', attributes: { name: 'Ana & Bo' } }

describe('a test send', () => {
  it('is the message that a delivery would be, through the same channel', async () => {
    const { workspace, templates, drumbeat, email } = await testing()
    const { id } = await workspace.campaigns.create({
      name: 'Rich',
      entry: { on: event('ordered') },
      sequence: defineSequence({
        start: 'mail',
        steps: { mail: send({ channel: 'email', template: 'rich', next: 'done' }), done: exit() },
      }),
    })
    await workspace.campaigns.activate(id)
    await workspace.contacts.upsert(contact)
    const trigger = { order: '<7>' }
    await workspace.track({ contactId: 'ana', event: 'ordered', data: trigger })
    await drumbeat.tick()
    const [real] = email.messages
    if (real === undefined) throw new Error('No delivery went out.')

    const sent = await templates.sendTest('rich', { to: me, contact: 'ana', trigger, mark: false })
    expect(sent).toEqual({ result: 'sent', ref: expect.stringMatching(/^tst_/), providerId: 'sandbox-email-2' })
    const [, test] = email.messages
    const { deliveryRef, idempotencyKey, providerId, at, ...message } = real
    expect(test).toMatchObject({ ...message, to: me })
    expect(test?.deliveryRef).toBe(sent.ref)
    expect(test?.idempotencyKey).not.toBe(idempotencyKey)
    expect(isTestRef(deliveryRef)).toBe(false)
    await expect(workspace.delivery(sent.ref)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('says so in the subject of a mail, and in no other message', async () => {
    const { templates, email } = await testing()
    await templates.sendTest('mail', { to: me })
    expect(email.messages.map(({ content }) => content.kind === 'email' && content.subject)).toEqual(['[Test] Hi'])
    await templates.sendTest(smsTemplate({ body: 'Hello {{name | you}}' }), { to: 'Me@ACME.test', channel: 'email' })
    expect(email.messages[1]).toMatchObject({ to: 'Me@acme.test', content: { kind: 'text', body: 'Hello you' } })
  })

  it('takes a version or a draft, and anybody made up', async () => {
    const { templates, email } = await testing()
    await templates.publish('mail', emailTemplate({ subject: 'Second', html: '<p>2</p>' }))
    await templates.sendTest({ id: 'mail', version: 1 }, { to: me, mark: false })
    await templates.sendTest('mail', { to: me, mark: false })
    const draft = emailTemplate({ subject: 'Draft for {{name}}', html: '<p>{{contact.email}} {{contact.id}}</p>' })
    await templates.sendTest(draft, { to: me, contact: { attributes: { name: 'Zoe' } }, mark: false })
    const html = '<p>me@acme.test test</p>'
    expect(email.messages.map(({ content }) => content)).toMatchObject([
      { subject: 'Hi' },
      { subject: 'Second' },
      { subject: 'Draft for Zoe', html },
    ])
    expect((await templates.list()).map(({ templateId }) => templateId)).toEqual(['mail', 'rich'])
  })

  it('names every token that lacks a value, and uses up nothing of the budget then', async () => {
    const { templates, email } = await testing({ settings: { testSends: { budget: 1, windowMs: hour } } })
    const failing = templates.sendTest('rich', { to: me })
    await expect(failing).rejects.toMatchObject({ code: 'template' })
    await expect(failing).rejects.toThrow(/"\{\{name\}\}" in subject.*"\{\{trigger.order\}\}" in subject/)
    expect(email.messages).toEqual([])
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
  })

  it('refuses what is no address, no channel, no template, no contact and no data', async () => {
    const { templates, email } = await testing()
    const attempts = [
      [templates.sendTest('mail', { to: 'a@b.c, d@e.f' }), 'configuration'],
      [templates.sendTest('mail', { to: me, channel: 'fax' }), 'configuration'],
      [templates.sendTest('none', { to: me }), 'not_found'],
      [templates.sendTest({ id: 'mail', version: 9 }, { to: me }), 'not_found'],
      [templates.sendTest('mail', { to: me, contact: 'nobody' }), 'not_found'],
      [templates.sendTest(emailTemplate({ subject: '{{#open}}', html: '' }), { to: me }), 'template'],
      [
        templates.sendTest('mail', { to: me, trigger: JSON.parse('{ "__proto__": { "a": 1 } }') as JsonObject }),
        'sequence_invalid',
      ],
    ] as const
    for (const [attempt, code] of attempts) await expect(attempt).rejects.toMatchObject({ code })
    expect(email.messages).toEqual([])
  })

  it('does not go to an address that is closed, not even to that of somebody who was erased', async () => {
    const { templates, workspace, email } = await testing()
    await workspace.contacts.upsert({ id: 'mine', addresses: { email: me } })
    await workspace.contacts.suppress({ channel: 'email', address: me, reason: 'complaint' })
    const refusal = { code: 'conflict', kind: 'suppressed', message: expect.stringContaining('complaint') }
    await expect(templates.sendTest('mail', { to: 'ME@acme.test' })).rejects.toMatchObject(refusal)
    await workspace.contacts.erase('mine')
    await expect(templates.sendTest('mail', { to: me })).rejects.toMatchObject(refusal)
    expect(email.messages).toEqual([])
    expect(await templates.sendTest('mail', { to: 'you@acme.test' })).toMatchObject({ result: 'sent' })
  })

  it('carries an unsubscribe link that is nobody’s, whoever was chosen to fill it in', async () => {
    const asked: UnsubscribeRequest[] = []
    const unsubscribeUrl = (request: UnsubscribeRequest) => {
      asked.push(request)
      return `https://acme.test/u/${request.contactId}`
    }
    const { templates, workspace, email } = await testing({ unsubscribeUrl })
    await workspace.contacts.upsert(contact)
    const { ref } = await templates.sendTest('rich', { to: me, contact: 'ana', trigger: { order: 1 } })
    expect(asked).toEqual([{ workspaceId: 'acme', contactId: ref, channel: 'email', topic: null, deliveryRef: ref }])
    expect(email.messages[0]?.headers).toMatchObject({ 'List-Unsubscribe': `<https://acme.test/u/${ref}>` })
  })

  it('is not tracked', async () => {
    const tracking = { openUrl: () => 'https://acme.test/o', clickUrl: () => 'https://acme.test/c' }
    const { templates, email } = await testing({ tracking })
    await templates.sendTest('rich', { to: me, contact: { attributes: { name: 'Ana' } }, trigger: { order: 1 } })
    expect(JSON.stringify(email.messages)).not.toMatch(/acme\.test\/[oc]"/)
  })
})

describe('what becomes of a test send', () => {
  const outcomes: readonly (readonly [SandboxAnswer, object])[] = [
    ['accept', { result: 'sent', providerId: 'sandbox-email-1' }],
    [
      { outcome: 'rejected', code: '550', reason: 'recipient' },
      { result: 'refused', outcome: 'rejected', code: '550', reason: 'recipient', retryAfterMs: null },
    ],
    [
      { outcome: 'not_accepted', code: '429', retryAfterMs: 1500 },
      { result: 'refused', outcome: 'not_accepted', code: '429', reason: null, retryAfterMs: 1500 },
    ],
    [
      { outcome: 'blocked', code: '401' },
      { result: 'refused', outcome: 'blocked', code: '401', reason: null, retryAfterMs: null },
    ],
    ['accept_silently', { result: 'unknown', code: 'no_answer' }],
    [{ outcome: 'nonsense' } as never, { result: 'unknown', code: 'unreadable' }],
  ]

  it.each(outcomes)('is told as the channel says it: %j', async (answer, expected) => {
    const { templates } = await testing({ email: { answer: () => answer } })
    expect(await templates.sendTest('mail', { to: me })).toEqual({ ref: expect.any(String), ...expected })
  })

  it('is unknown when the channel throws, and when it does not answer in time', async () => {
    const failing = await testing({
      email: {
        answer: () => {
          throw new TypeError('away')
        },
      },
    })
    expect(await failing.templates.sendTest('mail', { to: me })).toMatchObject({ result: 'unknown', code: 'TypeError' })
    const slow = heldChannel()
    const { templates, clock } = await testing({ channel: () => slow })
    const sending = templates.sendTest('mail', { to: me })
    await slow.begun
    clock.advance(20_000)
    expect(await sending).toMatchObject({ result: 'unknown', code: 'timeout' })
  })

  it('changes nothing: no delivery, no counter, no suppression, and no report on it does', async () => {
    const rejected = { outcome: 'rejected', code: '21610', reason: 'opted_out' } as const
    const set = await testing({ email: { answer: () => rejected } })
    const { workspace, templates, campaign, drumbeat, failures } = set
    await workspace.contacts.upsert(contact)
    await drumbeat.tick()
    const everything = async () => [
      await workspace.contacts.export('ana'),
      await workspace.deliveries(campaign.id),
      await workspace.campaigns.counters(campaign.id),
      await workspace.auditLog(),
    ]
    const before = await everything()
    const { ref } = await templates.sendTest('mail', { to: contact.addresses.email })
    const facts = [
      { kind: 'hard_bounced', at: set.clock.now() },
      { kind: 'opened', at: set.clock.now() },
    ] as const
    const reports: readonly DeliveryReport[] = [
      { delivery: { deliveryRef: ref }, facts },
      { delivery: { channel: 'email', providerId: `${ref}@acme.test` }, facts },
    ]
    await workspace.report(reports)
    expect(await drumbeat.tick()).toMatchObject({ ingested: 0 })
    expect(await everything()).toEqual(before)
    expect(failures).toEqual([])
  })

  it('is told even when the Store is away by then', async () => {
    const { templates, store, failures } = await testing()
    once(store.control, 'finishTestSend', () => async () => {
      throw new Error('away')
    })
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
    expect(failures).toMatchObject([{ message: 'away' }])
  })
})

describe('what holds a test send', () => {
  it('a stop of the workspace, until it is resumed', async () => {
    const { templates, workspace, drumbeat, email } = await testing()
    await workspace.emergencyStop()
    await expect(templates.sendTest('mail', { to: me })).rejects.toMatchObject({ code: 'invalid_transition' })
    expect(await drumbeat.workspace('other').templates.sendTest(hello, { to: me })).toMatchObject({ result: 'sent' })
    await workspace.resumeAfterStop()
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
    expect(email.messages).toHaveLength(2)
  })

  it('a pause of its account, and not that of another', async () => {
    const { templates, store, clock } = await testing()
    const close = (ref: string) =>
      store.control.setGate({
        scope: { workspaceId: 'acme', kind: 'account', ref },
        closed: true,
        now: clock.now(),
      })
    await close('other')
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
    await close('mail-account')
    await expect(templates.sendTest('mail', { to: me })).rejects.toMatchObject({ code: 'invalid_transition' })
  })

  it('a stop that waits for its permit: it does not start once the stop has resolved', async () => {
    const held = heldChannel()
    const { templates, workspace, clock } = await testing({ channel: () => held })
    const sending = templates.sendTest('mail', { to: me })
    await held.begun
    let stopped = false
    const stopping = workspace.emergencyStop().then((report) => {
      stopped = true
      return report
    })
    for (let ms = 0; ms < 2_980; ms += 20) {
      clock.advance(20)
      await settled()
      expect(stopped).toBe(false)
    }
    clock.advance(60)
    expect(await stopping).toMatchObject({ inFlight: 1 })
    held.goOn()
    expect(await sending).toMatchObject({ result: 'refused', outcome: 'not_accepted', code: 'not_started' })
    expect(held.sent).toEqual([])
  })

  it('a budget of its workspace', async () => {
    const { templates, drumbeat, clock } = await testing({ settings: { testSends: { budget: 2, windowMs: hour } } })
    await templates.sendTest('mail', { to: me })
    clock.advance(10 * minute)
    await templates.sendTest('mail', { to: me })
    await expect(templates.sendTest('mail', { to: me })).rejects.toMatchObject({
      code: 'conflict',
      kind: 'over_budget',
      retryable: true,
      retryAfterMs: 50 * minute,
    })
    expect(await drumbeat.workspace('other').templates.sendTest(hello, { to: me })).toMatchObject({ result: 'sent' })
    clock.advance(50 * minute)
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
  })

  it('the rate of its account: it waits its turn, and gives up when that takes longer than a call may', async () => {
    const { templates, clock } = await testing({
      channel: (time) => ({ ...sandboxChannel({ name: 'email', clock: time }), rate: { units: 1, perMs: 5_000 } }),
    })
    expect(await templates.sendTest('mail', { to: me })).toMatchObject({ result: 'sent' })
    const second = templates.sendTest('mail', { to: me })
    await settled()
    clock.advance(10_000)
    expect(await second).toMatchObject({ result: 'sent' })
    const slow = await testing({
      channel: (time) => ({ ...sandboxChannel({ name: 'email', clock: time }), rate: { units: 1, perMs: 60_000 } }),
    })
    await slow.templates.sendTest('mail', { to: me })
    const late = await slow.templates.sendTest('mail', { to: me })
    expect(late).toMatchObject({ result: 'refused', outcome: 'not_accepted', code: 'rate', retryAfterMs: 120_000 })
  })
})

const hello = emailTemplate({ subject: 'Hello', html: '<p>Hello</p>' })

/** Lets everything go on that only waits for others of this process. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A channel that has a message in hand, and asks whether it may start only when it is told to go on. */
function heldChannel() {
  let [isBegun, goOn] = [() => {}, () => {}]
  const begun = new Promise<void>((resolve) => {
    isBegun = resolve
  })
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const sent: OutboundMessage[] = []
  return {
    ...sandboxChannel({ name: 'email' }),
    begun,
    goOn: () => goOn(),
    sent,
    async send(message: OutboundMessage, { assertMayStart }: SendContext) {
      isBegun()
      await gate
      assertMayStart()
      sent.push(message)
      return { outcome: 'accepted', providerId: null } as const
    },
  }
}
