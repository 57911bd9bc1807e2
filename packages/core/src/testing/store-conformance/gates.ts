import { expect } from 'vitest'
import type { GateScope } from '../../ports/store-control.js'
import { aChange, anIntent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { only, type Stage } from './stage.js'

const close = (stage: Stage, scope: GateScope, now = testStart) =>
  stage.store.control.setGate({ scope, closed: true, now })
const open = (stage: Stage, scope: GateScope, now = testStart) =>
  stage.store.control.setGate({ scope, closed: false, now })

/** Stop and pause: scopes that no call may start in. */
export const gateCases: Cases = {
  'a closed scope is listed until it is opened': async (stage) => {
    const { control } = stage.store
    const campaign: GateScope = { workspaceId: stage.workspaceId, kind: 'campaign', ref: 'onboarding' }
    const tenant: GateScope = { workspaceId: stage.elsewhere, kind: 'workspace', ref: '' }
    expect(await close(stage, campaign)).toMatchObject({ ...campaign, closedAt: testStart })
    await close(stage, tenant, minute(1))
    expect(await control.closedGates({ workspaceIds: [stage.workspaceId] })).toMatchObject([campaign])
    expect(await control.closedGates({ workspaceIds: null })).toHaveLength(2)
    expect(await control.closedGates({ workspaceIds: [] })).toEqual([])
    expect(await open(stage, campaign)).toBeNull()
    expect(await control.closedGates({ workspaceIds: null })).toMatchObject([tenant])
    expect(await open(stage, campaign)).toBeNull()
  },

  'closing what is closed keeps its instant and epoch, closing again after opening raises the epoch': async (stage) => {
    const scope: GateScope = { workspaceId: stage.workspaceId, kind: 'step', ref: 'onboarding/welcome' }
    const first = await close(stage, scope)
    expect(await close(stage, scope, minute(1))).toEqual(first)
    await open(stage, scope)
    const second = await close(stage, scope, minute(2))
    expect(second).toMatchObject({ closedAt: minute(2) })
    expect(second?.epoch).toBeGreaterThan(first?.epoch ?? 0)
  },

  'attempts that have begun and not finished are counted in each of their scopes': async (stage) => {
    const { workspaceId, store } = stage
    const engine = await stage.engine()
    await stage.enroll(await stage.campaign(), ['ana', 'ben'])
    await stage.enroll(await stage.campaign({ id: 'second' }), ['cyd'])
    const started = []
    for (const run of await stage.claim(engine)) started.push(await stage.start(engine, run))
    const counted = async (kind: GateScope['kind'], ref: string, of = workspaceId) =>
      (await store.control.openAttempts({ scope: { workspaceId: of, kind, ref }, now: testStart })).inFlight
    expect(await counted('workspace', '')).toBe(3)
    expect(await counted('account', 'mail-account')).toBe(3)
    expect(await counted('account', 'other')).toBe(0)
    expect(await counted('campaign', 'second')).toBe(1)
    expect(await counted('step', 'onboarding/welcome')).toBe(2)
    expect(await counted('step', 'onboarding/nudge')).toBe(0)
    expect(await counted('workspace', '', stage.elsewhere)).toBe(0)
    const ofSecond = only(started.filter(({ run }) => run.campaignId === 'second'))
    await stage.settle([aSettlement(ofSecond.delivery, { state: 'unknown', reason: 'timeout', lookAt: minute(1) })])
    expect(await counted('campaign', 'second')).toBe(0)
    expect(await counted('workspace', '')).toBe(2)
  },

  'an attempt may start until its permit ends, and is in flight until it is settled': async (stage) => {
    const { delivery, permitUntil } = await stage.startedRun(await stage.engine())
    const scope: GateScope = { workspaceId: stage.workspaceId, kind: 'workspace', ref: '' }
    const at = (now: number) => stage.store.control.openAttempts({ scope, now })
    expect(await at(permitUntil - 1)).toEqual({ inFlight: 1, permitted: 1 })
    expect(await at(permitUntil)).toEqual({ inFlight: 1, permitted: 0 })
    await stage.settle([aSettlement(delivery)])
    expect(await at(permitUntil - 1)).toEqual({ inFlight: 0, permitted: 0 })
  },

  'a run is parked where its workspace, campaign, step or account is closed, and nowhere else': async (stage) => {
    const { workspaceId, store } = stage
    const scopes: readonly GateScope[] = [
      { workspaceId, kind: 'workspace', ref: '' },
      { workspaceId, kind: 'campaign', ref: 'onboarding' },
      { workspaceId, kind: 'step', ref: 'onboarding/welcome' },
      { workspaceId, kind: 'account', ref: 'mail-account' },
    ]
    const engine = await stage.engine()
    const run = await stage.run()
    const park = async (account: string | null) => {
      const claimed = only(await stage.claim(engine))
      expect(await store.recipients.park([{ change: aChange(claimed), account }])).toEqual(['applied'])
      return (await stage.runNow(run)).parked
    }
    for (const scope of scopes) {
      expect(await park('mail-account')).toBe(false)
      await close(stage, scope)
      expect(await park('mail-account'), scope.kind).toBe(true)
      expect(await stage.claim(engine), 'parked runs are not claimed').toEqual([])
      await open(stage, scope)
      await store.recipients.commit([aChange(await stage.runNow(run), { parked: false })])
    }
    await close(stage, { workspaceId, kind: 'account', ref: 'other' })
    await close(stage, { workspaceId, kind: 'step', ref: 'onboarding/nudge' })
    await close(stage, { workspaceId: stage.elsewhere, kind: 'workspace', ref: '' })
    expect(await park('mail-account')).toBe(false)
    await close(stage, { workspaceId, kind: 'account', ref: 'mail-account' })
    expect(await park(null)).toBe(false)
    const stale = aChange({ ...run, fence: run.fence + 1000 })
    expect(await store.recipients.park([{ change: stale, account: null }])).toEqual(['stale'])
  },

  'a campaign and its gate change together or not at all': async (stage) => {
    const { campaigns, control } = stage.store
    const campaign = await stage.campaign()
    const scope: GateScope = { workspaceId: stage.workspaceId, kind: 'campaign', ref: campaign.id }
    const gates = async () => (await control.closedGates({ workspaceIds: [stage.workspaceId] })).map(({ ref }) => ref)
    const paused = { ...campaign, status: 'paused', revision: campaign.revision + 1 } as const
    const gate = { scope, closed: true, now: minute(1) }
    await expect(
      campaigns.save({ campaign: paused, expectedRevision: campaign.revision + 7, gate }),
    ).rejects.toMatchObject({ kind: 'stale' })
    expect(await gates()).toEqual([])
    await campaigns.save({ campaign: paused, expectedRevision: campaign.revision, gate })
    expect(await gates()).toEqual([campaign.id])
    const active = { ...campaign, revision: paused.revision + 1 }
    await campaigns.save({ campaign: active, expectedRevision: paused.revision, gate: { ...gate, closed: false } })
    expect(await gates()).toEqual([])
  },

  'once a stop has resolved no intent is written, however many engines race it': async (stage) => {
    const campaign = await stage.campaign()
    const contactIds = Array.from({ length: 40 }, (_, index) => `c${index}`)
    await stage.enroll(campaign, contactIds)
    const engine = await stage.engine()
    const runs = await stage.claim(engine)
    const reserved = await stage.store.deliveries.reserveIds(runs.length)
    const scope: GateScope = { workspaceId: stage.workspaceId, kind: 'workspace', ref: '' }
    let stoppedAt = Number.POSITIVE_INFINITY
    let clock = 0
    const starts = runs.map(async (run, index) => {
      if (index % 4 === 0) await stage.store.control.closedGates({ workspaceIds: null })
      const begun = clock++
      const result = only(await stage.intend(engine, [anIntent(run, { id: reserved[index] ?? 0 }, { guard: null })]))
      return { begun, started: result.result === 'started' }
    })
    const stop = close(stage, scope).then(() => {
      stoppedAt = clock++
    })
    const outcomes = await Promise.all(starts)
    await stop
    expect(outcomes.filter(({ begun, started }) => started && begun > stoppedAt)).toEqual([])
    const { inFlight } = await stage.store.control.openAttempts({ scope, now: testStart })
    expect(inFlight).toBe(outcomes.filter(({ started }) => started).length)
  },
}
