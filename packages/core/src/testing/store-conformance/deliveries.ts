import { expect } from 'vitest'
import type { Delivery } from '../../delivery/delivery.js'
import { aChange, aDelivery, aMemory, anEvent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { ids, only, type Stage } from './stage.js'

/** Writes deliveries of a run as they are given. */
async function record(stage: Stage, deliveries: readonly Partial<Delivery>[]): Promise<readonly Delivery[]> {
  const run = await stage.run()
  const reserved = await stage.store.deliveries.reserveIds(deliveries.length)
  const rows = deliveries.map((change, index) =>
    aDelivery(run, { visit: index + 1, ...change, id: reserved[index] ?? 0 }),
  )
  await stage.store.recipients.commit([aChange(run, {}, { deliveries: rows })])
  return rows
}

/** A delivery whose outcome is unknown, to be looked at from `lookAt` on. */
async function unknownDelivery(stage: Stage, lookAt: number): Promise<Delivery> {
  const { run, delivery } = await stage.startedRun(await stage.engine())
  const change = aChange(run, { dueAt: minute(99) })
  await stage.settle([aSettlement(delivery, { state: 'unknown', reason: 'timeout', lookAt, change })])
  return stage.delivery(delivery.id)
}

const lookLeaseMs = 30_000

/** Records of what went out, and of what is not known to have. */
export const deliveryCases: Cases = {
  'reserved ids rise and are never given twice': async (stage) => {
    const batches = await Promise.all([1, 5, 3].map((count) => stage.store.deliveries.reserveIds(count)))
    for (const batch of batches) expect([...batch].sort((a, b) => a - b)).toEqual(batch)
    expect(new Set(batches.flat()).size).toBe(9)
    const highest = Math.max(...batches.flat())
    expect(only(await stage.store.deliveries.reserveIds(1))).toBeGreaterThan(highest)
    expect(await stage.store.deliveries.reserveIds(0)).toEqual([])
  },

  'a delivery is kept as it was given, and written over by its id': async (stage) => {
    const run = await stage.run()
    const full = aDelivery(run, {
      id: await stage.deliveryId(),
      kind: 'webhook',
      itemId: 'reminder',
      topic: 'news',
      priority: 'bulk',
      state: 'skipped',
      reason: 'quiet_hours',
      dueAt: minute(3),
      templateVersion: null,
      contentHash: 'abc',
      address: 'ana@example.com',
      attempts: 2,
      intendedAt: minute(1),
      sentAt: minute(2),
      providerId: 'p',
      possibleDuplicate: true,
      facts: { delivered: minute(4), clicked: minute(5) },
      reply: { list: [1, 'two', null, { three: false }] },
      segments: 3,
    })
    await stage.store.recipients.commit([aChange(run, {}, { deliveries: [full] })])
    expect(await stage.delivery(full.id)).toEqual(full)
    const canceled = { ...full, state: 'canceled' as const, reason: 'interrupted' }
    await stage.store.recipients.commit([aChange(await stage.runNow(run), {}, { deliveries: [canceled] })])
    expect(await stage.delivery(full.id)).toEqual(canceled)
  },

  'the deliveries of runs are found by run, oldest first': async (stage) => {
    const rows = await record(stage, [{}, { state: 'skipped' }, {}])
    const recipientId = rows[0]?.recipientId ?? 0
    const keys = [
      { workspaceId: stage.workspaceId, recipientId },
      { workspaceId: stage.workspaceId, recipientId: recipientId + 1000 },
    ]
    const found = await stage.store.deliveries.ofRecipients(keys)
    expect(found.get(recipientId)).toEqual(rows)
    expect(found.get(recipientId + 1000) ?? []).toEqual([])
  },

  'the deliveries of a campaign are found by state and step, in pages by id': async (stage) => {
    const [first, second, third] = await record(stage, [
      {},
      { state: 'skipped' },
      { state: 'skipped', stepId: 'nudge' },
    ])
    const request = { workspaceId: stage.workspaceId, campaignId: 'onboarding' }
    const find = async (filter: Partial<Parameters<typeof stage.store.deliveries.ofCampaign>[0]>) =>
      (await stage.store.deliveries.ofCampaign({ ...request, ...filter })).map(({ id }) => id)
    expect(await find({})).toEqual([first?.id, second?.id, third?.id])
    expect(await find({ states: ['skipped'] })).toEqual([second?.id, third?.id])
    expect(await find({ states: ['skipped', 'scheduled'], stepId: 'welcome' })).toEqual([first?.id, second?.id])
    expect(await find({ states: [] })).toEqual([])
    expect(await find({ limit: 2 })).toEqual([first?.id, second?.id])
    expect(await find({ after: String(second?.id), limit: 2 })).toEqual([third?.id])
  },

  'an unknown outcome is looked at from its instant on, one looker at a time': async (stage) => {
    const { deliveries } = stage.store
    const delivery = await unknownDelivery(stage, minute(5))
    const look = (now: number) => deliveries.claimReconciliations({ now, limit: 10, leaseMs: lookLeaseMs })
    expect(await deliveries.nextLookAt()).toBe(minute(5))
    expect(await look(minute(5) - 1)).toEqual([])
    const claims = await Promise.all([look(minute(5)), look(minute(5)), look(minute(5))])
    const expected = { delivery, since: testStart }
    expect(claims.flat()).toEqual([expected])
    expect(await deliveries.nextLookAt()).toBe(minute(5) + lookLeaseMs)
    expect(await look(minute(5) + lookLeaseMs)).toEqual([expected])
  },

  'a look that found nothing moves the next one, and keeps since': async (stage) => {
    const delivery = await unknownDelivery(stage, minute(5))
    const { deliveries } = stage.store
    await deliveries.claimReconciliations({ now: minute(5), limit: 10, leaseMs: lookLeaseMs })
    const again = aSettlement(delivery, { state: 'unknown', reason: 'cannot_tell', lookAt: minute(9) })
    expect(await stage.settle([again], 'unknown', minute(6))).toEqual(['applied'])
    expect(await deliveries.nextLookAt()).toBe(minute(9))
    const found = await deliveries.claimReconciliations({ now: minute(9), limit: 10, leaseMs: lookLeaseMs })
    expect(found).toMatchObject([{ since: testStart }])
  },

  'an outcome that was found is looked for no more': async (stage) => {
    for (const state of ['sent', 'retry_wait', 'unresolved', 'failed'] as const) {
      const campaign = await stage.campaign({ id: state })
      const { delivery } = await stage.startedRun(await stage.engine(state), { campaign })
      await stage.settle([aSettlement(delivery, { state: 'unknown', reason: 'timeout', lookAt: minute(1) })])
      await stage.settle([aSettlement(delivery, { state, reason: 'looked up' })], 'unknown', minute(1))
    }
    expect(await stage.store.deliveries.nextLookAt()).toBeNull()
    expect(await stage.store.deliveries.claimReconciliations({ now: minute(9), limit: 10, leaseMs: 1 })).toEqual([])
  },

  'the oldest looks come first, at most as many as asked for': async (stage) => {
    const engine = await stage.engine()
    await stage.enroll(await stage.campaign(), ['a', 'b', 'c'])
    const looks: number[] = []
    for (const [index, run] of (await stage.claim(engine)).entries()) {
      const { delivery } = await stage.start(engine, run)
      const lookAt = minute([3, 1, 2][index] ?? 0)
      if (index > 0) looks.push(delivery.id)
      await stage.settle([aSettlement(delivery, { state: 'unknown', reason: 'timeout', lookAt })])
    }
    const found = await stage.store.deliveries.claimReconciliations({ now: minute(9), limit: 2, leaseMs: lookLeaseMs })
    expect(ids(found.map(({ delivery }) => delivery))).toEqual(ids(looks.map((id) => ({ id }))))
  },

  'a delivery that its run detached is looked at from then on, after the run has ended too': async (stage) => {
    const delivery = await unknownDelivery(stage, minute(90))
    const run = await stage.runNow({ workspaceId: stage.workspaceId, id: delivery.recipientId })
    const detached = [{ deliveryId: delivery.id, lookAt: minute(30) }]
    const gone = { status: 'exited', reason: 'goal', endedAt: minute(1), dueAt: null, deliveryId: null } as const
    await stage.store.recipients.commit([aChange(run, gone, { detached })])
    expect(await stage.store.deliveries.nextLookAt()).toBe(minute(30))
    expect(await stage.settle([aSettlement(delivery, { providerId: 'late' })], 'unknown', minute(31))).toEqual([
      'applied',
    ])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'sent', providerId: 'late' })
  },

  'the tally of an event counts what each assigned person did since, once per person': async (stage) => {
    const campaign = await stage.campaign()
    const assigned = (arm: string, at: number) => ({
      memory: aMemory({ arms: { split: arm }, assignedAt: { split: at } }),
    })
    await stage.enroll(campaign, ['ana'], { ...assigned('a', minute(10)), again: 'always' })
    await stage.enroll(campaign, ['ana'], { ...assigned('a', minute(20)), again: 'always' })
    await stage.enroll(campaign, ['ben'], { ...assigned('c', minute(10)), again: 'always' })
    await stage.enroll(campaign, ['ben'], { ...assigned('b', minute(10)), again: 'always' })
    await stage.enroll(campaign, ['held'], { memory: aMemory() })
    await stage.append([
      anEvent('ana', { id: '1', at: minute(9) }),
      anEvent('ana', { id: '2', at: minute(10), data: { size: 1 } }),
      anEvent('ana', { id: '3', at: minute(40) }),
      anEvent('ana', { id: '4', at: minute(61) }),
      anEvent('ana', { id: '5', at: minute(11), name: 'other' }),
      anEvent('held', { id: '6', at: minute(11) }),
    ])
    const request = { workspaceId: stage.workspaceId, campaignId: campaign.id, stepId: 'split', now: minute(60) }
    const rows = await stage.store.deliveries.tally({ ...request, metric: { event: 'project.created' } })
    expect([...rows].sort((a, b) => (a.contactId < b.contactId ? -1 : 1))).toEqual([
      {
        arm: 'a',
        contactId: 'ana',
        assignedAt: minute(10),
        occurrences: [
          { at: minute(10), data: { size: 1 } },
          { at: minute(40), data: {} },
        ],
      },
      { arm: 'b', contactId: 'ben', assignedAt: minute(10), occurrences: [] },
    ])
  },

  'the tally of a fact counts the campaign’s deliveries to the person since the assignment': async (stage) => {
    const memory = aMemory({ arms: { split: 'a' }, assignedAt: { split: minute(10) } })
    const run = await stage.run({ memory })
    const [first, second, third] = await stage.store.deliveries.reserveIds(3)
    const opened = (id: number | undefined, visit: number, at: number) =>
      aDelivery(run, { id: id ?? 0, visit, state: 'sent', facts: { opened: at, delivered: at } })
    const deliveries = [opened(first, 1, minute(9)), opened(second, 2, minute(10)), opened(third, 3, minute(61))]
    await stage.store.recipients.commit([aChange(run, {}, { deliveries })])
    const elsewhere = await stage.run({ campaign: await stage.campaign({ id: 'second' }) })
    const other = aDelivery(elsewhere, { id: await stage.deliveryId(), state: 'sent', facts: { opened: minute(20) } })
    await stage.store.recipients.commit([aChange(elsewhere, {}, { deliveries: [other] })])
    const request = { workspaceId: stage.workspaceId, campaignId: run.campaignId, stepId: 'split', now: minute(60) }
    expect(await stage.store.deliveries.tally({ ...request, metric: { fact: 'opened' } })).toEqual([
      { arm: 'a', contactId: 'ana', assignedAt: minute(10), occurrences: [{ at: minute(10), data: {} }] },
    ])
  },
}
