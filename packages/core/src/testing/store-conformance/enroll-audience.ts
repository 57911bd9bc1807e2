import { expect } from 'vitest'
import type { Campaign } from '../../campaign/campaign.js'
import type { NewRun } from '../../ports/store-inbox.js'
import type { ZoneBeginning } from '../../ports/store-recipients.js'
import type { Condition } from '../../sequence/condition.js'
import { aChange, aNewRun, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

const minutesIn: { readonly [zone: string]: number } = { 'Europe/Berlin': 10, 'Asia/Tokyo': 20 }

interface Chunk {
  readonly from?: string | null
  readonly limit?: number
  readonly where?: Condition | null
  readonly again?: NewRun['again']
  /** Takes note of the zones that are asked for. */
  readonly asked?: (string | null)[]
}

/** Enters a chunk; everybody waits in `overnight` for as many minutes as their zone says. */
async function enter(stage: Stage, campaign: Campaign, chunk: Chunk = {}): Promise<number> {
  const { from = null, limit = 1000, where = null, again = 'never', asked = [] } = chunk
  const begin = (zone: string | null): ZoneBeginning => {
    asked.push(zone)
    const { recipient } = aNewRun(campaign, '', {
      stepId: 'overnight',
      visit: 1,
      dueAt: minute(minutesIn[zone ?? ''] ?? 0),
    })
    return {
      recipient: { ...recipient, lane: { channel: 'sms', priority: 'bulk' } },
      counters: [{ stepId: 'overnight', name: 'entered' }],
    }
  }
  const { enrolled } = await stage.store.recipients.enrollAudience({
    workspaceId: stage.workspaceId,
    campaignId: campaign.id,
    from,
    limit,
    where,
    now: testStart,
    run: { version: 1, runKey: '', again },
    begin,
  })
  return enrolled
}

const activating = (stage: Stage): Promise<Campaign> => stage.campaign({ activation: { after: null, enrolled: 0 } })
const runsOf = async (stage: Stage) =>
  [
    ...(await stage.store.recipients.ofCampaign({
      workspaceId: stage.workspaceId,
      campaignId: 'onboarding',
      limit: 1000,
    })),
  ].sort((a, b) => (a.contactId < b.contactId ? -1 : 1))

/** Audiences enter where they lie: the store begins the runs by itself. */
export const enrollAudienceCases: Cases = {
  'an audience enters as the zone of each contact says, once asked for each zone': async (stage) => {
    const zones = ['Europe/Berlin', 'Asia/Tokyo', null, 'Europe/Berlin', 'nowhere', '']
    await stage.upsert(zones.map((zone, index) => ({ id: `c${index}`, zone })))
    const campaign = await activating(stage)
    const asked: (string | null)[] = []
    expect(await enter(stage, campaign, { asked })).toBe(6)
    expect(asked.map(String).sort()).toEqual(['', 'Asia/Tokyo', 'Europe/Berlin', 'nowhere', 'null'])
    const runs = await runsOf(stage)
    expect(runs.map(({ contactId, dueAt }) => [contactId, dueAt])).toEqual(
      [10, 20, 0, 10, 0, 0].map((minutes, index) => [`c${index}`, minute(minutes)]),
    )
    const { recipient } = aNewRun(campaign, '', { stepId: 'overnight', visit: 1, dueAt: minute(10) })
    const identity = {
      workspaceId: stage.workspaceId,
      campaignId: 'onboarding',
      contactId: 'c0',
      runKey: '',
      version: 1,
      entryNo: 1,
    }
    expect(runs[0]).toEqual({
      ...recipient,
      ...identity,
      id: runs[0]?.id,
      lane: { channel: 'sms', priority: 'bulk' },
      fence: 0,
      claims: 0,
    })
    expect(await stage.counters()).toEqual(['overnight entered = 6'])
    expect(await stage.campaignNow()).toEqual({ ...campaign, activation: null, revision: 2 })
    expect((await stage.claim(await stage.engine(), minute(15))).map(({ contactId }) => contactId).sort()).toEqual([
      'c0',
      'c2',
      'c3',
      'c4',
      'c5',
    ])
  },

  'an audience enters in chunks, each looking at no more than its limit, each contact once': async (stage) => {
    await stage.upsert(
      Array.from({ length: 9 }, (_, index) => ({ id: `c${index}`, tags: index % 3 === 0 ? ['vip'] : [] })),
    )
    const campaign = await activating(stage)
    const where = { tag: 'vip' }
    expect(await enter(stage, campaign, { limit: 4, where })).toBe(2)
    expect(await stage.campaignNow()).toMatchObject({ activation: { after: 'c3', enrolled: 2 }, revision: 2 })
    expect(await enter(stage, campaign, { from: 'c3', limit: 2, where })).toBe(0)
    expect(await stage.campaignNow()).toMatchObject({ activation: { after: 'c5', enrolled: 2 }, revision: 3 })
    expect(await enter(stage, campaign, { from: 'c5', limit: 100, where })).toBe(1)
    expect(await stage.campaignNow()).toMatchObject({ activation: null, revision: 4 })
    expect((await runsOf(stage)).map(({ contactId }) => contactId)).toEqual(['c0', 'c3', 'c6'])
    expect(await stage.counters()).toEqual(['overnight entered = 3'])
  },

  'an audience that has nobody completes the snapshot': async (stage) => {
    const campaign = await activating(stage)
    expect(await enter(stage, campaign)).toBe(0)
    expect(await stage.campaignNow()).toMatchObject({ activation: null })
  },

  'an audience is whom its condition admits, also where a database cannot say it': async (stage) => {
    await stage.upsert([
      { id: 'ana', attributes: { mood: '😀 well' } },
      { id: 'ben', attributes: { mood: 'well' } },
      { id: 'cyd', attributes: { mood: '😀', left: true } },
    ])
    const campaign = await activating(stage)
    // Half of a surrogate pair: no database can hold it.
    const smiles: Condition = { attribute: 'mood', op: 'startsWith', value: '\ud83d' }
    expect(await enter(stage, campaign, { where: { all: [smiles, { attribute: 'left', op: 'missing' }] } })).toBe(1)
    expect((await runsOf(stage)).map(({ contactId }) => contactId)).toEqual(['ana'])
  },

  'those who are in already enter as re-entry allows': async (stage) => {
    const ended = { status: 'completed', reason: 'completed', endedAt: minute(1), dueAt: null } as const
    for (const [again, entries] of [
      ['never', []],
      ['afterExit', ['ana 2']],
      ['always', ['ana 2', 'ben 2']],
    ] as const) {
      const campaign = await stage.campaign({ id: again, activation: { after: null, enrolled: 0 } })
      await stage.upsert([{ id: 'ana' }, { id: 'ben' }, { id: 'cyd' }])
      const [ana] = await stage.enroll(campaign, ['ana', 'ben'], { again })
      if (ana !== undefined) await stage.store.recipients.commit([aChange(ana, ended)])
      const known = new Set(await namesOf(stage, again))
      expect(await enter(stage, campaign, { again })).toBe(entries.length + 1)
      expect((await namesOf(stage, again)).filter((name) => !known.has(name))).toEqual([...entries, 'cyd 1'])
    }
  },

  'an audience whose cursor has moved on, or that has none, begins nobody': async (stage) => {
    await stage.upsert([{ id: 'ana' }])
    const campaign = await stage.campaign({ activation: { after: 'm', enrolled: 3 } })
    const other = await stage.campaign({ id: 'other', activation: null })
    for (const from of [null, 'a', 'z']) expect(await enter(stage, campaign, { from })).toBe(0)
    expect(await enter(stage, other)).toBe(0)
    expect(await stage.campaignNow()).toEqual(campaign)
    expect(await runsOf(stage)).toEqual([])
    expect(await stage.counters()).toEqual([])
  },

  'of two who take the same chunk at once, and one who enrolls its contacts, each contact enters once': async (
    stage,
  ) => {
    const contactIds = Array.from({ length: 40 }, (_, index) => `c${100 + index}`)
    await stage.upsert(contactIds.map((id) => ({ id })))
    const campaign = await activating(stage)
    const one = enter(stage, campaign)
    const enrolled = stage.enroll(campaign, [...contactIds].reverse())
    const other = enter(stage, campaign)
    const begun = (await one) + (await other) + (await enrolled).length
    expect(begun).toBe(40)
    expect((await runsOf(stage)).map(({ contactId }) => contactId)).toEqual(contactIds)
  },
}

async function namesOf(stage: Stage, campaignId: string): Promise<readonly string[]> {
  const runs = await stage.store.recipients.ofCampaign({ workspaceId: stage.workspaceId, campaignId })
  return runs.map(({ contactId, entryNo }) => `${contactId} ${entryNo}`).sort()
}
