import { expect } from 'vitest'
import { aChange, aMemory, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { leaseMs, only, skewMs } from './stage.js'

const nul = String.fromCharCode(0)

/** T2: what became of a call. */
export const settleCases: Cases = {
  'an outcome, its facts and the run’s next position are written together': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const memory = aMemory({ base: minute(1), replies: { welcome: { ok: true } } })
    const next = {
      stepId: 'overnight',
      visit: 2,
      waiting: 'timer',
      deliveryId: null,
      dueAt: minute(9),
      claims: 0,
      memory,
    } as const
    const counters = [{ campaignId: run.campaignId, stepId: 'welcome', name: 'delivery.sent', by: 1 }]
    const settlement = aSettlement(delivery, {
      providerId: 'provider-1',
      sentAt: minute(1),
      facts: [{ kind: 'accepted', at: minute(1) }],
      reply: { id: 1 },
      counters,
      change: aChange(run, next),
    })
    expect(await stage.settle([settlement], 'sending', minute(1))).toEqual(['applied'])
    expect(await stage.delivery(delivery.id)).toEqual({
      ...delivery,
      state: 'sent',
      providerId: 'provider-1',
      sentAt: minute(1),
      facts: { accepted: minute(1) },
      reply: { id: 1 },
    })
    const after = await stage.runNow(run)
    expect(after).toEqual({ ...run, ...next, fence: after.fence })
    expect(after.fence).toBeGreaterThan(run.fence)
    expect(await stage.counters()).toEqual(['welcome delivery.sent = 1'])
    expect(await stage.claim(engine, minute(9))).toHaveLength(1)
  },

  'the same outcome a second time changes nothing': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    const counters = [{ campaignId: run.campaignId, stepId: '', name: 'sent', by: 1 }]
    const settlement = aSettlement(delivery, {
      sentAt: testStart,
      change: aChange(run, { dueAt: minute(9) }, { counters }),
    })
    expect(await stage.settle([settlement, settlement])).toEqual(['applied', 'stale'])
    const [settled, after] = [await stage.delivery(delivery.id), await stage.runNow(run)]
    expect(await stage.settle([{ ...settlement, state: 'failed' }], 'sending', minute(1))).toEqual(['stale'])
    expect(await stage.delivery(delivery.id)).toEqual(settled)
    expect(await stage.runNow(run)).toEqual(after)
    expect(await stage.counters()).toEqual([' sent = 1'])
  },

  'an outcome of an attempt that is not the latest changes nothing': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const waits = aChange(run, { dueAt: minute(1) })
    await stage.settle([aSettlement(delivery, { state: 'retry_wait', reason: 'busy', change: waits })])
    const second = await stage.start(engine, only(await stage.claim(engine, minute(1))), { ...delivery, attempts: 2 })
    const late = aSettlement(delivery, {
      providerId: 'late',
      facts: [{ kind: 'sent', at: testStart }],
      change: aChange(second.run),
    })
    expect(await stage.settle([late])).toEqual(['stale'])
    expect(await stage.delivery(delivery.id)).toEqual(second.delivery)
    expect(await stage.runNow(run)).toEqual(second.run)
    expect(await stage.settle([{ ...late, attempt: 2 }])).toEqual(['applied'])
  },

  'an outcome is written though the run has changed, and the change is left to the caller': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    const takeover = testStart + leaseMs + skewMs + 1
    const taken = only(await stage.claim(await stage.engine('other', takeover), takeover))
    const counters = [{ campaignId: run.campaignId, stepId: '', name: 'moved', by: 1 }]
    const settlement = aSettlement(delivery, {
      providerId: 'p',
      sentAt: takeover,
      counters: [{ campaignId: run.campaignId, stepId: '', name: 'sent', by: 1 }],
      change: aChange(run, { stepId: 'nudge' }, { counters }),
    })
    expect(await stage.settle([settlement], 'sending', takeover)).toEqual(['run_changed'])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'sent', providerId: 'p', sentAt: takeover })
    expect(await stage.runNow(run)).toEqual(taken)
    expect(await stage.counters()).toEqual([' sent = 1'])
  },

  'what a refusal says about the address is written with it, and once, whatever the run did since': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const suppression = { channel: 'email', address: 'ana@example.com', topic: null, at: minute(1) } as const
    const refused = aSettlement(delivery, {
      state: 'failed',
      reason: '21610',
      permissions: [{ kind: 'suppress', suppression: { ...suppression, reason: 'unsubscribed' } }],
      change: aChange({ ...run, fence: run.fence - 1 }, { stepId: 'done' }),
    })
    expect(await stage.settle([refused], 'unknown')).toEqual(['stale'])
    expect((await stage.permissions('ana')).suppressions).toEqual([])
    expect(await stage.settle([refused])).toEqual(['run_changed'])
    expect((await stage.permissions('ana')).suppressions).toEqual([{ ...suppression, reason: 'unsubscribed' }])
    expect(await stage.settle([refused])).toEqual(['stale'])
    const news = (await stage.inbox()).map(({ kind, contactId }) => [kind, contactId])
    expect(news).toEqual([['contact_changed', 'ana']])
  },

  'what waits to be tried again is canceled when nobody waits for it any more': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    const busy = aSettlement(delivery, { state: 'retry_wait', reason: 'busy', change: null })
    expect(await stage.settle([busy])).toEqual(['applied'])
    const canceled = aSettlement(delivery, { state: 'canceled', reason: 'run_left', change: null })
    expect(await stage.settle([canceled], 'scheduled')).toEqual(['stale'])
    expect(await stage.settle([canceled], 'retry_wait')).toEqual(['applied'])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'canceled', reason: 'run_left', attempts: 1 })
  },

  'only a delivery that is in the state the caller names is settled': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    expect(await stage.settle([aSettlement(delivery)], 'unknown')).toEqual(['stale'])
    const unknown = aSettlement(delivery, { state: 'unknown', reason: 'timeout', lookAt: minute(1) })
    expect(await stage.settle([unknown])).toEqual(['applied'])
    expect(await stage.settle([aSettlement(delivery)])).toEqual(['stale'])
    expect(await stage.settle([aSettlement(delivery, { providerId: 'found' })], 'unknown')).toEqual(['applied'])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'sent', providerId: 'found' })
  },

  'facts are merged with those that came before, each at its earliest time': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    const early = {
      deliveryId: delivery.id,
      facts: [
        { kind: 'accepted', at: minute(3) },
        { kind: 'opened', at: minute(4) },
      ],
    } as const
    const expected = [{ id: run.id, fence: run.fence }]
    await stage.store.inbox.ingest([
      {
        workspaceId: run.workspaceId,
        contactId: run.contactId,
        seqs: [],
        expected,
        facts: [early],
        changes: [],
        permissions: [],
        counters: [],
        newRuns: [],
      },
    ])
    const facts = [
      { kind: 'accepted', at: minute(2) },
      { kind: 'opened', at: minute(5) },
      { kind: 'sent', at: minute(2) },
    ] as const
    await stage.settle([aSettlement(delivery, { facts })])
    expect((await stage.delivery(delivery.id)).facts).toEqual({
      accepted: minute(2),
      opened: minute(4),
      sent: minute(2),
    })
  },

  'an attempt that is taken back leaves the delivery as if it had not been made': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const back = { state: 'scheduled', reason: 'not_started', attemptCounts: false } as const
    const change = aChange(run, { waiting: 'timer', deliveryId: null, dueAt: minute(1) })
    await stage.settle([aSettlement(delivery, { ...back, change })])
    const taken = await stage.delivery(delivery.id)
    expect(taken).toMatchObject({ state: 'scheduled', reason: 'not_started', attempts: 0, intendedAt: null })
    const again = only(await stage.claim(engine, minute(1)))
    expect((await stage.start(engine, again, { id: delivery.id, now: minute(1) })).delivery).toMatchObject({
      state: 'sending',
      attempts: 1,
      intendedAt: minute(1),
    })
  },

  'an attempt that is taken back after others leaves those': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const change = aChange(run, { dueAt: minute(1) })
    await stage.settle([aSettlement(delivery, { state: 'retry_wait', reason: 'busy', change })])
    await stage.start(engine, only(await stage.claim(engine, minute(1))), {
      ...delivery,
      state: 'sending',
      attempts: 2,
    })
    await stage.settle([
      aSettlement(delivery, { state: 'retry_wait', reason: 'account_blocked', attempt: 2, attemptCounts: false }),
    ])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'retry_wait', attempts: 1, intendedAt: testStart })
  },

  'a possible duplicate stays one, and null leaves the provider’s id, the sent instant and the reply': async (
    stage,
  ) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    const first = {
      state: 'unknown',
      reason: 'reset',
      providerId: 'p',
      sentAt: minute(1),
      reply: { id: 1 },
      possibleDuplicate: true,
    } as const
    await stage.settle([aSettlement(delivery, { ...first, lookAt: minute(2) })])
    await stage.settle([aSettlement(delivery)], 'unknown')
    expect(await stage.delivery(delivery.id)).toMatchObject({
      state: 'sent',
      reason: null,
      providerId: 'p',
      sentAt: minute(1),
      reply: { id: 1 },
      possibleDuplicate: true,
    })
  },

  'a row that cannot be stored becomes unknown alone': async (stage) => {
    const engine = await stage.engine()
    await stage.enroll(await stage.campaign(), ['ana', 'ben', 'cyd', 'dot', 'eve'])
    const runs = [...(await stage.claim(engine))].sort((a, b) => a.id - b.id)
    const started = []
    for (const run of runs) started.push(await stage.start(engine, run))
    const bad = [{}, { providerId: `p${nul}1` }, {}, { reply: { text: `a${nul}b` } }, {}]
    const settlements = started.map(({ run, delivery }, index) => {
      const memory = index === 4 ? aMemory({ replies: { welcome: `a${nul}b` } }) : run.memory
      const counters = [{ campaignId: run.campaignId, stepId: '', name: 'sent', by: 1 }]
      return aSettlement(delivery, {
        providerId: `provider-${index}`,
        ...bad[index],
        change: aChange(run, { stepId: 'done', memory }, { counters }),
      })
    })
    const answers = await stage.settle(settlements, 'sending', minute(1))
    expect(answers).toEqual(['applied', 'run_changed', 'applied', 'run_changed', 'run_changed'])
    const deliveries = await Promise.all(started.map(({ delivery }) => stage.delivery(delivery.id)))
    const unknown = { state: 'unknown', reason: 'unstorable', providerId: null, reply: null }
    expect(deliveries).toMatchObject([{ state: 'sent' }, unknown, { state: 'sent' }, unknown, unknown])
    const steps = await Promise.all(runs.map(async (run) => (await stage.runNow(run)).stepId))
    expect(steps).toEqual(['done', 'welcome', 'done', 'welcome', 'welcome'])
    expect(await stage.counters()).toEqual([' sent = 2'])
    expect(await stage.store.deliveries.nextLookAt()).toBe(minute(1))
  },
}
