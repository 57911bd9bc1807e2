import { expect } from 'vitest'
import type { NewRun } from '../../ports/store-inbox.js'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aNewRun, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { ids, only, type Stage } from './stage.js'

const ended = { status: 'completed', reason: 'completed', endedAt: minute(1), dueAt: null } as const

async function enrollOne(stage: Stage, change: Parameters<typeof aNewRun>[2]): Promise<Recipient | undefined> {
  const campaign = { workspaceId: stage.workspaceId, id: 'onboarding' }
  return (await stage.enroll(campaign, ['ana'], change))[0]
}

/** How runs begin, and how often: identity is the store's to guard. */
export const enrollCases: Cases = {
  'a new run is kept as it was given, with what the store assigns': async (stage) => {
    const campaign = await stage.campaign()
    const memory = { ...aNewRun(campaign, 'ana').recipient.memory, arms: { split: 'a' } }
    const given = aNewRun(campaign, 'ana', { runKey: 'order-1', dueAt: minute(5), parked: true, memory })
    const { enrolled } = await stage.store.recipients.enroll({ runs: [given], now: testStart })
    const run = only(enrolled)
    const { workspaceId, campaignId, contactId, runKey, version } = given
    const identity = { id: run.id, workspaceId, campaignId, contactId, runKey, version, entryNo: 1 }
    expect(run).toEqual({ ...given.recipient, ...identity, fence: 0, claims: 0 })
    expect(await stage.runNow(run)).toEqual(run)
  },

  'never again: a contact enters once, whatever became of the run': async (stage) => {
    const run = await stage.run({ again: 'never' })
    expect(await enrollOne(stage, { again: 'never' })).toBeUndefined()
    await stage.store.recipients.commit([aChange(run, ended)])
    expect(await enrollOne(stage, { again: 'never' })).toBeUndefined()
  },

  'after exit: a contact enters again when every run before has ended': async (stage) => {
    const run = await stage.run({ again: 'afterExit' })
    expect(await enrollOne(stage, { again: 'afterExit' })).toBeUndefined()
    await stage.store.recipients.commit([aChange(run, ended)])
    expect(await enrollOne(stage, { again: 'afterExit' })).toMatchObject({ entryNo: 2 })
    expect(await enrollOne(stage, { again: 'afterExit' })).toBeUndefined()
  },

  'after exit: a quarantined run has not ended': async (stage) => {
    const run = await stage.run({ again: 'afterExit' })
    const quarantined = { status: 'quarantined', reason: 'error', dueAt: null } as const
    await stage.store.recipients.commit([aChange(run, quarantined)])
    expect(await enrollOne(stage, { again: 'afterExit' })).toBeUndefined()
  },

  'always: every entry is a run of its own': async (stage) => {
    await stage.run({ again: 'always' })
    expect(await enrollOne(stage, { again: 'always' })).toMatchObject({ entryNo: 2 })
    expect(await enrollOne(stage, { again: 'always' })).toMatchObject({ entryNo: 3 })
  },

  'keyed runs of one contact stand beside each other, each under its own rule': async (stage) => {
    await stage.run({ again: 'never', runKey: 'order-1' })
    expect(await enrollOne(stage, { again: 'never', runKey: 'order-1' })).toBeUndefined()
    expect(await enrollOne(stage, { again: 'never', runKey: 'order-2' })).toMatchObject({ entryNo: 1 })
    expect(await enrollOne(stage, { again: 'never' })).toMatchObject({ entryNo: 1, runKey: '' })
  },

  'a contact named twice in one call enters once': async (stage) => {
    const campaign = await stage.campaign()
    const runs = ['ana', 'ben', 'ana'].map((contactId) => aNewRun(campaign, contactId))
    const { enrolled } = await stage.store.recipients.enroll({ runs, now: testStart })
    expect(enrolled.map(({ contactId }) => contactId).sort()).toEqual(['ana', 'ben'])
  },

  'those who may not enter do not keep others of the call from it': async (stage) => {
    const campaign = await stage.campaign()
    await stage.enroll(campaign, ['ben'])
    const enrolled = await stage.enroll(campaign, ['ana', 'ben', 'cyd'])
    expect(enrolled.map(({ contactId }) => contactId)).toEqual(['ana', 'cyd'])
  },

  'of many calls at once that enroll the same contacts, each contact enters once': async (stage) => {
    const campaign = await stage.campaign()
    const contactIds = Array.from({ length: 20 }, (_, index) => `c${index}`)
    for (const again of ['never', 'afterExit'] as const) {
      const calls = [contactIds, [...contactIds].reverse(), contactIds].map((order) =>
        stage.enroll(campaign, order, { again, runKey: again }),
      )
      const entered = (await Promise.all(calls)).flat().map(({ contactId }) => contactId)
      expect(entered.sort()).toEqual([...contactIds].sort())
    }
  },

  'ten calls at once that always enroll begin ten runs': async (stage) => {
    const campaign = await stage.campaign()
    const calls = Array.from({ length: 10 }, () => stage.enroll(campaign, ['ana'], { again: 'always' }))
    const entries = (await Promise.all(calls)).flat().map(({ entryNo }) => entryNo)
    expect(entries.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  },

  'activation moves the cursor, counts the enrolled and raises the revision with the inserts': async (stage) => {
    const campaign = await stage.campaign({ activation: { after: null, enrolled: 0 } })
    const chunk = (contactIds: readonly string[], from: string | null, to: string | null) =>
      stage.store.recipients.enroll({
        runs: contactIds.map((contactId): NewRun => aNewRun(campaign, contactId)),
        now: testStart,
        activation: { workspaceId: stage.workspaceId, campaignId: campaign.id, from, to },
      })
    expect((await chunk(['a', 'b'], null, 'b')).enrolled).toHaveLength(2)
    expect(await stage.campaignNow()).toEqual({ ...campaign, activation: { after: 'b', enrolled: 2 }, revision: 2 })
    expect((await chunk(['b', 'c'], 'b', 'c')).enrolled).toHaveLength(1)
    expect(await stage.campaignNow()).toMatchObject({ activation: { after: 'c', enrolled: 3 }, revision: 3 })
    expect((await chunk([], 'c', null)).enrolled).toEqual([])
    expect(await stage.campaignNow()).toMatchObject({ activation: null, revision: 4 })
  },

  'an activation whose cursor has moved on enrolls nobody': async (stage) => {
    const campaign = await stage.campaign({ activation: { after: 'm', enrolled: 0 } })
    const request = { workspaceId: stage.workspaceId, campaignId: campaign.id }
    for (const from of [null, 'a', 'z']) {
      const activation = { ...request, from, to: 'z' }
      const { enrolled } = await stage.store.recipients.enroll({
        runs: [aNewRun(campaign, 'ana')],
        now: testStart,
        activation,
      })
      expect(enrolled).toEqual([])
    }
    expect(await stage.campaignNow()).toEqual(campaign)
    expect(await stage.store.recipients.ofCampaign(request)).toEqual([])
  },

  'a campaign without a cursor is not activated': async (stage) => {
    const campaign = await stage.campaign({ activation: null })
    const activation = { workspaceId: stage.workspaceId, campaignId: campaign.id, from: null, to: 'z' }
    const runs = [aNewRun(campaign, 'ana')]
    expect((await stage.store.recipients.enroll({ runs, now: testStart, activation })).enrolled).toEqual([])
  },

  'of two activations at once from the same cursor, one enrolls': async (stage) => {
    const campaign = await stage.campaign({ activation: { after: null, enrolled: 0 } })
    const activation = { workspaceId: stage.workspaceId, campaignId: campaign.id, from: null, to: 'b' }
    const calls = ['a', 'b', 'c', 'd'].map((contactId) =>
      stage.store.recipients.enroll({ runs: [aNewRun(campaign, contactId)], now: testStart, activation }),
    )
    expect((await Promise.all(calls)).flatMap(({ enrolled }) => enrolled)).toHaveLength(1)
    expect(await stage.campaignNow()).toMatchObject({ activation: { after: 'b', enrolled: 1 }, revision: 2 })
  },

  'runs are listed by contact, oldest first, and by campaign, in pages': async (stage) => {
    const { recipients } = stage.store
    const [first, second] = [await stage.campaign(), await stage.campaign({ id: 'second' })]
    const [ana, ben] = await stage.enroll(first, ['ana', 'ben', 'cyd'])
    const other = only(await stage.enroll(second, ['ana']))
    if (ana === undefined || ben === undefined) throw new Error('Nobody was enrolled.')
    const { workspaceId } = stage
    const ofAna = await recipients.ofContact({ workspaceId, contactId: 'ana' })
    expect(ofAna.map(({ id }) => id)).toEqual([ana.id, other.id])
    expect(ids(await recipients.ofContact({ workspaceId, contactId: 'ana', campaignId: 'second' }))).toEqual([other.id])
    const request = { workspaceId, campaignId: 'onboarding' }
    const page = await recipients.ofCampaign({ ...request, limit: 2 })
    const rest = await recipients.ofCampaign({ ...request, after: String(page[1]?.id), limit: 2 })
    const inOrder = [...page, ...rest].map(({ id }) => id)
    expect(inOrder).toEqual(ids(await recipients.ofCampaign(request)))
    expect(inOrder).toHaveLength(3)
  },

  'runs of a campaign are filtered by life, parking and step': async (stage) => {
    const campaign = await stage.campaign()
    const [ana, ben, cyd] = await stage.enroll(campaign, ['ana', 'ben', 'cyd'])
    if (ana === undefined || ben === undefined || cyd === undefined) throw new Error('Nobody was enrolled.')
    await stage.store.recipients.commit([aChange(ana, ended), aChange(ben, { parked: true, stepId: 'nudge' })])
    const find = async (filter: { live?: boolean; parked?: boolean; stepId?: string }) =>
      ids(
        await stage.store.recipients.ofCampaign({ workspaceId: stage.workspaceId, campaignId: campaign.id, ...filter }),
      )
    expect(await find({ live: true })).toEqual(ids([ben, cyd]))
    expect(await find({ live: false })).toEqual([ana.id])
    expect(await find({ parked: true })).toEqual([ben.id])
    expect(await find({ live: true, parked: false })).toEqual([cyd.id])
    expect(await find({ stepId: 'nudge' })).toEqual([ben.id])
  },
}
