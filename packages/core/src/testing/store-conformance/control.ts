import { expect } from 'vitest'
import { defaultWorkspaceSettings } from '../../campaign/workspace.js'
import { aChange, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { leaseMs, type Stage } from './stage.js'

const beat = (stage: Stage, epoch: number | null, now: number) =>
  stage.store.control.heartbeat({ engineId: 'engine', epoch, leaseMs, now })

/** Engine leases, workspaces and the audit log. */
export const controlCases: Cases = {
  'a heartbeat renews the lease of its epoch': async (stage) => {
    const first = await beat(stage, null, testStart)
    expect(first).toMatchObject({ leaseExpiresAt: testStart + leaseMs })
    const renewed = await beat(stage, first?.epoch ?? 0, testStart + leaseMs - 1)
    expect(renewed).toMatchObject({ epoch: first?.epoch, leaseExpiresAt: testStart + 2 * leaseMs - 1 })
    expect(renewed?.storeNow).toBeGreaterThanOrEqual(testStart)
  },

  'an epoch that has expired, was replaced or was retired cannot be renewed': async (stage) => {
    const first = (await beat(stage, null, testStart))?.epoch ?? 0
    expect(await beat(stage, first, testStart + leaseMs)).toBeNull()
    const second = (await beat(stage, null, testStart + leaseMs))?.epoch ?? 0
    expect(second).toBeGreaterThan(first)
    expect(await beat(stage, first, testStart + leaseMs + 1)).toBeNull()
    expect(await beat(stage, second, testStart + leaseMs + 1)).not.toBeNull()
    await stage.store.control.retire({ engineId: 'engine', epoch: first })
    expect(await beat(stage, second, testStart + leaseMs + 2)).not.toBeNull()
    await stage.store.control.retire({ engineId: 'engine', epoch: second })
    expect(await beat(stage, second, testStart + leaseMs + 3)).toBeNull()
    expect((await beat(stage, null, testStart + leaseMs + 4))?.epoch).toBeGreaterThan(second)
  },

  'tidying up forgets engines that are gone for a day, and nobody takes what comes back for what was': async (
    stage,
  ) => {
    const { control } = stage.store
    const dayOn = 24 * 60 + 1
    const tidy = (now: number) => control.tidy({ now, keepKeysMs: 0 })
    const gone = await stage.engine('gone')
    const run = await stage.claimedRun(gone)
    const alive = await stage.engine('alive', minute(dayOn))
    await tidy(testStart)
    expect(await tidy(minute(dayOn))).toBe(0)
    expect(await tidy(minute(dayOn) + 1)).toBe(1)
    const now = minute(dayOn) + 2
    expect(await control.heartbeat({ ...gone, leaseMs, now })).toBeNull()
    expect(await control.heartbeat({ ...alive, leaseMs, now })).toMatchObject({ epoch: alive.epoch })
    expect((await stage.engine('gone', now)).epoch).toBeGreaterThan(gone.epoch)
    expect((await stage.claim(alive, now)).map(({ id }) => id)).toEqual([run.id])
  },

  'an engine that retires is forgotten no later than if it had died': async (stage) => {
    const engine = await stage.engine()
    await stage.store.control.retire(engine)
    expect(await stage.store.control.tidy({ now: minute(24 * 60 + 1) + 1, keepKeysMs: 0 })).toBe(1)
  },

  'an epoch that never was cannot be renewed': async (stage) => {
    expect(await beat(stage, 7, testStart)).toBeNull()
  },

  'work lies ahead where a run is due, a campaign starts or goes on, or something waits to be taken in': async (
    stage,
  ) => {
    const { control, campaigns, inbox } = stage.store
    const next = () => control.nextWorkAt()
    expect(await next()).toBeNull()
    const campaign = await stage.campaign({ status: 'scheduled', startsAt: minute(50) })
    expect(await next()).toBe(minute(50))
    await stage.run({ campaign, contactId: 'ana', dueAt: minute(20) })
    expect(await next()).toBe(minute(20))
    const going = { ...campaign, status: 'active', activation: { after: null, enrolled: 0 }, revision: 2 } as const
    await campaigns.save({ campaign: going, expectedRevision: 1 })
    expect(await next()).toBe(0)
    await campaigns.save({ campaign: { ...going, activation: null, revision: 3 }, expectedRevision: 2 })
    expect(await next()).toBe(minute(20))
    await inbox.contactsChanged({ workspaceId: stage.workspaceId, contactIds: ['ana'], now: testStart })
    expect(await next()).toBe(0)
  },

  'a secret is long, and the same each time': async (stage) => {
    const secret = await stage.store.control.secret()
    expect(secret.length).toBeGreaterThanOrEqual(32)
    expect(await stage.store.control.secret()).toBe(secret)
  },

  'tidying up changes no counter, and forgets only the keys of reports that are old': async (stage) => {
    const { control, inbox, recipients } = stage.store
    const { workspaceId } = stage
    const run = await stage.claimedRun(await stage.engine())
    const counters = [{ campaignId: run.campaignId, stepId: 'welcome', name: 'entered', by: 2 }]
    await recipients.commit([aChange(run, {}, { counters })])
    const report = { dedupeKey: 'k', delivery: { channel: 'email', providerId: 'nobody' }, facts: [] }
    const append = (now: number) => inbox.appendReports({ workspaceId, reports: [report], now, parkMs: 60_000 })
    await append(testStart)
    const before = await stage.counters()
    expect(await control.tidy({ now: minute(1), keepKeysMs: 120_000 })).toBeGreaterThanOrEqual(1)
    expect([await stage.counters(), await append(minute(1))]).toEqual([before, { appended: 0 }])
    await control.tidy({ now: minute(3), keepKeysMs: 120_000 })
    expect([await stage.counters(), await append(minute(3))]).toEqual([before, { appended: 1 }])
    await recipients.commit([aChange(await stage.runNow(run), {}, { counters })])
    expect(await stage.counters()).toEqual(['welcome entered = 4'])
  },

  'a workspace has settings once it has set some, and the latest count': async (stage) => {
    const { workspaceId, store } = stage
    expect(await store.control.workspace({ workspaceId })).toBeNull()
    const settings = {
      ...defaultWorkspaceSettings,
      zone: 'Europe/Berlin',
      caps: [{ max: 2, per: { calendar: 'day' as const }, channel: 'sms', outside: 'defer' as const }],
      variables: { name: 'Acme', nested: { list: [1, null] } },
    }
    await store.control.saveWorkspace({ workspaceId, settings: { ...settings, keepContent: true } })
    await store.control.saveWorkspace({ workspaceId, settings })
    expect(await store.control.workspace({ workspaceId })).toEqual(settings)
    expect(await store.control.workspace({ workspaceId: stage.elsewhere })).toBeNull()
  },

  'the audit log of a workspace shows the newest first, at most as many as asked for': async (stage) => {
    const entry = (minutes: number, workspaceId = stage.workspaceId) => ({
      workspaceId,
      at: minute(minutes),
      actor: minutes % 2 === 0 ? null : 'ana',
      action: 'campaign.paused',
      subject: `campaign-${minutes}`,
      detail: { before: { status: 'active' }, count: minutes },
    })
    await stage.store.control.audit([entry(1), entry(2), entry(3, stage.elsewhere)])
    await stage.store.control.audit([entry(4)])
    await stage.store.control.audit([])
    const log = await stage.store.control.auditLog({ workspaceId: stage.workspaceId, limit: 2 })
    expect(log).toEqual([entry(4), entry(2)])
    expect(await stage.store.control.auditLog({ workspaceId: stage.workspaceId, limit: 10 })).toHaveLength(3)
  },
}
