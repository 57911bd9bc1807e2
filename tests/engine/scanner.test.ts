import {
  createDrumbeat,
  defineSequence,
  emailTemplate,
  event,
  exit,
  inProcessQueue,
  type Queue,
  type SendOutcome,
  sandboxChannel,
  send,
} from '@drumbeat/core'
import { aMemory, aNewRun } from '@drumbeat/core/testing'
import { memoryStore } from '@drumbeat/store-memory'
import { expect, it } from 'vitest'

const workspaceId = 'acme'
const aMinute = 60_000

/** A queue that tells who asked to lead, and who does. */
function observedQueue() {
  const queue = inProcessQueue()
  const asked = new Set<string>()
  const leading = new Set<string>()
  const lead: Queue['lead'] = async (request) => {
    const leads = (await queue.lead?.(request)) ?? false
    if (request.forMs > 0) asked.add(request.engineId)
    if (leads) leading.add(request.engineId)
    return leads
  }
  return { queue: { ...queue, lead }, asked, leading }
}

it('the engine that leads looks for due runs and wakes another one, which would have looked a minute later', async () => {
  const store = memoryStore()
  const { queue, asked, leading } = observedQueue()
  const led = sandboxChannel({ name: 'email' })
  const shared = { store, queue, unsubscribeUrl: () => 'https://acme.test/bye' }
  let letGo: (outcome: SendOutcome) => void = () => {}
  const hangs = new Promise<SendOutcome>((resolve) => {
    letGo = resolve
  })
  let held = 0
  const leader = createDrumbeat({
    ...shared,
    engineId: 'leader',
    channels: [
      {
        ...led,
        send: () => {
          held++
          return hangs
        },
      },
    ],
    settings: { pollMs: 20, batchSize: 1 },
  })
  const other = createDrumbeat({
    ...shared,
    engineId: 'other',
    channels: [led],
    settings: { pollMs: aMinute, sweepMs: aMinute },
  })
  await store.open()
  const workspace = other.workspace(workspaceId)
  const mail = emailTemplate({ subject: 'Hi', html: '<a href="{{unsubscribeUrl}}">Bye</a>' })
  await workspace.templates.publish('mail', mail)
  const { id } = await workspace.campaigns.create({
    name: 'Led',
    entry: { on: event('in'), again: 'never' },
    sequence: defineSequence({
      start: 'mail',
      steps: { mail: send({ channel: 'email', template: 'mail', next: 'done' }), done: exit() },
    }),
  })
  await workspace.campaigns.activate(id)
  const ids = Array.from({ length: 6 }, (_, n) => `p${n}`)
  await workspace.contacts.import(
    ids.map((contactId) => ({ id: contactId, addresses: { email: `${contactId}@a.test` } })),
  )
  while ((await other.tick()).ingested > 0);
  try {
    // Who comes first leads.
    await leader.start()
    await expect.poll(() => [...leading]).toEqual(['leader'])
    await other.start()
    await other.tick()
    await expect.poll(() => [...asked]).toEqual(['leader', 'other'])
    // As when the hint of whoever began them was lost.
    const now = Date.now()
    const memory = aMemory({ base: now, since: now })
    const begin = { stepId: 'mail', enrolledAt: now, dueAt: now, visit: 0, memory } as const
    const runs = ids.map((contactId) => aNewRun({ workspaceId, id }, contactId, begin))
    await store.recipients.enroll({ runs, now })
    const begunAt = performance.now()
    // The leader has its hands full with what it took itself; all the rest goes out through the other one.
    await expect.poll(() => led.messages.length + held, { timeout: 15_000, interval: 10 }).toBe(ids.length)
    expect(held).toBeLessThanOrEqual(2)
    expect(led.messages.length).toBeGreaterThanOrEqual(ids.length - 2)
    expect([...leading]).toEqual(['leader'])
    expect(performance.now() - begunAt).toBeLessThan(aMinute / 3)
  } finally {
    letGo({ outcome: 'accepted', providerId: null })
    await leader.stop()
    await other.close()
  }
})
