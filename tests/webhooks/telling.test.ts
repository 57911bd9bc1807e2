import { type EventAnswer, StorageError, type Store } from '@drumbeat/core'
import { memoryStore } from '@drumbeat/store-memory'
import { describe, expect, it } from 'vitest'
import { broken, lines, scriptedSender, taken, webhookStage } from './stage.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const url = 'https://crm.acme.test/events'
const onlySends = ['recipient.entered', 'delivery.sent', 'recipient.ended'] as const

/** A running campaign, an endpoint that answers by script, and people who have just entered. */
async function told(
  answer: NonNullable<NonNullable<Parameters<typeof webhookStage>[0]>['answer']>,
  people: readonly string[] = ['ana', 'ben'],
  store: Store = memoryStore(),
) {
  const stage = await webhookStage({ answer, people, store })
  const { endpoint } = await stage.acme.webhooks.create({ url, types: onlySends })
  await stage.acme.campaigns.activate(stage.campaignId)
  await stage.acme.enroll(stage.campaignId, people)
  return { ...stage, endpointId: endpoint.id }
}

describe('order and retries', () => {
  it('keeps the order of a contact whose events fail, and lets everybody else go on', async () => {
    const failing = new Map([['recipient.entered ana', 3]])
    const { sender, play } = await told(({ type, data }) => {
      const line = `${type} ${data.contactId}`
      const left = failing.get(line) ?? 0
      failing.set(line, left - 1)
      return left > 0 ? broken : taken
    })
    await play(0)
    expect(lines(sender.taken)).toEqual(['recipient.entered ben', 'delivery.sent ben'])
    await play(2 * day)
    const requests = lines(sender.requests)
    expect(requests.filter((line) => line === 'recipient.entered ana')).toHaveLength(4)
    const ofAna = sender.taken.filter(({ data }) => data.contactId === 'ana')
    expect(ofAna.map(({ type }) => type)).toEqual(onlySends)
    expect(sender.taken.filter(({ data }) => data.contactId === 'ben').map(({ type }) => type)).toEqual(onlySends)
  })

  it('tries with growing pauses, under the same id, and no sooner than the receiver asks for', async () => {
    const at: number[] = []
    const asked: EventAnswer = { answer: 'failed', status: 429, code: 'http_429', retryAfterMs: 2 * hour }
    const stage = await told(() => {
      at.push(stage.clock.now())
      return at.length === 3 ? asked : at.length < 5 ? broken : taken
    }, ['ana'])
    await stage.play(day / 2)
    const pauses = at.slice(1, 5).map((now, index) => now - (at[index] ?? 0))
    // Half of 30 s × 2^n, as `random` says here, but for the third.
    expect(pauses).toEqual([30_000, 60_000, 2 * hour, 240_000])
    expect(new Set(stage.sender.requests.slice(0, 5).map(({ id }) => id)).size).toBe(1)
  })

  it('sets an event aside after the last attempt, counts it, and goes on with the later ones', async () => {
    const { acme, sender, play, endpointId } = await told(
      ({ type, data }) => (type === 'recipient.entered' && data.contactId === 'ana' ? broken : taken),
      ['ana', 'ben'],
    )
    await play(3 * day)
    expect(
      sender.requests.filter(({ type, data }) => type === 'recipient.entered' && data.contactId === 'ana'),
    ).toHaveLength(12)
    expect(sender.taken.filter(({ data }) => data.contactId === 'ana').map(({ type }) => type)).toEqual([
      'delivery.sent',
      'recipient.ended',
    ])
    expect(await acme.webhooks.backlog()).toEqual([{ endpointId, waiting: 0, setAside: 1 }])
    expect(await acme.webhooks.enable(endpointId, { resend: true })).toBe(1)
  })

  it('tells what a receiver did not answer to', async () => {
    const { sender, play, acme, endpointId } = await told(({ data }) => {
      if (data.contactId === 'ana' && sender.requests.length < 3) throw new TypeError('no route to host')
      return taken
    })
    await play(hour)
    expect(lines(sender.taken)).toContain('delivery.sent ana')
    const attempts = await acme.webhooks.attempts(endpointId)
    expect(attempts).toContainEqual(
      expect.objectContaining({ type: 'recipient.entered', answer: 'failed', status: null, code: 'TypeError' }),
    )
    expect(attempts[0]).toMatchObject({ answer: 'taken', status: 204, code: null })
  })
})

describe('an endpoint', () => {
  it('that is gone is disabled at once, is written nothing more, and is told what waited when it is enabled again', async () => {
    let gone = true
    const { acme, drumbeat, campaignId, sender, play, endpointId } = await told(() =>
      gone ? { answer: 'gone', status: 410 } : taken,
    )
    const disabled: unknown[] = []
    drumbeat.events.on('endpoint.disabled', (report) => disabled.push(report))
    await play(2 * day)
    expect(disabled).toEqual([{ workspaceId: 'acme', endpointId, reason: 'gone' }])
    expect((await acme.webhooks.get(endpointId)).disabled).toMatchObject({ reason: 'gone' })
    expect(await acme.auditLog()).toContainEqual(
      expect.objectContaining({ action: 'webhook_endpoint.disabled', subject: endpointId, actor: null }),
    )
    const before = sender.requests.length
    await acme.enroll(campaignId, ['ana', 'ben'])
    await play(day)
    expect(sender.requests).toHaveLength(before)
    gone = false
    await acme.webhooks.enable(endpointId)
    await play(minute)
    expect([...lines(sender.taken)].sort().slice(-2)).toEqual(['recipient.entered ana', 'recipient.entered ben'])
    expect(lines(sender.taken)).not.toContain('recipient.ended ana')
  })

  it('that takes nothing for five days is disabled, and left alone more and more before', async () => {
    const people = Array.from({ length: 40 }, (_, n) => `p${n}`)
    const { acme, sender, play, endpointId, campaignId } = await told(() => broken, people)
    await play(minute)
    const firstMinute = sender.requests.length
    expect(firstMinute).toBeLessThan(100)
    await play(4 * day)
    await acme.enroll(campaignId, people)
    await play(day / 2)
    expect((await acme.webhooks.get(endpointId)).disabled).toBeNull()
    await play(day)
    expect((await acme.webhooks.get(endpointId)).disabled).toMatchObject({ reason: 'failing' })
  })

  it('that is deleted is told nothing more', async () => {
    const { acme, sender, play, endpointId } = await told(() => broken)
    await play(0)
    const before = sender.requests.length
    await acme.webhooks.delete(endpointId)
    await play(day)
    expect(sender.requests).toHaveLength(before)
    await expect(acme.webhooks.get(endpointId)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('engines', () => {
  it('do not tell the same at once, and keep the order between them', async () => {
    const people = Array.from({ length: 30 }, (_, n) => `p${n}`)
    const inFlight = new Set<string>()
    const twice: string[] = []
    const { drumbeat, engine, sender } = await told(async ({ id, data }) => {
      const stream = `${data.contactId}`
      if (inFlight.has(stream)) twice.push(id)
      inFlight.add(stream)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight.delete(stream)
      return taken
    }, people)
    const second = engine('second')
    await Promise.all([drumbeat.tick(), second.tick(), drumbeat.tick(), second.tick()])
    await Promise.all([drumbeat.tick(), second.tick()])
    expect(twice).toEqual([])
    expect([...lines(sender.requests)].sort()).toEqual(
      people.flatMap((id) => [`delivery.sent ${id}`, `recipient.entered ${id}`]).sort(),
    )
    for (const id of people) {
      const mine = sender.taken.filter(({ data }) => data.contactId === id).map(({ type }) => type)
      expect(mine).toEqual(['recipient.entered', 'delivery.sent'])
    }
  })

  it('lose nothing when one dies between the commit and the request, or before it has written the answer', async () => {
    const store = memoryStore()
    const { clock, engine, sender, drumbeat } = await told(() => taken, ['ana'], store)
    const dead = scriptedSender(() => new Promise(() => {}))
    void engine('doomed', dead).tick()
    while (dead.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await drumbeat.tick()
    expect(sender.requests.map(({ id }) => id)).not.toContain(dead.requests[0]?.id)
    clock.advance(61_000)
    await drumbeat.tick()
    expect(sender.taken[0]?.id).toBe(dead.requests[0]?.id)
    expect(lines(sender.taken)).toEqual(['recipient.entered ana', 'delivery.sent ana'])
  })

  it('tell again what they could not write down that it was taken', async () => {
    const store = memoryStore()
    const { clock, sender, drumbeat } = await told(() => taken, ['ana'], store)
    const { outbox } = store
    const settle = outbox.settle.bind(outbox)
    let fails = true
    Object.assign(outbox, {
      settle: (request: Parameters<typeof settle>[0]) => {
        if (!fails) return settle(request)
        fails = false
        return Promise.reject(new StorageError('away', { retryable: true }))
      },
    })
    await drumbeat.tick()
    expect(lines(sender.requests)).toEqual(['recipient.entered ana'])
    clock.advance(61_000)
    await drumbeat.tick()
    expect(lines(sender.requests)).toEqual(['recipient.entered ana', 'recipient.entered ana', 'delivery.sent ana'])
    expect(sender.requests[0]?.id).toBe(sender.requests[1]?.id)
  })
})

describe('what is written', () => {
  it('is nothing without an endpoint, and no request of a store carries anything more', async () => {
    const store = memoryStore()
    const written: unknown[] = []
    for (const [group, method] of [
      [store.recipients, 'commit'],
      [store.recipients, 'enroll'],
      [store.deliveries, 'intend'],
      [store.deliveries, 'settle'],
      [store.inbox, 'ingest'],
      [store.campaigns, 'save'],
    ] as const) {
      const real = Reflect.get(group, method)
      const recorded = (request: unknown) => {
        written.push(request)
        return real(request)
      }
      Object.assign(group, { [method]: recorded })
    }
    let lookUps = 0
    const { wanted } = store.outbox
    const counted: typeof wanted = (request) => {
      lookUps++
      return wanted(request)
    }
    Object.assign(store.outbox, { wanted: counted })
    const { acme, campaignId, play, clock } = await webhookStage({ store, people: ['ana', 'ben'] })
    const begun = clock.now()
    await acme.campaigns.activate(campaignId)
    await acme.enroll(campaignId, ['ana', 'ben'])
    await play(2 * day)
    expect(written.length).toBeGreaterThan(5)
    expect(JSON.stringify(written, (_, value) => (typeof value === 'function' ? 'a function' : value))).not.toMatch(
      /"outbox"|"onEntry"/,
    )
    expect(await store.outbox.nextDueAt()).toBeNull()
    // Looked up at most once in the time that an answer holds.
    expect(lookUps).toBeLessThanOrEqual(1 + (clock.now() - begun) / 5000)
    expect(lookUps).toBeLessThan(10)
  })

  it('stays in its workspace', async () => {
    const { acme, drumbeat, campaignId, sender, play } = await webhookStage()
    const { endpoint } = await drumbeat.workspace('other').webhooks.create({ url })
    await acme.campaigns.activate(campaignId)
    await acme.enroll(campaignId, 'ana')
    await play(2 * day)
    expect(sender.requests).toEqual([])
    for (const method of ['get', 'delete', 'enable', 'rotateSecret', 'test', 'attempts'] as const) {
      await expect(acme.webhooks[method](endpoint.id)).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(await acme.webhooks.list()).toEqual([])
  })

  it('is forgotten with the person', async () => {
    const { acme, store, sender, play } = await told(() => broken, ['ana', 'ben'])
    await play(0)
    await acme.contacts.erase('ana')
    expect(await acme.webhooks.backlog()).toMatchObject([{ waiting: 2 }])
    const before = sender.requests.length
    await play(hour)
    expect(lines(sender.requests.slice(before)).filter((line) => line.endsWith('ana'))).toEqual([])
    expect(JSON.stringify(await store.outbox.attempts({ workspaceId: 'acme', endpointId: '', limit: 100 }))).toBe('[]')
  })
})
