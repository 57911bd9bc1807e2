import { expect } from 'vitest'
import type { Delivery } from '../../delivery/delivery.js'
import type { Fact } from '../../delivery/facts.js'
import type { NewReport } from '../../ports/store-inbox.js'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

/** A message that went out, of a run that has ended since. */
async function sentAndOver(stage: Stage): Promise<{ readonly run: Recipient; readonly delivery: Delivery }> {
  const { run, delivery } = await stage.startedRun(await stage.engine())
  await stage.settle([aSettlement(delivery, { providerId: 'p-1' })])
  const over = { status: 'completed', waiting: 'timer', deliveryId: null, dueAt: null, endedAt: testStart } as const
  await stage.store.recipients.commit([aChange(await stage.runNow(run), over)])
  return { run: await stage.runNow(run), delivery: await stage.delivery(delivery.id) }
}

const quiet = (delivery: NewReport['delivery'], fact: Partial<Fact> = {}, dedupeKey = 'report-1'): NewReport => ({
  dedupeKey,
  delivery,
  facts: [{ kind: 'delivered', at: minute(1), ...fact }],
  isQuiet: true,
})

const report = async (stage: Stage, reports: readonly NewReport[], workspaceId = stage.workspaceId): Promise<number> =>
  (await stage.store.inbox.appendReports({ workspaceId, reports, now: minute(9), parkMs: 60_000 })).appended

/** Reports that nobody but their delivery has to hear of. */
export const quietReportCases: Cases = {
  'a quiet report on a run that is over is merged and counted at once, however its delivery is named': async (
    stage,
  ) => {
    const { delivery } = await sentAndOver(stage)
    const opened = quiet({ channel: 'email', providerId: 'p-1' }, { kind: 'opened', at: minute(2) }, 'report-2')
    expect(await report(stage, [quiet({ id: delivery.id }), opened])).toBe(2)
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: minute(1), opened: minute(2) })
    expect(await stage.inbox()).toEqual([])
    expect(await stage.counters()).toEqual([
      `${delivery.stepId} fact.delivered = 1`,
      `${delivery.stepId} fact.opened = 1`,
    ])
  },

  'copies of a quiet report change nothing, in one call, in several, and in several at once': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    const first = quiet({ id: delivery.id })
    const late = quiet({ id: delivery.id }, { at: minute(3) }, 'report-2')
    expect(await report(stage, [first, first, late])).toBe(2)
    expect(await report(stage, [late, first])).toBe(0)
    expect(await report(stage, [{ ...first, dedupeKey: 'another' }])).toBe(1)
    const opened = (key: string) => quiet({ id: delivery.id }, { kind: 'opened' }, key)
    await Promise.all(['3', '4', '5', '5'].map((key) => report(stage, [opened(key)])))
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: minute(1), opened: minute(1) })
    expect(await stage.counters()).toEqual([
      `${delivery.stepId} fact.delivered = 1`,
      `${delivery.stepId} fact.opened = 1`,
    ])
  },

  'of two quiet reports with one key the first counts, whatever the other says': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    const first = quiet({ id: delivery.id })
    const other = quiet({ id: delivery.id }, { kind: 'opened' })
    expect(await report(stage, [first, other])).toBe(1)
    expect(await report(stage, [other])).toBe(0)
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: minute(1) })
  },

  'a quiet report of an earlier time than is known goes to the inbox': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    expect(await report(stage, [quiet({ id: delivery.id }, { at: minute(5) })])).toBe(1)
    expect(await report(stage, [quiet({ id: delivery.id }, { at: minute(4) }, 'report-2')])).toBe(1)
    expect(await stage.inbox()).toMatchObject([{ kind: 'report', facts: [{ kind: 'delivered', at: minute(4) }] }])
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: minute(5) })
  },

  'a quiet report says nothing of a time before its delivery was intended': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    const before = quiet({ id: delivery.id }, { at: (delivery.intendedAt ?? 0) - 1 })
    expect(await report(stage, [before])).toBe(1)
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: delivery.intendedAt })
    expect(await report(stage, [{ ...before, dedupeKey: 'report-2' }])).toBe(1)
    expect(await stage.inbox()).toEqual([])
  },

  'a quiet report goes to the inbox while its run goes on, and while its call is open': async (stage) => {
    const { delivery } = await stage.startedRun(await stage.engine())
    expect(await report(stage, [quiet({ id: delivery.id })])).toBe(1)
    await stage.settle([aSettlement(delivery)])
    expect(await report(stage, [quiet({ id: delivery.id }, { kind: 'opened' }, 'report-2')])).toBe(1)
    expect(await stage.inbox()).toMatchObject([{ kind: 'report' }, { kind: 'report' }])
    expect((await stage.delivery(delivery.id)).facts).toEqual({})
  },

  'a report that is not quiet goes to the inbox': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    expect(await report(stage, [{ ...quiet({ id: delivery.id }), isQuiet: false }])).toBe(1)
    expect(await stage.inbox()).toMatchObject([{ kind: 'report', deliveryId: delivery.id }])
  },

  'a quiet report never reaches a delivery of another workspace': async (stage) => {
    const { delivery } = await sentAndOver(stage)
    const forged = [quiet({ id: delivery.id }), quiet({ channel: 'email', providerId: 'p-1' }, {}, 'report-2')]
    await report(stage, forged, stage.elsewhere)
    expect((await stage.delivery(delivery.id)).facts).toEqual({})
    expect(await stage.counters()).toEqual([])
  },

  'a contact whose reports were taken for news is a conflict once they are not': async (stage) => {
    const { run, delivery } = await sentAndOver(stage)
    await report(stage, [{ ...quiet({ id: delivery.id }), isQuiet: false }])
    const [item] = await stage.inbox()
    await report(stage, [quiet({ id: delivery.id }, {}, 'report-2')])
    const ingest = {
      workspaceId: stage.workspaceId,
      contactId: run.contactId,
      seqs: [item?.seq ?? 0],
      expected: [],
      facts: [{ deliveryId: delivery.id, facts: [{ kind: 'delivered', at: minute(1) }], known: {} }] as const,
      permissions: [],
      counters: [{ campaignId: run.campaignId, stepId: delivery.stepId, name: 'fact.delivered', by: 1 }],
      changes: [],
      newRuns: [],
    }
    expect((await stage.store.inbox.ingest([ingest])).conflicts).toHaveLength(1)
    const facts = [{ ...ingest.facts[0], known: { delivered: minute(1) } }]
    expect((await stage.store.inbox.ingest([{ ...ingest, facts, counters: [] }])).conflicts).toEqual([])
    expect(await stage.inbox()).toEqual([])
    expect(await stage.counters()).toEqual([`${delivery.stepId} fact.delivered = 1`])
  },
}
