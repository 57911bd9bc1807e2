import { formatInstant, type SandboxMessage, toInstant, type Workspace } from '@drumbeat/core'
import { expect, it } from 'vitest'
import type { ScriptedHappening } from './script.js'
import { simulate } from './simulate.js'
import { begins, everything, person, type RealStage, realStage } from './test-workspace.js'

const zones = [
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'no/zone',
]
const contacts = [
  ...Array.from({ length: 24 }, (_, index) => person(`c${index}`, zones[index % zones.length] ?? 'UTC')),
  { ...person('nameless', 'Europe/Paris'), attributes: {} },
  { id: 'mail-only', zone: 'Asia/Tokyo', addresses: { email: 'mail-only@example.com' }, attributes: { name: 'Mo' } },
]

const script: readonly ScriptedHappening[] = [
  { at: '2026-03-06T14:00Z', contactId: 'c2', event: 'project.created' },
  ...contacts.map(({ id }, index) => ({
    at: `2026-03-06T${15 + (index % 7)}:${10 + index}:00Z`,
    contactId: id,
    event: 'trial.started',
    data: { n: index },
  })),
  { at: '2026-03-07T01:00Z', contactId: 'c3', event: 'project.created' },
  { at: '2026-03-07T02:00Z', contactId: 'c4', event: 'subscription.started' },
  { at: '2026-03-07T03:00Z', contactId: 'c5', suppress: { channel: 'sms' } },
  { at: '2026-03-07T03:00Z', contactId: 'c6', changes: { zone: 'Pacific/Auckland', attributes: { name: 'Sixth' } } },
  { at: '2026-03-09T18:30Z', contactId: 'c7', inbound: { channel: 'sms', text: 'Yes, please' } },
  { at: '2026-03-09T18:31Z', contactId: 'c8', inbound: { channel: 'sms', text: 'STOP' } },
  { at: '2026-03-09T18:32Z', contactId: 'c9', inbound: { channel: 'sms', text: 'I am away', automatic: true } },
  { at: '2026-03-09T20:00Z', contactId: 'c10', withdraw: true },
]

it('what a simulation sends is what the real engine then sends, to the minute, message for message', async () => {
  const points = (contactId: string) => (contactId.length === 2 ? 20 : 5)
  const stage = await realStage({
    webhooks: {
      call: async ({ body }) => ({ outcome: 'done', reply: { points: points(String(body.contactId)) } }),
    },
    actions: [{ name: 'crm.assign', run: async () => ({ outcome: 'done', reply: null, exit: 'busy' }) }],
  })
  const { id } = await stage.workspace.campaigns.create(everything)
  const simulated = await simulate(stage.workspace, id, {
    contacts,
    from: begins,
    days: 14,
    script,
    answers: {
      score: ({ contactId }) => ({ outcome: 'done', reply: { points: points(contactId) } }),
      assign: { outcome: 'done', reply: null, exit: 'busy' },
    },
  })

  await playForReal(stage, id)
  const deliveries = await stage.workspace.deliveries(id, { limit: 1000 })
  const sent = stage.channels
    .flatMap(({ messages }) => messages)
    .map((message) => {
      const delivery = deliveries.find(({ providerId }) => providerId === message.providerId)
      return shown({ ...message, contactId: delivery?.contactId ?? '?', stepId: delivery?.stepId ?? '?' })
    })
  expect(sent.length).toBeGreaterThan(60)
  expect(simulated.messages.map(shown).sort()).toEqual(sent.sort())
  expect(new Set(simulated.messages.map(({ stepId }) => stepId))).toEqual(
    new Set(['welcome', 'tips', 'nudge', 'offer-a', 'offer-b', 'later']),
  )

  const notSent = deliveries.filter(({ state }) => state !== 'sent').map(({ stepId, reason }) => `${stepId} ${reason}`)
  expect(
    simulated.notSent.flatMap(({ stepId, reason, count }) => Array(count).fill(`${stepId} ${reason}`)).sort(),
  ).toEqual(notSent.sort())
  expect(simulated.notSent.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['suppressed_manual', 'suppressed_stop', 'no_address', 'missing_token:name']),
  )
})

/** Plays the campaign for real, by the public API and without anything of the simulator. */
async function playForReal({ drumbeat, workspace, clock }: RealStage, campaignId: string): Promise<void> {
  const until = toInstant(begins, 'begins') + 14 * 24 * 60 * 60 * 1000
  await workspace.contacts.import(contacts)
  await workspace.campaigns.activate(campaignId)
  const ahead = script.map((one) => ({ one, at: toInstant(one.at, 'at') })).sort((a, b) => a.at - b.at)
  for (;;) {
    while ((ahead[0]?.at ?? Number.POSITIVE_INFINITY) <= clock.now())
      await happens(workspace, campaignId, ahead.shift()?.one)
    await drumbeat.tick()
    const next = Math.min(ahead[0]?.at ?? until + 1, (await drumbeat.nextDueAt()) ?? until + 1)
    if (next > until) return
    clock.moveTo(Math.max(next, clock.now()))
  }
}

async function happens(workspace: Workspace, campaignId: string, one: ScriptedHappening | undefined): Promise<void> {
  if (one === undefined) return
  const { contactId, at } = one
  const { sms = '' } = (await workspace.contacts.get(contactId)).addresses
  if ('event' in one) await workspace.track({ contactId, event: one.event, at, data: one.data ?? {} })
  if ('changes' in one) await workspace.contacts.upsert({ id: contactId, ...one.changes })
  if ('inbound' in one) await workspace.receive({ ...one.inbound, from: sms, at: toInstant(at, 'at') })
  if ('suppress' in one) await workspace.contacts.suppress({ channel: 'sms', address: sms })
  if ('withdraw' in one) await workspace.withdraw(campaignId, contactId)
}

function shown({ contactId, stepId, at, to, content }: SandboxMessage & { contactId: string; stepId: string }): string {
  const said = JSON.stringify(content).replaceAll(/https:\/\/(acme\.test\/bye|unsubscribe\.example)\/?/g, 'UNSUBSCRIBE')
  return `${contactId} ${stepId} ${formatInstant(at)} ${to} ${said}`
}
