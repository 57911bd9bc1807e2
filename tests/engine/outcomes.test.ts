import {
  type Channel,
  defineSequence,
  emailTemplate,
  event,
  exit,
  interrupt,
  type SendOutcome,
  sandboxChannel,
  send,
  wait,
} from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { day, hour, once, type Stage, type StageOptions, stage } from './stage.js'

const answering = (options: Partial<Channel>, answer: SendOutcome): StageOptions => ({
  channel: (clock) => ({
    ...sandboxChannel({ name: 'email', clock }),
    ...options,
    async send(_message, { assertMayStart }) {
      assertMayStart()
      return answer
    },
  }),
})

async function entered(options: StageOptions): Promise<Stage> {
  const played = await stage(options)
  await played.workspace.track({ contactId: 'p0', event: 'in' })
  return played
}

describe('a report', () => {
  it('is kept at a time that can be true: neither before the call nor after it came in', async () => {
    const played = await entered({})
    await played.drumbeat.tick()
    const sentAt = played.clock.now()
    const [delivery] = await played.workspace.deliveries(played.campaign.id)
    const deliveryRef = delivery === undefined ? '' : played.workspace.refOf(delivery)
    played.clock.advance(hour)
    const facts = [
      { kind: 'delivered', at: sentAt - 100 * day },
      { kind: 'opened', at: sentAt + 100 * day },
    ] as const
    await played.workspace.report([{ delivery: { deliveryRef }, facts }])
    await played.drumbeat.tick()
    const [known] = await played.workspace.deliveries(played.campaign.id)
    expect(known?.facts).toMatchObject({ delivered: sentAt, opened: sentAt + hour })
  })
})

describe('an outcome', () => {
  it('that would be tried again is canceled when the run has left during the call', async () => {
    let during = async (): Promise<void> => {}
    const played = await entered({
      campaign: { exitOn: event('out') },
      channel: (clock) => ({
        ...sandboxChannel({ name: 'email', clock }),
        async send(_message, { assertMayStart }) {
          assertMayStart()
          await during()
          return { outcome: 'not_accepted', code: '429', retryAfterMs: null }
        },
      }),
    })
    const beside = await stage({ engineId: 'b', store: played.store, clock: played.clock, workspaceId: 'elsewhere' })
    during = async () => {
      await played.workspace.track({ contactId: 'p0', event: 'out' })
      await beside.drumbeat.tick()
    }
    await played.drumbeat.tick()
    const [delivery] = await played.workspace.deliveries(played.campaign.id)
    expect([delivery?.state, delivery?.reason, await played.runs()]).toEqual([
      'canceled',
      'run_left',
      ['exited at mail: goal'],
    ])
    expect([await played.counted('delivery.retry_wait'), await played.counted('delivery.canceled')]).toEqual([1, 1])
  })

  it('of a call whose run ended, and whose engine died during it, is found out too', async () => {
    const played = await entered({ campaign: { exitOn: event('out') } })
    once(played.store.deliveries, 'settle', () => async () => {
      await played.workspace.track({ contactId: 'p0', event: 'out' })
      throw new Error('the process died here')
    })
    await expect(played.drumbeat.tick()).rejects.toThrow('died')
    await played.play(hour)
    expect([await played.states(), await played.runs()]).toEqual([['mail sent'], ['exited at mail: goal']])
    expect(await played.workspace.emergencyStop()).toMatchObject({ inFlight: 0 })
  })

  it('is counted although its run went on before it was known', async () => {
    const unclear = answering({ lookup: async () => ({ found: 'cannot_tell' }) }, { outcome: 'unknown', code: 'reset' })
    const played = await entered(unclear)
    await played.play(2 * day, hour)
    expect(await played.states()).toEqual(['mail unresolved'])
    expect([await played.counted('delivery.unknown'), await played.counted('delivery.unresolved')]).toEqual([1, 1])
  })

  it('is not taken for "not sent" because the provider did not know it once', async () => {
    const answers = ['cannot_tell', 'absent', 'cannot_tell', 'cannot_tell'] as const
    let looks = 0
    const played = await entered(
      answering(
        { lookup: async () => ({ found: answers[looks++] ?? 'cannot_tell' }) },
        { outcome: 'unknown', code: 'reset' },
      ),
    )
    await played.play(30 * 60_000)
    expect([await played.states(), looks > 4, await played.counted('delivery.retry_wait')]).toEqual([
      ['mail unknown'],
      true,
      0,
    ])
  })

  it('is asked for by a second call where the provider de-duplicates by our key, and sends nothing twice', async () => {
    const calls: string[] = []
    const played = await entered({
      channel: (clock) => ({
        ...sandboxChannel({ name: 'email', clock, capabilities: { idempotencyKeyTtlMs: day }, lookup: false }),
        async send(_message, { assertMayStart, idempotencyKey }) {
          assertMayStart()
          calls.push(idempotencyKey)
          if (calls.length === 1) return { outcome: 'unknown', code: 'reset' }
          return { outcome: 'accepted', providerId: 'the-first-one' }
        },
      }),
    })
    await played.play(hour)
    expect([await played.states(), calls.length, new Set(calls).size]).toEqual([['mail sent'], 2, 1])
  })

  it('is never asked for by another message, whatever came between: with other content it stays unresolved', async () => {
    const calls: string[] = []
    const played = await stage({
      channel: (clock) => ({
        ...sandboxChannel({ name: 'email', clock, capabilities: { idempotencyKeyTtlMs: day }, lookup: false }),
        async send(_message, { assertMayStart, idempotencyKey }) {
          assertMayStart()
          calls.push(idempotencyKey)
          if (calls.length === 1) return { outcome: 'unknown', code: 'reset' }
          return { outcome: 'not_accepted', code: '429', retryAfterMs: 60_000 }
        },
      }),
    })
    const { workspace, campaign } = played
    const html = '<p>{{name | you}}</p><a href="{{unsubscribeUrl}}">Bye</a>'
    await workspace.templates.publish('mail', emailTemplate({ subject: 'Hi', html }))
    await workspace.track({ contactId: 'p0', event: 'in' })
    for (let round = 0; round < 50 && calls.length < 2; round++) await played.play(10_000, 10_000)
    await workspace.contacts.import([{ id: 'p0', attributes: { name: 'Ana' } }])
    await played.play(hour)
    const [delivery] = await workspace.deliveries(campaign.id)
    expect([delivery?.state, delivery?.reason]).toEqual(['unresolved', 'content_changed'])
    expect([calls.length, new Set(calls).size]).toEqual([2, 1])
  })

  it('is unknown where an adapter asks for its permit again after it has written', async () => {
    let written = 0
    const played = await entered({
      channel: (clock) => ({
        ...sandboxChannel({ name: 'email', clock, lookup: false }),
        async send(_message, { assertMayStart }) {
          assertMayStart()
          written++
          clock.advance(4000)
          assertMayStart()
          return { outcome: 'accepted', providerId: null }
        },
      }),
    })
    await played.drumbeat.tick()
    expect([await played.states(), written]).toEqual([['mail unknown'], 1])
  })
})

describe('an event', () => {
  const sequence = defineSequence({
    start: 'nine-days',
    steps: {
      'nine-days': wait({ for: 'P9D', next: 'done' }),
      mail: send({ channel: 'email', template: 'mail', next: 'done' }),
      done: exit(),
    },
    on: [interrupt({ when: { event: 'urgent' }, goto: 'mail' })],
  })

  it('that comes together with the one that begins a run is heard by it', async () => {
    const { workspace, play, states } = await entered({ sequence })
    await workspace.track({ contactId: 'p0', event: 'urgent' })
    await play(60_000)
    expect(await states()).toEqual(['mail sent'])
  })

  it('many a time, for many people at once, is taken in', async () => {
    const played = await stage({ sequence: { ...sequence, maxVisits: 100 }, people: 40 })
    for (let person = 0; person < 40; person++) {
      const contactId = `p${person}`
      await played.workspace.track({ contactId, event: 'in' })
    }
    await played.drumbeat.tick()
    for (let person = 0; person < 40; person++)
      for (let n = 0; n < 12; n++)
        await played.workspace.track({ id: `${person}/${n}`, contactId: `p${person}`, event: 'urgent' })
    await played.play(60_000)
    expect([played.failures, (await played.states()).length >= 40]).toEqual([[], true])
  })
})
