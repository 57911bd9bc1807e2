import { expect } from 'vitest'
import type { CampaignStatus } from '../../campaign/campaign.js'
import { ConflictError } from '../../errors.js'
import { aCampaign, aChange, aDelivery, aVersion, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { only } from './stage.js'

const everyStatus: readonly CampaignStatus[] = [
  'draft',
  'scheduled',
  'active',
  'paused',
  'stopping',
  'stopped',
  'completed',
  'archived',
]

const decision = (workspaceId: string, arm: string) => ({
  workspaceId,
  campaignId: 'onboarding',
  stepId: 'split',
  decidedAt: testStart,
  arm,
  significant: true,
  pValue: 0.01,
  tally: [{ arm, assigned: 10, converted: 4 }],
})

/** Campaigns, their published versions, and decisions. */
export const campaignCases: Cases = {
  'a campaign is kept as it was given': async (stage) => {
    const campaign = await stage.campaign({
      description: 'Trial to paid',
      audience: { attribute: 'plan', op: 'is', value: 'trial' },
      rules: { sms: { quietHours: '21:00-08:00' } },
      metadata: { owner: { team: 'growth' } },
      activation: { after: 'c10', enrolled: 10 },
      pausedSteps: { nudge: testStart },
      resumptions: [{ policy: 'skip', pausedAt: testStart, stepId: null }],
    })
    expect(await stage.campaignNow()).toEqual(campaign)
  },

  'a campaign that must not exist yet is a duplicate if it does': async (stage) => {
    const campaign = await stage.campaign()
    const error = await stage.store.campaigns.save({ campaign, expectedRevision: null }).catch((caught) => caught)
    expect(error).toBeInstanceOf(ConflictError)
    expect(error).toMatchObject({ kind: 'duplicate' })
  },

  'a save that names an older revision, or a campaign that is gone, is stale and writes nothing': async (stage) => {
    const campaign = await stage.campaign()
    const paused = { ...campaign, status: 'paused' as const, revision: 2 }
    await stage.store.campaigns.save({ campaign: paused, expectedRevision: 1 })
    for (const late of [campaign, { ...campaign, id: 'gone' }]) {
      const error = await stage.store.campaigns
        .save({ campaign: { ...late, name: 'Late', revision: 2 }, expectedRevision: 1 })
        .catch((caught) => caught)
      expect(error).toMatchObject({ code: 'conflict', kind: 'stale' })
    }
    expect(await stage.store.campaigns.list({ workspaceId: stage.workspaceId })).toEqual([paused])
  },

  'of two saves at once that name one revision, one wins': async (stage) => {
    const campaign = await stage.campaign()
    const saves = ['One', 'Two', 'Three'].map((name) =>
      stage.store.campaigns.save({ campaign: { ...campaign, name, revision: 2 }, expectedRevision: 1 }),
    )
    const outcomes = await Promise.allSettled(saves)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  },

  'the list has all campaigns of the workspace, oldest first': async (stage) => {
    await stage.campaign({ id: 'b', createdAt: minute(2), status: 'archived' })
    await stage.campaign({ id: 'c', createdAt: minute(1) })
    await stage.campaign({ id: 'a', createdAt: minute(3) })
    await stage.campaign({ id: 'd', workspaceId: stage.elsewhere })
    const list = await stage.store.campaigns.list({ workspaceId: stage.workspaceId })
    expect(list.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  },

  'get() leaves out what does not exist': async (stage) => {
    await stage.campaign()
    const campaignIds = ['onboarding', 'other']
    expect(await stage.store.campaigns.get({ workspaceId: stage.workspaceId, campaignIds })).toHaveLength(1)
    expect(await stage.store.campaigns.get({ workspaceId: stage.elsewhere, campaignIds })).toEqual([])
  },

  'live campaigns of every workspace are those that the engine must look after': async (stage) => {
    for (const status of everyStatus) await stage.campaign({ id: status, status })
    await stage.campaign({ workspaceId: stage.elsewhere })
    const live = await stage.store.campaigns.live()
    expect(live.map(({ workspaceId, id }) => `${workspaceId} ${id}`).sort()).toEqual([
      'acme active',
      'acme paused',
      'acme scheduled',
      'acme stopping',
      'globex onboarding',
    ])
  },

  'a published version never changes': async (stage) => {
    const campaign = await stage.campaign()
    await stage.store.campaigns.publish(aVersion(campaign, { contentHash: 'other' }))
    await stage.store.campaigns.publish(aVersion(campaign, { version: 2, contentHash: 'second' }))
    const key = { workspaceId: stage.workspaceId, campaignId: campaign.id }
    const found = await stage.store.campaigns.versions([
      { ...key, version: 1 },
      { ...key, version: 2 },
      { ...key, version: 3 },
      { ...key, workspaceId: stage.elsewhere, version: 1 },
    ])
    expect([...found].sort((a, b) => a.version - b.version)).toEqual([
      aVersion(campaign),
      aVersion(campaign, { version: 2, contentHash: 'second' }),
    ])
  },

  'the first decision of an experiment stands, also among several at once': async (stage) => {
    await stage.campaign()
    const { workspaceId } = stage
    const decided = await Promise.all(
      ['a', 'b', 'c'].map((arm) => stage.store.campaigns.decide(decision(workspaceId, arm))),
    )
    const standing = only(await stage.store.campaigns.decisions({ workspaceId, campaignIds: ['onboarding', 'other'] }))
    expect(decided).toEqual([standing, standing, standing])
    expect(standing).toEqual(decision(workspaceId, standing.arm))
    expect(await stage.store.campaigns.decide(decision(workspaceId, 'late'))).toEqual(standing)
  },

  'deleting a campaign takes everything of it and nothing of others': async (stage) => {
    const { store, workspaceId } = stage
    for (const id of ['onboarding', 'kept']) {
      const campaign = await stage.campaign({ id })
      const run = await stage.run({ campaign })
      const deliveries = [aDelivery(run, { id: await stage.deliveryId() })]
      const counters = [{ campaignId: id, stepId: '', name: 'entered', by: 1 }]
      await store.recipients.commit([aChange(run, {}, { deliveries, counters })])
      await store.campaigns.decide({ ...decision(workspaceId, 'a'), campaignId: id })
      for (const [kind, ref] of [['campaign', id] as const, ['step', `${id}/welcome`] as const]) {
        await store.control.setGate({ scope: { workspaceId, kind, ref }, closed: true, now: testStart })
      }
      const report = { dedupeKey: id, delivery: { id: deliveries[0]?.id ?? 0 }, facts: [] }
      await store.inbox.appendReports({ workspaceId, reports: [report], now: testStart, parkMs: 1000 })
    }
    await store.campaigns.delete({ workspaceId, campaignId: 'onboarding' })
    for (const [campaignId, count] of [
      ['onboarding', 0],
      ['kept', 1],
    ] as const) {
      const request = { workspaceId, campaignId }
      expect(await store.campaigns.get({ workspaceId, campaignIds: [campaignId] })).toHaveLength(count)
      expect(await store.campaigns.versions([{ ...request, version: 1 }])).toHaveLength(count)
      expect(await store.campaigns.decisions({ workspaceId, campaignIds: [campaignId] })).toHaveLength(count)
      expect(await store.recipients.ofCampaign(request)).toHaveLength(count)
      expect(await store.deliveries.ofCampaign(request)).toHaveLength(count)
      expect(await stage.counters(campaignId)).toHaveLength(count)
    }
    const gates = await store.control.closedGates({ workspaceIds: [workspaceId] })
    expect(gates.map(({ ref }) => ref).sort()).toEqual(['kept', 'kept/welcome'])
    expect(await stage.inbox()).toHaveLength(1)
    expect(await stage.claim(await stage.engine())).toHaveLength(1)
    await stage.store.campaigns.save({ campaign: aCampaign({ workspaceId }), expectedRevision: null })
  },
}
