import { expect } from 'vitest'
import { contactKey } from '../../ports/store-contacts.js'
import { aChange, aDelivery, aMemory, aNewRun, anEvent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { only, type Stage } from './stage.js'

const ana = { id: 'ana', addresses: { email: 'ana@example.com' }, attributes: { secret: 'canary' }, tags: ['canary'] }
const event = { name: 'project.created', at: testStart, data: { secret: 'canary' } }

function erase(stage: Stage, contactId = 'ana', now = minute(5)): Promise<boolean> {
  return stage.store.contacts.erase({ workspaceId: stage.workspaceId, contactId, now })
}

/** A person is forgotten; that they must not be written to is not. */
export const eraseCases: Cases = {
  'the contact, consents, events and inbox items are gone, and those of others are not': async (stage) => {
    const { workspaceId, store } = stage
    await stage.upsert([ana, { ...ana, id: 'ben' }])
    const consent = { channel: 'email', topic: null, status: 'granted', at: testStart, source: 'canary' } as const
    await stage.permit(['ana', 'ben'].map((contactId) => ({ kind: 'consent', contactId, consent })))
    await stage.append([anEvent('ana', { id: '1', ...event }), anEvent('ben', { id: '2', ...event })])
    expect(await erase(stage)).toBe(true)
    expect(await stage.contact('ana')).toBeUndefined()
    expect((await store.contacts.page({ workspaceId, where: null, now: minute(5) })).contacts).toHaveLength(1)
    expect(await store.contacts.byAddress({ workspaceId, channel: 'email', address: 'ana@example.com' })).toHaveLength(
      1,
    )
    expect((await stage.permissions('ana')).consents).toEqual([])
    expect((await stage.permissions('ben')).consents).toEqual([consent])
    expect((await stage.inbox()).map(({ contactId }) => contactId)).toEqual(['ben', 'ben'])
    const queries = ['ana', 'ben'].map((contactId) => ({ workspaceId, contactId, names: [event.name] }))
    const events = await store.inbox.events(queries)
    expect(queries.map((query) => events.get(contactKey(query))?.length ?? 0)).toEqual([0, 1])
  },

  'live runs end as erased and remember nothing of events': async (stage) => {
    const memory = aMemory({
      entryEvent: event,
      trigger: event,
      replies: { score: { secret: 'canary' } },
      arms: { split: 'a' },
    })
    const run = await stage.run({ memory, parked: true })
    expect(await erase(stage)).toBe(true)
    const after = await stage.runNow(run)
    expect(after).toMatchObject({
      status: 'exited',
      reason: 'erased',
      endedAt: minute(5),
      dueAt: null,
      deliveryId: null,
      parked: false,
      memory: { entryEvent: null, trigger: null, replies: {}, arms: { split: 'a' } },
    })
    expect(JSON.stringify(after)).not.toContain('canary')
    expect(await stage.store.recipients.commit([aChange(run, { stepId: 'nudge' })])).toEqual(['stale'])
    expect(await stage.claim(await stage.engine(), minute(60))).toEqual([])
  },

  'runs that have ended stay as they ended, without what they remember of events': async (stage) => {
    const run = await stage.run({ memory: aMemory({ entryEvent: event }) })
    const gone = { status: 'completed', reason: 'goal', endedAt: minute(1), dueAt: null } as const
    await stage.store.recipients.commit([aChange(run, gone)])
    expect(await erase(stage)).toBe(true)
    expect(await stage.runNow(run)).toMatchObject({ ...gone, memory: { entryEvent: null } })
  },

  'deliveries lose address and reply; those that have not started are canceled': async (stage) => {
    const run = await stage.run()
    const reserved = await stage.store.deliveries.reserveIds(4)
    const states = ['scheduled', 'retry_wait', 'sent', 'skipped'] as const
    const deliveries = states.map((state, index) =>
      aDelivery(run, {
        id: reserved[index] ?? 0,
        visit: index + 1,
        state,
        address: 'ana@example.com',
        reply: 'canary',
      }),
    )
    await stage.store.recipients.commit([aChange(run, {}, { deliveries })])
    expect(await erase(stage)).toBe(true)
    const after = await stage.store.deliveries.get({ workspaceId: stage.workspaceId, deliveryIds: reserved })
    expect([...after].sort((a, b) => a.id - b.id)).toMatchObject([
      { state: 'canceled', reason: 'erased', address: null, reply: null },
      { state: 'canceled', reason: 'erased', address: null, reply: null },
      { state: 'sent', reason: null, address: null, reply: null },
      { state: 'skipped', reason: null, address: null, reply: null },
    ])
  },

  'a call under way is settled though its run has ended': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    await erase(stage)
    const settlement = aSettlement(delivery, { sentAt: minute(6), change: aChange(run, { stepId: 'nudge' }) })
    expect(await stage.settle([settlement], 'sending', minute(6))).toEqual(['run_changed'])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'sent', address: null })
    expect(await stage.runNow(run)).toMatchObject({ reason: 'erased' })
  },

  'suppressions outlive the person, and can still be added to and lifted': async (stage) => {
    await stage.upsert([ana])
    const suppression = {
      channel: 'email',
      address: 'Ana@example.com',
      topic: null,
      reason: 'stop',
      at: testStart,
    } as const
    await stage.permit([{ kind: 'suppress', suppression }])
    await erase(stage)
    await stage.upsert([{ ...ana, id: 'again' }])
    expect((await stage.permissions('again', ana.addresses)).suppressions).toMatchObject([
      { channel: 'email', reason: 'stop' },
    ])
    await stage.permit([{ kind: 'suppress', suppression: { ...suppression, reason: 'complaint' } }])
    expect((await stage.permissions('again', ana.addresses)).suppressions).toHaveLength(2)
    await stage.permit([{ kind: 'lift', channel: 'email', address: 'ana@example.com', reasons: ['stop'] }])
    expect((await stage.permissions('again', ana.addresses)).suppressions).toMatchObject([{ reason: 'complaint' }])
  },

  'a second erasure, and one of a stranger, find nothing': async (stage) => {
    const run = await stage.run()
    await stage.upsert([ana])
    expect(await erase(stage)).toBe(true)
    expect(await erase(stage)).toBe(false)
    expect(await erase(stage, 'stranger')).toBe(false)
    expect(only(await stage.store.recipients.ofContact({ workspaceId: stage.workspaceId, contactId: 'ana' })).id).toBe(
      run.id,
    )
  },

  'the run of an erased person still stands for “never again”': async (stage) => {
    const run = await stage.run()
    await erase(stage)
    const runs = [aNewRun({ workspaceId: stage.workspaceId, id: run.campaignId }, 'ana')]
    expect((await stage.store.recipients.enroll({ runs, now: minute(6) })).enrolled).toEqual([])
  },
}
