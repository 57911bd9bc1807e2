import { expect } from 'vitest'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aDelivery, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'

/** What one decision does to one run and beside it: all of it or nothing. */
export const commitCases: Cases = {
  'live runs are counted by the version and the step at which they stand': async (stage) => {
    const { store, workspaceId } = stage
    const campaign = await stage.campaign()
    const standing = () => store.recipients.standing({ workspaceId, campaignId: campaign.id })
    expect(await standing()).toEqual([])
    const [ana, ben, cyd] = await stage.enroll(campaign, ['ana', 'ben', 'cyd', 'dee'])
    if (ana === undefined || ben === undefined || cyd === undefined) throw new Error('Nobody was enrolled.')
    await stage.enroll({ ...campaign }, ['eve'], { version: 2 })
    await stage.enroll(await stage.campaign({ id: 'other' }), ['ana'])
    await store.recipients.commit([
      aChange(ana, { stepId: 'overnight' }),
      aChange(ben, { stepId: 'Last' }),
      aChange(cyd, { status: 'completed', dueAt: null, endedAt: testStart }),
    ])
    expect(await standing()).toEqual([
      { version: 1, stepId: 'Last', runs: 1 },
      { version: 1, stepId: 'overnight', runs: 1 },
      { version: 1, stepId: 'welcome', runs: 1 },
      { version: 2, stepId: 'welcome', runs: 1 },
    ])
  },

  'a quarantined run is found by its status and is not due, and goes on where a change says': async (stage) => {
    const { store, workspaceId } = stage
    const campaign = await stage.campaign()
    const [ana, ben] = await stage.enroll(campaign, ['ana', 'ben'])
    if (ana === undefined || ben === undefined) throw new Error('Nobody was enrolled.')
    const aside = { waiting: 'event', dueAt: minute(5), deliveryId: null, why: { rule: 'for' } } as const
    const memory = { ...ana.memory, aside }
    const away = { status: 'quarantined', reason: 'no_progress', dueAt: null, memory } as const
    await store.recipients.commit([aChange(ana, away)])
    const having = (status: 'active' | 'quarantined' | 'exited') =>
      store.recipients.ofCampaign({ workspaceId, campaignId: campaign.id, status })
    const [quarantined] = await having('quarantined')
    expect(quarantined).toMatchObject({ id: ana.id, ...away })
    expect([(await having('active')).map(({ id }) => id), await having('exited')]).toEqual([[ben.id], []])
    const owner = await stage.engine()
    const claim = (now: number) => store.recipients.claimDue({ owner, now, limit: 10, skewMs: 0, blocked: [] })
    expect((await claim(minute(10))).map(({ id }) => id)).toEqual([ben.id])
    const ofAna = (runs: readonly Recipient[]) => runs.filter(({ id }) => id === ana.id)
    if (quarantined === undefined) throw new Error('Nobody is quarantined.')
    const back = {
      status: 'active',
      reason: null,
      waiting: 'event',
      dueAt: minute(5),
      memory: ana.memory,
      claims: 0,
    } as const
    expect(await store.recipients.commit([aChange(quarantined, back)])).toEqual(['applied'])
    expect(ofAna(await claim(minute(4)))).toEqual([])
    expect(ofAna(await claim(minute(5)))).toMatchObject([{ id: ana.id, waiting: 'event', dueAt: minute(5), claims: 1 }])
  },

  'what a change writes beside the run is written with it: deliveries, contact, permissions, events, counters': async (
    stage,
  ) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    await stage.upsert([{ id: run.contactId, attributes: { plan: 'trial' } }])
    const skipped = aDelivery(run, {
      id: await stage.deliveryId(),
      stepId: 'nudge',
      visit: 2,
      state: 'skipped',
      reason: 'no_address',
    })
    const consent = { channel: 'email', topic: null, status: 'granted', at: minute(1), source: 'update step' } as const
    const change = aChange(
      run,
      { stepId: 'done' },
      {
        deliveries: [skipped],
        contact: { id: run.contactId, attributes: { score: 7 } },
        permissions: [{ kind: 'consent', contactId: run.contactId, consent }],
        events: [
          { id: 'emitted', contactId: run.contactId, name: 'onboarded', at: minute(1), data: { via: 'update' } },
        ],
        counters: [{ campaignId: run.campaignId, stepId: 'nudge', name: 'delivery.skipped.no_address', by: 2 }],
      },
    )
    await stage.settle([aSettlement(delivery, { change })])
    expect(await stage.delivery(skipped.id)).toEqual(skipped)
    expect((await stage.contact(run.contactId))?.attributes).toEqual({ plan: 'trial', score: 7 })
    expect((await stage.permissions(run.contactId)).consents).toEqual([consent])
    expect(await stage.counters()).toEqual(['nudge delivery.skipped.no_address = 2'])
    const items = (await stage.inbox()).map((item) => (item.kind === 'event' ? item.event.name : item.kind))
    expect(items.sort()).toEqual(['contact_changed', 'contact_changed', 'onboarded'])
  },

  'a commit on an older fence writes nothing of its change, and the others of the batch go on': async (stage) => {
    const campaign = await stage.campaign()
    const [ana, ben] = await stage.enroll(campaign, ['ana', 'ben'])
    if (ana === undefined || ben === undefined) throw new Error('Nobody was enrolled.')
    const id = await stage.deliveryId()
    const stale = aChange(
      { ...ana, fence: ana.fence - 1 },
      { stepId: 'done' },
      {
        deliveries: [aDelivery(ana, { id })],
        events: [{ id: 'e', contactId: 'ana', name: 'x', at: testStart, data: {} }],
        counters: [{ campaignId: campaign.id, stepId: '', name: 'entered', by: 1 }],
      },
    )
    expect(await stage.store.recipients.commit([stale, aChange(ben, { stepId: 'done' })])).toEqual(['stale', 'applied'])
    expect(await stage.runNow(ana)).toEqual(ana)
    expect(await stage.runNow(ben)).toMatchObject({ stepId: 'done' })
    expect(await stage.store.deliveries.get({ workspaceId: stage.workspaceId, deliveryIds: [id] })).toEqual([])
    expect(await stage.inbox()).toEqual([])
    expect(await stage.counters()).toEqual([])
  },

  'counters of a campaign add up over steps, names and commits at once': async (stage) => {
    const campaign = await stage.campaign()
    const runs = await stage.enroll(campaign, ['a', 'b', 'c', 'd', 'e', 'f'])
    const counter = (stepId: string, name: string, by: number) => ({ campaignId: campaign.id, stepId, name, by })
    const counters = [counter('', 'entered', 1), counter('welcome', 'entered', 2), counter('welcome', 'entered', -1)]
    await Promise.all(runs.map((run) => stage.store.recipients.commit([aChange(run, {}, { counters })])))
    expect(await stage.counters()).toEqual([' entered = 6', 'welcome entered = 6'])
  },
}
