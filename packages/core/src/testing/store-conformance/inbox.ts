import { expect } from 'vitest'
import { contactKey } from '../../ports/store-contacts.js'
import type { NewReport } from '../../ports/store-inbox.js'
import { aChange, anEvent, anIntent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { ids, only, type Stage } from './stage.js'

const parkMs = 60 * 60_000

function report(stage: Stage, reports: readonly NewReport[], now = testStart, workspaceId = stage.workspaceId) {
  return stage.store.inbox.appendReports({ workspaceId, reports, now, parkMs })
}

const delivered = (delivery: NewReport['delivery'], dedupeKey = 'report-1'): NewReport => ({
  dedupeKey,
  delivery,
  facts: [{ kind: 'delivered', at: minute(1) }],
})

/** What comes in, before the engine has taken it in. */
export const inboxCases: Cases = {
  'an event is in the inbox and among the contact’s events at once': async (stage) => {
    const event = anEvent('ana', { data: { size: 3, tags: ['a', null] } })
    expect(await stage.append([event], minute(1))).toEqual({ appended: 1 })
    const item = only(await stage.inbox())
    expect(item).toMatchObject({
      workspaceId: stage.workspaceId,
      contactId: 'ana',
      receivedAt: minute(1),
      kind: 'event',
      event,
    })
    const found = await stage.store.inbox.events([
      { workspaceId: stage.workspaceId, contactId: 'ana', names: [event.name] },
    ])
    expect(found.get(contactKey({ workspaceId: stage.workspaceId, contactId: 'ana' }))).toMatchObject([event])
  },

  'an event id is taken once in a workspace, in one call, in several, and in several at once': async (stage) => {
    const first = anEvent('ana', { id: 'e1' })
    const late = { ...first, data: { late: true } }
    expect(await stage.append([first, late, { ...late, contactId: 'ben' }])).toEqual({ appended: 1 })
    expect(await stage.append([{ ...first, contactId: 'ben' }, anEvent('ana', { id: 'e2' })])).toEqual({ appended: 1 })
    const calls = await Promise.all([1, 2, 3, 4].map(() => stage.append([anEvent('ana', { id: 'e3' })])))
    expect(calls.map(({ appended }) => appended).sort()).toEqual([0, 0, 0, 1])
    const elsewhere = { workspaceId: stage.elsewhere, events: [first], now: testStart }
    expect(await stage.store.inbox.append(elsewhere)).toEqual({ appended: 1 })
    const items = await stage.inbox()
    expect(items.map((item) => item.kind === 'event' && item.event.id)).toEqual(['e1', 'e2', 'e3', 'e1'])
    expect(items[0]).toMatchObject({ event: { data: {} } })
  },

  'items come in the order of their arrival, whatever their own times': async (stage) => {
    await stage.append([anEvent('ana', { id: '1', at: minute(9) })])
    const { workspaceId } = stage
    await stage.store.inbox.contactsChanged({ workspaceId, contactIds: ['ben', 'cyd'], now: minute(1) })
    await stage.append([anEvent('ben', { id: '2', at: minute(-9) })], minute(2))
    const items = await stage.inbox()
    expect(items.map(({ kind, contactId }) => `${kind} ${contactId}`)).toEqual([
      'event ana',
      'contact_changed ben',
      'contact_changed cyd',
      'event ben',
    ])
    expect(new Set(items.map(({ seq }) => seq)).size).toBe(4)
    const events = items.flatMap(({ kind, seq }) => (kind === 'event' ? [seq] : []))
    expect(events).toEqual([...events].sort((a, b) => a - b))
  },

  'peek() claims nothing, and brings every live run of the contacts': async (stage) => {
    const campaign = await stage.campaign()
    const [ana, ended, other] = await stage.enroll(campaign, ['ana', 'ben', 'cyd'])
    const second = only(await stage.enroll(await stage.campaign({ id: 'second' }), ['ana']))
    if (ana === undefined || ended === undefined || other === undefined) throw new Error('Nobody was enrolled.')
    const gone = { status: 'exited', reason: 'goal', endedAt: testStart, dueAt: null } as const
    await stage.store.recipients.commit([aChange(ended, gone)])
    await stage.append([anEvent('ana'), anEvent('ben')])
    await stage.append([anEvent('cyd')])
    const peeked = await stage.store.inbox.peek({ limit: 2 })
    expect(peeked.items.map(({ contactId }) => contactId)).toEqual(['ana', 'ben'])
    expect(ids(peeked.runs)).toEqual(ids([ana, second]))
    expect(peeked.runs).toContainEqual(await stage.runNow(ana))
    expect(await stage.store.inbox.peek({ limit: 2 })).toEqual(peeked)
  },

  'events are found by contact and name, in the order of their arrival': async (stage) => {
    await stage.append([
      anEvent('ana', { id: '1', name: 'a', at: minute(5) }),
      anEvent('ana', { id: '2', name: 'b' }),
      anEvent('ana', { id: '3', name: 'c' }),
      anEvent('ben', { id: '4', name: 'a' }),
      anEvent('ana', { id: '5', name: 'a', at: minute(1) }),
    ])
    const { workspaceId } = stage
    const found = await stage.store.inbox.events([
      { workspaceId, contactId: 'ana', names: ['a', 'b'] },
      { workspaceId, contactId: 'ben', names: ['b'] },
      { workspaceId: stage.elsewhere, contactId: 'ana', names: ['a'] },
    ])
    const idsOf = (contactId: string, of = workspaceId) =>
      (found.get(contactKey({ workspaceId: of, contactId })) ?? []).map(({ id }) => id)
    expect(idsOf('ana')).toEqual(['1', '2', '5'])
    expect(idsOf('ben')).toEqual([])
    expect(idsOf('ana', stage.elsewhere)).toEqual([])
  },

  'of very many events of one name the latest thousand are found': async (stage) => {
    const events = Array.from({ length: 1002 }, (_, index) => anEvent('ana', { id: String(index) }))
    await stage.append([...events, anEvent('ana', { id: 'other', name: 'other' })])
    const { workspaceId } = stage
    const names = ['project.created', 'other']
    const found = await stage.store.inbox.events([{ workspaceId, contactId: 'ana', names }])
    const list = found.get(contactKey({ workspaceId, contactId: 'ana' })) ?? []
    expect(list).toHaveLength(1001)
    expect(list[0]?.id).toBe('2')
    expect(list.at(-1)?.id).toBe('other')
  },

  'a report on a delivery is in the inbox of its contact, once per key': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    expect(await report(stage, [delivered({ id: delivery.id }), delivered({ id: delivery.id })])).toEqual({
      appended: 1,
    })
    expect(await report(stage, [delivered({ id: delivery.id })], minute(1))).toEqual({ appended: 0 })
    expect(only(await stage.inbox())).toMatchObject({
      kind: 'report',
      workspaceId: stage.workspaceId,
      contactId: 'ana',
      deliveryId: delivery.id,
      facts: [{ kind: 'delivered', at: minute(1) }],
    })
  },

  'a report is matched by channel and the provider’s id': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    await stage.settle([aSettlement(delivery, { providerId: 'p-1' })])
    await report(stage, [
      delivered({ channel: 'sms', providerId: 'p-1' }, 'other channel'),
      delivered({ channel: 'email', providerId: 'p-1' }, 'same'),
    ])
    expect(await stage.inbox()).toMatchObject([{ kind: 'report', deliveryId: delivery.id }])
  },

  'a report that comes before the provider’s id is known is matched when it is': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    const early = delivered({ channel: 'email', providerId: 'p-1' })
    expect(await report(stage, [early])).toEqual({ appended: 1 })
    expect(await report(stage, [early])).toEqual({ appended: 0 })
    expect(await stage.inbox()).toEqual([])
    await stage.settle([aSettlement(delivery, { providerId: 'p-1' })], 'sending', minute(5))
    expect(await stage.inbox()).toMatchObject([
      { kind: 'report', contactId: 'ana', deliveryId: delivery.id, facts: early.facts },
    ])
    expect(await report(stage, [early], minute(6))).toEqual({ appended: 0 })
  },

  'a report that comes before its delivery exists is matched when it does': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const id = await stage.deliveryId()
    await report(stage, [delivered({ id })])
    expect(await stage.inbox()).toEqual([])
    await stage.intend(engine, [anIntent(run, { id })], minute(5))
    expect(await stage.inbox()).toMatchObject([{ kind: 'report', contactId: 'ana', deliveryId: id }])
  },

  'a parked report is forgotten after its time': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    await report(stage, [delivered({ channel: 'email', providerId: 'p-1' })])
    await stage.settle([aSettlement(delivery, { providerId: 'p-1' })], 'sending', testStart + parkMs + 1)
    expect(await stage.inbox()).toEqual([])
  },

  'a report never reaches a delivery of another workspace': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    await stage.settle([aSettlement(delivery, { providerId: 'p-1' })])
    const forged = [delivered({ id: delivery.id }, '1'), delivered({ channel: 'email', providerId: 'p-1' }, '2')]
    await report(stage, forged, testStart, stage.elsewhere)
    expect(await stage.inbox()).toEqual([])
    expect(await report(stage, [delivered({ id: delivery.id }, '1')])).toEqual({ appended: 1 })
  },
}
