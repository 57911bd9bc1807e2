import { expect } from 'vitest'
import type { Priority } from '../../sequence/step.js'
import { aChange, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { ids, leaseMs, only, type Stage, skewMs } from './stage.js'

const contacts = (count: number, prefix = 'c'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

const leaseEnd = testStart + leaseMs
const takeover = leaseEnd + skewMs + 1

/** Whether a run is claimed at `now`, by an engine that is alive then. */
async function isClaimable(stage: Stage, now: number): Promise<boolean> {
  const probe = await stage.engine('probe', now)
  const claimed = await stage.claim(probe, now)
  await stage.store.recipients.release(
    claimed.map(({ workspaceId, id, fence }) => ({ workspaceId, recipientId: id, fence })),
  )
  return claimed.length > 0
}

/** T0: who gets which due run, and for how long. */
export const claimCases: Cases = {
  'a due run is claimed with a raised fence and one claim more': async (stage) => {
    const run = await stage.run()
    const claimed = only(await stage.claim(await stage.engine()))
    expect(claimed).toEqual({ ...run, fence: claimed.fence, claims: 1 })
    expect(claimed.fence).toBeGreaterThan(run.fence)
    expect(await stage.runNow(run)).toEqual(claimed)
  },

  'a run is due from dueAt on, and not a millisecond before': async (stage) => {
    await stage.run({ dueAt: minute(5) })
    const engine = await stage.engine()
    expect(await stage.claim(engine, minute(5) - 1)).toEqual([])
    expect(await stage.claim(engine, minute(5))).toHaveLength(1)
  },

  'parked and ended runs are not claimed': async (stage) => {
    const campaign = await stage.campaign()
    const [parked, ended] = await stage.enroll(campaign, ['ana', 'ben'])
    if (parked === undefined || ended === undefined) throw new Error('Nobody was enrolled.')
    await stage.store.recipients.commit([
      aChange(parked, { parked: true }),
      aChange(ended, { status: 'exited', reason: 'goal', endedAt: testStart, dueAt: testStart, parked: true }),
    ])
    expect(await stage.claim(await stage.engine(), minute(60))).toEqual([])
    expect(await stage.runNow(ended)).toMatchObject({ dueAt: null, parked: false })
    await stage.store.recipients.commit([aChange(await stage.runNow(parked), { parked: false })])
    expect(await stage.claim(await stage.engine(), minute(60))).toHaveLength(1)
  },

  'a claimed run is not claimed again, not even by its owner': async (stage) => {
    const engine = await stage.engine()
    await stage.claimedRun(engine)
    expect(await stage.claim(engine)).toEqual([])
    expect(await stage.claim(await stage.engine('other'))).toEqual([])
  },

  'a run whose dueAt was moved is due then, and in nobody’s way before': async (stage) => {
    const campaign = await stage.campaign()
    const moved = only(await stage.enroll(campaign, ['moved'], { dueAt: minute(1) }))
    await stage.enroll(campaign, ['steady'], { dueAt: minute(5) })
    await stage.store.recipients.commit([aChange(moved, { dueAt: minute(30) })])
    expect(await stage.store.recipients.nextDueAt()).toBe(minute(5))
    expect(only(await stage.claim(await stage.engine(), minute(5))).contactId).toBe('steady')
    const later = await stage.claim(await stage.engine('other', minute(30)), minute(30))
    expect(later.map(({ contactId }) => contactId)).toContain('moved')
  },

  'the oldest are claimed first': async (stage) => {
    const campaign = await stage.campaign()
    for (const minutes of [3, 1, 4, 2, 5]) {
      await stage.enroll(campaign, [`due-${minutes}`], { dueAt: minute(minutes) })
    }
    const claimed = await stage.claim(await stage.engine(), minute(9), { limit: 2 })
    expect(claimed.map(({ contactId }) => contactId).sort()).toEqual(['due-1', 'due-2'])
  },

  'engines that claim at once never get the same run, and together get all': async (stage) => {
    const runs = await stage.enroll(await stage.campaign(), contacts(60))
    const engines = await Promise.all(contacts(6, 'engine').map((engineId) => stage.engine(engineId)))
    const claimed: number[] = []
    for (let round = 0; claimed.length < 60 && round < 20; round++) {
      const batches = await Promise.all(engines.map((owner) => stage.claim(owner, testStart, { limit: 7 })))
      for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(7)
      claimed.push(...batches.flat().map(({ id }) => id))
    }
    expect(claimed.sort((a, b) => a - b)).toEqual(ids(runs))
  },

  'a claim is taken over only when the lease has been over for longer than the skew': async (stage) => {
    await stage.claimedRun(await stage.engine())
    for (const now of [testStart, leaseEnd, leaseEnd + skewMs]) expect(await isClaimable(stage, now)).toBe(false)
    expect(await isClaimable(stage, takeover)).toBe(true)
  },

  'a renewed lease keeps every claim of the engine': async (stage) => {
    const engine = await stage.engine()
    await stage.claimedRun(engine)
    await stage.store.control.heartbeat({ ...engine, leaseMs, now: testStart + leaseMs / 2 })
    expect(await isClaimable(stage, takeover)).toBe(false)
    expect(await isClaimable(stage, takeover + leaseMs / 2)).toBe(true)
  },

  'a takeover raises the fence, counts as a claim, and the former owner can write nothing': async (stage) => {
    const before = await stage.claimedRun(await stage.engine())
    const after = only(await stage.claim(await stage.engine('other', takeover), takeover))
    expect(after.fence).toBeGreaterThan(before.fence)
    expect(after.claims).toBe(2)
    expect(await stage.store.recipients.commit([aChange(before, { stepId: 'nudge' })])).toEqual(['stale'])
    await stage.store.recipients.release([
      { workspaceId: stage.workspaceId, recipientId: before.id, fence: before.fence },
    ])
    expect(await stage.runNow(before)).toEqual(after)
  },

  'an engine that starts over or retires gives its claims up at once': async (stage) => {
    const first = await stage.engine()
    await stage.claimedRun(first)
    const second = await stage.engine()
    const again = only(await stage.claim(second))
    await stage.store.control.retire(first)
    expect(await stage.claim(await stage.engine('other'))).toEqual([])
    await stage.store.control.retire(second)
    expect(only(await stage.claim(await stage.engine('other'))).id).toBe(again.id)
  },

  'a released run is as due as before, its fence raised, the claim not counted': async (stage) => {
    const engine = await stage.engine()
    const claimed = await stage.claimedRun(engine)
    await stage.store.recipients.release([
      { workspaceId: stage.workspaceId, recipientId: claimed.id, fence: claimed.fence },
      { workspaceId: stage.workspaceId, recipientId: claimed.id + 1000, fence: 0 },
    ])
    const released = await stage.runNow(claimed)
    expect(released).toEqual({ ...claimed, fence: released.fence, claims: 0 })
    expect(released.fence).toBeGreaterThan(claimed.fence)
    expect(await stage.store.recipients.commit([aChange(claimed)])).toEqual(['stale'])
    expect(only(await stage.claim(engine)).claims).toBe(1)
  },

  'claims without progress add up until a commit says otherwise': async (stage) => {
    let run = await stage.run()
    for (let claims = 1; claims <= 3; claims++) {
      const engine = await stage.engine()
      run = only(await stage.claim(engine))
      expect(run.claims).toBe(claims)
    }
    await stage.store.recipients.commit([aChange(run, { claims: 0 })])
    expect(only(await stage.claim(await stage.engine())).claims).toBe(1)
  },

  'a commit ends the claim and raises the fence': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const change = aChange(run, { stepId: 'overnight', visit: 2, dueAt: minute(5) })
    expect(await stage.store.recipients.commit([change, change])).toEqual(['applied', 'stale'])
    const after = await stage.runNow(run)
    expect(after).toEqual({ ...change.recipient, fence: after.fence })
    expect(after.fence).toBeGreaterThan(run.fence)
    expect(ids(await stage.claim(engine, minute(5)))).toEqual([run.id])
  },

  'runs of blocked lanes are left alone, and only those': async (stage) => {
    const [campaign, other] = [await stage.campaign(), await stage.campaign({ workspaceId: stage.elsewhere })]
    await stage.enroll(campaign, ['mail'])
    await stage.enroll(campaign, ['text'], { lane: { channel: 'sms', priority: 'normal' } })
    await stage.enroll(campaign, ['none'], { lane: { channel: '', priority: 'normal' } })
    await stage.enroll(other, ['mail-elsewhere'])
    const blocked = [{ workspaceId: stage.workspaceId, channel: 'email' }]
    const claimed = await stage.claim(await stage.engine(), testStart, { blocked })
    expect(claimed.map(({ contactId }) => contactId).sort()).toEqual(['mail-elsewhere', 'none', 'text'])
    const everywhere = [{ workspaceId: null, channel: 'email' }]
    expect(await stage.claim(await stage.engine('other'), testStart, { blocked: everywhere })).toEqual([])
    expect(await stage.claim(await stage.engine('other'), testStart)).toHaveLength(1)
  },

  'a workspace with a backlog leaves the others their share': async (stage) => {
    await stage.enroll(await stage.campaign(), contacts(40), { dueAt: minute(-60) })
    const other = await stage.campaign({ workspaceId: stage.elsewhere })
    await stage.enroll(other, contacts(5), { dueAt: minute(-1) })
    const claimed = await stage.claim(await stage.engine(), testStart, { limit: 10 })
    expect(claimed.filter(({ workspaceId }) => workspaceId === stage.elsewhere)).toHaveLength(5)
  },

  'no more are claimed than asked for, however many workspaces have something due': async (stage) => {
    await stage.enroll(await stage.campaign(), contacts(2))
    await stage.enroll(await stage.campaign({ workspaceId: stage.elsewhere }), contacts(2))
    expect(await stage.claim(await stage.engine(), testStart, { limit: 1 })).toHaveLength(1)
  },

  'a lane with a backlog leaves the others of its workspace their share': async (stage) => {
    const campaign = await stage.campaign()
    const lane = (channel: string, priority: Priority) => ({ lane: { channel, priority } })
    await stage.enroll(campaign, contacts(40, 'bulk'), { ...lane('email', 'bulk'), dueAt: minute(-60) })
    await stage.enroll(campaign, contacts(3, 'soon'), { ...lane('email', 'immediate'), dueAt: minute(-1) })
    await stage.enroll(campaign, contacts(3, 'text'), { ...lane('sms', 'bulk'), dueAt: minute(-1) })
    const claimed = await stage.claim(await stage.engine(), testStart, { limit: 9 })
    expect(
      claimed.filter(({ lane: { channel, priority } }) => channel === 'email' && priority === 'immediate'),
    ).toHaveLength(3)
    expect(claimed.filter(({ lane: { channel } }) => channel === 'sms')).toHaveLength(3)
  },

  'of more lanes than a claim has places for, each gets its turn': async (stage) => {
    const lane = (channel: string) => ({ lane: { channel, priority: 'normal' as const } })
    const campaign = await stage.campaign()
    const channels = ['email', 'sms', 'push', 'chat', 'fax']
    for (const [index, channel] of channels.entries())
      await stage.enroll(campaign, contacts(9, channel), { ...lane(channel), dueAt: minute(-60 + index) })
    const other = await stage.campaign({ workspaceId: stage.elsewhere })
    await stage.enroll(other, contacts(9), { ...lane('email'), dueAt: minute(-1) })
    const engine = await stage.engine()
    const served: string[] = []
    for (let round = 0; round < 6; round++) {
      const claimed = await stage.claim(engine, testStart, { limit: 2 })
      served.push(...claimed.map((run) => `${run.workspaceId} ${run.lane.channel}`))
    }
    for (const name of new Set(served)) expect(served.filter((one) => one === name)).toHaveLength(2)
    expect(new Set(served).size).toBe(6)
  },

  'claiming on and on reaches everything that is due': async (stage) => {
    await stage.enroll(await stage.campaign(), contacts(30))
    await stage.enroll(await stage.campaign({ workspaceId: stage.elsewhere }), contacts(3))
    const engine = await stage.engine()
    let claimed = 0
    for (let round = 0; round < 33; round++) claimed += (await stage.claim(engine, testStart, { limit: 4 })).length
    expect(claimed).toBe(33)
  },

  'the next due instant is the earliest of runs that are neither claimed, parked nor ended': async (stage) => {
    const { recipients } = stage.store
    expect(await recipients.nextDueAt()).toBeNull()
    const campaign = await stage.campaign()
    await stage.enroll(campaign, ['late'], { dueAt: minute(30) })
    await stage.enroll(campaign, ['parked'], { dueAt: minute(10), parked: true })
    await stage.enroll(campaign, ['soon'], { dueAt: minute(20) })
    expect(await recipients.nextDueAt()).toBe(minute(20))
    const claimed = only(await stage.claim(await stage.engine(), minute(20)))
    expect(await recipients.nextDueAt()).toBe(minute(30))
    await recipients.commit([aChange(claimed, { dueAt: minute(25) })])
    expect(await recipients.nextDueAt()).toBe(minute(25))
  },
}
