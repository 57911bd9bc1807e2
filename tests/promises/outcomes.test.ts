import {
  createDrumbeat,
  defineSequence,
  exit,
  type Queue,
  sandboxChannel,
  send,
  VirtualClock,
  wait,
} from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { expect, it } from 'vitest'
import { begins, person, promiseStage } from './stage.js'

const sequence = defineSequence({
  start: 'one',
  steps: {
    one: send({ channel: 'email', template: 'mail', next: 'hour' }),
    hour: wait({ for: 'PT1H', next: 'two' }),
    two: send({ channel: 'email', template: 'mail', next: 'done' }),
    done: exit(),
  },
})
const people = Array.from({ length: 40 }, (_, index) => person(`p${index}`))

/** A number in [0, 1) that depends on nothing but its seed and how often it was asked for. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}

it.each([1, 2, 3, 4, 5, 6])(
  'whatever a provider answers (seed %i), nothing is accepted twice, nothing is lost, and what is not known is said',
  async (seed) => {
    const random = randomFrom(seed)
    const accepted: string[] = []
    const calls = new Map<string, number>()
    const stage = await promiseStage({
      email: {
        // Whether it took a silent message can be asked of it only half of the time.
        lookup: seed % 2 === 0,
        answer: (_message, { deliveryRef }) => {
          calls.set(deliveryRef, (calls.get(deliveryRef) ?? 0) + 1)
          const drawn = random()
          if (drawn < 0.2) return { outcome: 'not_accepted', code: '429', retryAfterMs: null }
          if (drawn < 0.3) return { outcome: 'rejected', code: 'unknown_user' }
          if (drawn < 0.4) return { outcome: 'unknown', code: 'reset' }
          accepted.push(deliveryRef)
          return drawn < 0.5 ? 'accept_silently' : 'accept'
        },
      },
    })
    const campaignId = await stage.campaign(sequence)
    await stage.acme.contacts.import(people)
    await stage.acme.enroll(
      campaignId,
      people.map(({ id }) => id),
    )
    await stage.playTo('2026-03-10T00:00Z')

    expect(new Set(accepted).size).toBe(accepted.length)
    const deliveries = await stage.acme.deliveries(campaignId, { limit: 1000 })
    expect(deliveries).toHaveLength(people.length * 2)
    expect(deliveries.filter(({ state }) => !['sent', 'failed', 'unresolved'].includes(state))).toEqual([])
    // Sent is said only of what was accepted, and of nothing accepted it is said that it was not.
    const sent = deliveries.filter(({ state }) => state === 'sent').length
    const unresolved = deliveries.filter(({ state }) => state === 'unresolved').length
    expect(sent).toBeLessThanOrEqual(accepted.length)
    expect(sent + unresolved).toBeGreaterThanOrEqual(accepted.length)
    expect(deliveries.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(
      [...calls.values()].reduce((a, b) => a + b, 0),
    )
    const runs = await stage.acme.recipients(campaignId, { limit: 1000 })
    expect(runs.map(({ status }) => status)).toEqual(people.map(() => 'completed'))
    const counters = await stage.acme.campaigns.counters(campaignId)
    const counted = counters
      .filter(({ name }) => name === 'delivery.unresolved')
      .reduce((sum, { value }) => sum + value, 0)
    expect(counted).toBe(unresolved)
  },
)

it('an account that is blocked during a retry burns no attempt', async () => {
  let answers = 0
  const stage = await promiseStage({
    settings: { retry: { maxAttempts: 2, firstMs: 1000, longestMs: 1000 } },
    email: {
      answer: () => {
        answers++
        if (answers === 1) return { outcome: 'not_accepted', code: '429', retryAfterMs: null }
        return answers < 6 ? { outcome: 'blocked', code: '401' } : 'accept'
      },
    },
  })
  const campaignId = await stage.campaign(sequence)
  await stage.acme.contacts.import([person('ana')])
  await stage.acme.enroll(campaignId, 'ana')
  await stage.playTo('2026-03-06T15:59Z')
  const [delivery] = await stage.acme.deliveries(campaignId)
  expect(delivery).toMatchObject({ state: 'sent', attempts: 2 })
  expect(stage.email.messages).toHaveLength(1)
})

it('a queue that loses every hint, or is not there at all, costs nothing but time', async () => {
  const clock = new VirtualClock(begins)
  const email = sandboxChannel({ name: 'email', clock })
  const gone = () => Promise.reject(new Error('connect ECONNREFUSED'))
  const queue: Queue = {
    push: gone,
    subscribe: async () => async () => {},
    waiting: async () => 0,
    close: async () => {},
  }
  const drumbeat = createDrumbeat({ store: memoryStore(), channels: [email], clock, queue })
  const acme = drumbeat.workspace('acme')
  await acme.templates.publish('mail', {
    channel: 'email',
    content: { kind: 'email', subject: 'Hi', html: '<p>Hi {{unsubscribeUrl | -}}</p>' },
  })
  const { id } = await acme.campaigns.create({ name: 'Without hints', sequence })
  await acme.contacts.import(people)
  await acme.campaigns.activate(id)
  await acme.track({ contactId: 'p0', event: 'seen' })
  for (let next: number | null = clock.now(); next !== null; next = await drumbeat.nextDueAt()) {
    clock.moveTo(Math.max(next, clock.now()))
    await drumbeat.tick()
  }
  expect(email.messages).toHaveLength(people.length * 2)
})
