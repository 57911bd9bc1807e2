import { expect } from 'vitest'
import { contactKey } from '../../ports/store-contacts.js'
import type { ContactIngest } from '../../ports/store-inbox.js'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aNewRun, anEvent, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { leaseMs, only, type Stage, skewMs } from './stage.js'

/** Takes in every item of a contact, on the runs as they are given. */
async function ingestOf(
  stage: Stage,
  contactId: string,
  runs: readonly Recipient[],
  change: Partial<ContactIngest> = {},
): Promise<ContactIngest> {
  const items = (await stage.inbox()).filter((item) => item.contactId === contactId)
  return {
    workspaceId: stage.workspaceId,
    contactId,
    seqs: items.map(({ seq }) => seq),
    expected: runs.map(({ id, fence }) => ({ id, fence })),
    facts: [],
    changes: [],
    permissions: [],
    counters: [],
    newRuns: [],
    ...change,
  }
}

const keyOf = (stage: Stage, contactId: string) => contactKey({ workspaceId: stage.workspaceId, contactId })

/** Taking events, reports and contact changes in. */
export const ingestCases: Cases = {
  'a contact’s items are taken in with their changes, facts and new runs': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    const second = await stage.campaign({ id: 'second' })
    await stage.append([anEvent('ana', { id: '1' }), anEvent('ben', { id: '2' }), anEvent('ana', { id: '3' })])
    const ingest = await ingestOf(stage, 'ana', [run], {
      facts: [{ deliveryId: delivery.id, facts: [{ kind: 'opened', at: minute(1) }] }],
      changes: [
        aChange(
          run,
          { stepId: 'nudge' },
          { counters: [{ campaignId: run.campaignId, stepId: '', name: 'moved', by: 1 }] },
        ),
      ],
      newRuns: [aNewRun(second, 'ana')],
    })
    expect(await stage.store.inbox.ingest([ingest])).toEqual({ conflicts: [], enrolled: 1 })
    expect((await stage.inbox()).map(({ contactId }) => contactId)).toEqual(['ben'])
    expect(await stage.runNow(run)).toMatchObject({ stepId: 'nudge' })
    expect((await stage.delivery(delivery.id)).facts).toEqual({ opened: minute(1) })
    expect(await stage.counters()).toEqual([' moved = 1'])
    expect(
      await stage.store.recipients.ofCampaign({ workspaceId: stage.workspaceId, campaignId: 'second' }),
    ).toHaveLength(1)
  },

  'items are taken in once: a second time is a conflict and applies nothing': async (stage) => {
    const run = await stage.run()
    await stage.append([anEvent('ana')])
    const ingest = await ingestOf(stage, 'ana', [run])
    expect(await stage.store.inbox.ingest([ingest])).toEqual({ conflicts: [], enrolled: 0 })
    const counters = [{ campaignId: run.campaignId, stepId: '', name: 'moved', by: 1 }]
    const again = { ...ingest, changes: [aChange(run, { stepId: 'nudge' }, { counters })] }
    expect(await stage.store.inbox.ingest([again])).toEqual({ conflicts: [keyOf(stage, 'ana')], enrolled: 0 })
    expect(await stage.runNow(run)).toEqual(run)
    expect(await stage.counters()).toEqual([])
  },

  'of two that take the same items in at once, one does': async (stage) => {
    const run = await stage.run()
    await stage.append([anEvent('ana')])
    const counters = [{ campaignId: run.campaignId, stepId: '', name: 'moved', by: 1 }]
    const ingest = await ingestOf(stage, 'ana', [run], { changes: [aChange(run, {}, { counters })] })
    const results = await Promise.all([1, 2, 3, 4].map(() => stage.store.inbox.ingest([ingest])))
    expect(results.filter(({ conflicts }) => conflicts.length === 0)).toHaveLength(1)
    expect(await stage.counters()).toEqual([' moved = 1'])
  },

  'a run whose fence has moved is a conflict: nothing of the contact is applied, and others are': async (stage) => {
    const [ana, ben] = await stage.enroll(await stage.campaign(), ['ana', 'ben'])
    if (ana === undefined || ben === undefined) throw new Error('Nobody was enrolled.')
    const second = await stage.campaign({ id: 'second' })
    await stage.append([anEvent('ana'), anEvent('ben')])
    const batch = [
      await ingestOf(stage, 'ana', [ana], {
        changes: [aChange(ana, { stepId: 'done' })],
        newRuns: [aNewRun(second, 'ana')],
      }),
      await ingestOf(stage, 'ben', [ben], {
        changes: [aChange(ben, { stepId: 'done' })],
        newRuns: [aNewRun(second, 'ben')],
      }),
    ]
    await stage.store.recipients.commit([aChange(ana, { stepId: 'nudge' })])
    expect(await stage.store.inbox.ingest(batch)).toEqual({ conflicts: [keyOf(stage, 'ana')], enrolled: 1 })
    expect(await stage.runNow(ana)).toMatchObject({ stepId: 'nudge' })
    expect(await stage.runNow(ben)).toMatchObject({ stepId: 'done' })
    expect((await stage.inbox()).map(({ contactId }) => contactId)).toEqual(['ana'])
    const entered = await stage.store.recipients.ofCampaign({ workspaceId: stage.workspaceId, campaignId: 'second' })
    expect(entered.map(({ contactId }) => contactId)).toEqual(['ben'])
  },

  'a live run that appeared, or one that ended, is a conflict': async (stage) => {
    const run = await stage.run()
    await stage.append([anEvent('ana')])
    const before = await ingestOf(stage, 'ana', [run])
    const appeared = only(await stage.enroll(await stage.campaign({ id: 'second' }), ['ana']))
    expect((await stage.store.inbox.ingest([before])).conflicts).toEqual([keyOf(stage, 'ana')])
    const both = await ingestOf(stage, 'ana', [run, appeared])
    const gone = { status: 'exited', reason: 'goal', endedAt: testStart, dueAt: null } as const
    await stage.store.recipients.commit([aChange(appeared, gone)])
    expect((await stage.store.inbox.ingest([both])).conflicts).toEqual([keyOf(stage, 'ana')])
    expect((await stage.store.inbox.ingest([before])).conflicts).toEqual([])
  },

  'taking in a claimed run’s event ends the claim': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    await stage.append([anEvent('ana')])
    const ingest = await ingestOf(stage, 'ana', [run], { changes: [aChange(run, { dueAt: minute(1) })] })
    expect((await stage.store.inbox.ingest([ingest])).conflicts).toEqual([])
    expect(await stage.store.recipients.commit([aChange(run, { stepId: 'done' })])).toEqual(['stale'])
    expect(await stage.claim(await stage.engine('other'), minute(1))).toHaveLength(1)
  },

  'facts taken in any number of times, in any order, are kept at their earliest': async (stage) => {
    const { run, delivery } = await stage.startedRun(await stage.engine())
    for (const at of [minute(5), minute(3), minute(3), minute(4)]) {
      const facts = [
        {
          deliveryId: delivery.id,
          facts: [
            { kind: 'delivered', at },
            { kind: 'clicked', at: minute(6) },
          ],
        },
      ] as const
      await stage.store.inbox.ingest([await ingestOf(stage, 'ana', [run], { facts })])
    }
    expect((await stage.delivery(delivery.id)).facts).toEqual({ delivered: minute(3), clicked: minute(6) })
    expect(await stage.runNow(run)).toEqual(run)
  },

  'a run that the rule of entry forbids is left out, and the rest is taken in': async (stage) => {
    const run = await stage.run()
    await stage.append([anEvent('ana')])
    const campaign = { workspaceId: stage.workspaceId, id: run.campaignId }
    const newRuns = [aNewRun(campaign, 'ana'), aNewRun(campaign, 'ana', { runKey: 'order-1' })]
    const ingest = await ingestOf(stage, 'ana', [run], { newRuns })
    expect(await stage.store.inbox.ingest([ingest])).toEqual({ conflicts: [], enrolled: 1 })
    expect(await stage.inbox()).toEqual([])
  },

  'a run that was taken over is a conflict for the former owner’s view': async (stage) => {
    const run = await stage.claimedRun(await stage.engine())
    await stage.append([anEvent('ana')])
    const before = await ingestOf(stage, 'ana', [run])
    const takeover = testStart + leaseMs + skewMs + 1
    await stage.claim(await stage.engine('other', takeover), takeover)
    expect((await stage.store.inbox.ingest([before])).conflicts).toEqual([keyOf(stage, 'ana')])
  },

  'an event that a change emits is appended behind what is there': async (stage) => {
    const run = await stage.run()
    await stage.append([anEvent('ana', { id: '1' }), anEvent('ben', { id: '2' })])
    const emitted = { id: 'emitted', contactId: 'ana', name: 'onboarded', at: minute(1), data: {} }
    const ingest = await ingestOf(stage, 'ana', [run], { changes: [aChange(run, {}, { events: [emitted] })] })
    await stage.store.inbox.ingest([ingest])
    expect(await stage.inbox()).toMatchObject([
      { contactId: 'ben' },
      { contactId: 'ana', event: { name: 'onboarded' } },
    ])
  },
}
