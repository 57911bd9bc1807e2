import { expect } from 'vitest'
import type { OnEntry } from '../../ports/store-outbox.js'
import {
  aCampaign,
  aChange,
  aNewRun,
  anEvent,
  anIntent,
  anOutboxEvent,
  aSettlement,
  minute,
  testStart,
} from '../builders.js'
import type { Cases } from './cases.js'
import type { Stage } from './stage.js'

const event = (stage: Stage, id: string, change: object = {}) =>
  anOutboxEvent({ workspaceId: stage.workspaceId, id, ...change })

/** The ids of everything that waits to be told, by telling it, in the order in which it is told. */
async function told(stage: Stage): Promise<readonly string[]> {
  const seen: string[] = []
  for (let round = 0; round < 50; round++) {
    const request = { now: minute(60), limit: 100, perEndpoint: 100, leaseMs: 60_000, except: [] }
    const claimed = await stage.store.outbox.claim(request)
    if (claimed.length === 0) return seen
    seen.push(...claimed.map(({ endpoint: to, event: { id } }) => (to.id === 'crm' ? id : `${to.id}: ${id}`)))
    const tellings = claimed.map(({ id, attempt, endpoint: { id: endpointId }, event: { id: eventId, type } }) => ({
      id,
      workspaceId: stage.workspaceId,
      endpointId,
      report: {
        eventId,
        type,
        attempt,
        at: testStart,
        durationMs: 1,
        answer: 'taken',
        status: 200,
        code: null,
      } as const,
      retryAt: null,
    }))
    await stage.store.outbox.settle({ tellings, now: minute(60), disableAfterMs: 1 })
  }
  throw new Error('The outbox does not get empty.')
}

const permit = (stage: Stage, ...outbox: readonly ReturnType<typeof event>[]) =>
  stage.store.contacts.changePermissions({ workspaceId: stage.workspaceId, changes: [], now: testStart, outbox })

const entered: OnEntry = ({ workspaceId, contactId }) => [
  anOutboxEvent({ workspaceId, id: `${contactId} entered`, type: 'recipient.entered', stream: contactId }),
]

/** Events are written with what they tell of, for whoever wants them. */
export const outboxWriteCases: Cases = {
  'nothing is written where nobody wants it, and once for each endpoint that does': async (stage) => {
    await permit(stage, event(stage, 'before'))
    await stage.endpoint()
    await stage.endpoint({ id: 'ended', types: ['recipient.ended', 'delivery.sent'] })
    await stage.endpoint({ id: 'entered', types: ['recipient.entered'] })
    await stage.endpoint({ id: 'off', disabled: { reason: 'host', at: testStart } })
    await stage.endpoint({ workspaceId: stage.elsewhere, id: 'elsewhere' })
    await permit(stage, event(stage, 'after'))
    expect([...(await told(stage))].sort()).toEqual(['after', 'ended: after'])
  },

  'a change of a run brings its events if it is applied, and none if it is stale': async (stage) => {
    await stage.endpoint()
    const run = await stage.run()
    const change = (id: string, expectedFence = run.fence) => ({
      ...aChange(run, { stepId: id }),
      expectedFence,
      outbox: [event(stage, id)],
    })
    expect(await stage.store.recipients.commit([change('stale', 99), change('applied')])).toEqual(['stale', 'applied'])
    const now = await stage.runNow(run)
    const parking = { change: change('parked', now.fence), account: null }
    expect(await stage.store.recipients.park([{ ...parking, change: change('late') }, parking])).toEqual([
      'stale',
      'applied',
    ])
    expect(await told(stage)).toEqual(['applied', 'parked'])
  },

  'an intent brings the events of its decision when it is written, and none when it is refused, closed or stale':
    async (stage) => {
      await stage.endpoint()
      const { engine, runs } = await stage.claimedRuns(['ana', 'ben', 'cyd'])
      await stage.store.control.setGate({
        scope: { workspaceId: stage.workspaceId, kind: 'campaign', ref: 'campaign-1' },
        closed: true,
        now: testStart,
      })
      const intents = []
      for (const run of runs) {
        const intent = anIntent(run, { id: await stage.deliveryId() }, { now: testStart, guard: null })
        const fence = run.contactId === 'cyd' ? 99 : run.fence
        const outbox = [event(stage, run.contactId)]
        intents.push({ ...intent, change: { ...intent.change, expectedFence: fence, outbox } })
      }
      const results = await stage.intend(engine, intents)
      expect(results.map(({ result }) => result)).toEqual(['started', 'closed', 'stale'])
      expect(await told(stage)).toEqual(['ana'])
    },

  'an outcome brings its events whatever became of the run, and before those of what the run does': async (stage) => {
    await stage.endpoint()
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const change = { ...aChange(run, { stepId: 'next' }), outbox: [event(stage, 'run')] }
    const settlement = aSettlement(delivery, { outbox: [event(stage, 'outcome')] })
    const stale = { ...settlement, attempt: 7, outbox: [event(stage, 'stale')] }
    expect(await stage.settle([stale])).toEqual(['stale'])
    expect(await stage.settle([{ ...settlement, change: { ...change, expectedFence: 99 } }])).toEqual(['run_changed'])
    expect(await told(stage)).toEqual(['outcome'])
    const other = await stage.startedRun(engine, { campaign: await stage.campaign({ id: 'other' }) })
    const moved = { ...aChange(other.run, { stepId: 'next' }), outbox: [event(stage, 'run')] }
    const both = aSettlement(other.delivery, { outbox: [event(stage, 'outcome')], change: moved })
    expect(await stage.settle([both])).toEqual(['applied'])
    expect(await told(stage)).toEqual(['outcome', 'run'])
  },

  'an outcome that cannot be stored is not told': async (stage) => {
    await stage.endpoint()
    const { delivery } = await stage.startedRun(await stage.engine())
    const settlement = aSettlement(delivery, { reason: 'a NUL: \u0000', outbox: [event(stage, 'outcome')] })
    expect(await stage.settle([settlement])).toEqual(['run_changed'])
    expect(await told(stage)).toEqual([])
  },

  'only runs that begin are told of, however they come in': async (stage) => {
    await stage.endpoint()
    const campaign = await stage.campaign()
    const enroll = (...contactIds: readonly string[]) =>
      stage.store.recipients.enroll({
        runs: contactIds.map((contactId) => aNewRun(campaign, contactId)),
        now: testStart,
        onEntry: entered,
      })
    await enroll('ana')
    await enroll('ana', 'ben')
    await stage.append([anEvent('cyd'), anEvent('ana')])
    const items = await stage.inbox()
    const [run] = await stage.store.recipients.ofContact({ workspaceId: stage.workspaceId, contactId: 'ana' })
    const batch = items.map(({ workspaceId, contactId, seq }) => ({
      workspaceId,
      contactId,
      seqs: [seq],
      expected: contactId === 'ana' && run !== undefined ? [{ id: run.id, fence: run.fence }] : [],
      facts: [],
      permissions: [],
      counters: [],
      changes: [],
      newRuns: [aNewRun(campaign, contactId)],
      onEntry: entered,
    }))
    expect(await stage.store.inbox.ingest(batch)).toEqual({ conflicts: [], enrolled: 1 })
    expect([...(await told(stage))].sort()).toEqual(['ana entered', 'ben entered', 'cyd entered'])
  },

  'the runs of an audience are told of as they begin': async (stage) => {
    await stage.endpoint()
    await stage.upsert([{ id: 'ana' }, { id: 'ben' }])
    const campaign = await stage.campaign({ activation: { after: null, enrolled: 0 } })
    const { recipient } = aNewRun(campaign, '')
    const request = {
      workspaceId: stage.workspaceId,
      campaignId: campaign.id,
      from: null,
      limit: 1000,
      where: null,
      now: testStart,
      run: { version: 1, runKey: '', again: 'never' },
      begin: () => ({ recipient, counters: [] }),
      onEntry: entered,
    } as const
    expect(await stage.store.recipients.enrollAudience(request)).toEqual({ enrolled: 2 })
    expect(await stage.store.recipients.enrollAudience(request)).toEqual({ enrolled: 0 })
    expect([...(await told(stage))].sort()).toEqual(['ana entered', 'ben entered'])
  },

  'what is taken in from the inbox brings its events once, and none where it meets a conflict': async (stage) => {
    await stage.endpoint()
    await stage.append([anEvent('ana')])
    const [item] = await stage.inbox()
    const ingest = (id: string, expected: readonly { id: number; fence: number }[] = []) =>
      stage.store.inbox.ingest([
        {
          workspaceId: stage.workspaceId,
          contactId: 'ana',
          seqs: [item?.seq ?? 0],
          expected,
          facts: [],
          permissions: [],
          counters: [],
          changes: [],
          newRuns: [],
          outbox: [event(stage, id)],
        },
      ])
    expect((await ingest('conflict', [{ id: 1, fence: 1 }])).conflicts).toHaveLength(1)
    expect((await ingest('taken in')).conflicts).toEqual([])
    expect((await ingest('again')).conflicts).toHaveLength(1)
    expect(await told(stage)).toEqual(['taken in'])
  },

  'a campaign that is saved brings its events, and one that is stale does not': async (stage) => {
    await stage.endpoint()
    const campaign = aCampaign({ workspaceId: stage.workspaceId })
    const { campaigns } = stage.store
    await campaigns.save({ campaign, expectedRevision: null, outbox: [event(stage, 'created')] })
    const save = (expectedRevision: number, id: string) =>
      campaigns.save({ campaign: { ...campaign, revision: 2 }, expectedRevision, outbox: [event(stage, id)] })
    await expect(save(7, 'stale')).rejects.toMatchObject({ kind: 'stale' })
    await save(1, 'changed')
    expect(await told(stage)).toEqual(['created', 'changed'])
  },

  'a host’s transaction that is rolled back leaves nothing to be told': async (stage) => {
    await stage.endpoint()
    const campaign = await stage.campaign()
    const enroll = (contactId: string, fails: boolean) =>
      stage.store.transaction(async (tx) => {
        expect(await stage.store.outbox.wanted({ workspaceIds: [stage.workspaceId], tx })).toHaveLength(1)
        const runs = [aNewRun(campaign, contactId)]
        await stage.store.recipients.enroll({ runs, now: testStart, tx, onEntry: entered })
        if (fails) throw new Error('rolled back')
      })
    await expect(enroll('ana', true)).rejects.toThrow('rolled back')
    await enroll('ben', false)
    expect(await told(stage)).toEqual(['ben entered'])
  },

  'nothing of a person who is erased is left to be told, and all of others': async (stage) => {
    await stage.endpoint()
    await stage.endpoint({ id: 'second' })
    const ben = { stream: 'contact/ben', data: { contactId: 'ben' } }
    await permit(stage, event(stage, 'of ana'), event(stage, 'of ben', ben), event(stage, 'of ana too'))
    const [claimed] = await stage.store.outbox.claim({
      now: minute(1),
      limit: 1,
      perEndpoint: 1,
      leaseMs: 1,
      except: [],
    })
    const { workspaceId } = stage
    expect(claimed?.event.id).toBe('of ana')
    expect(await stage.store.contacts.erase({ workspaceId: stage.elsewhere, contactId: 'ana', now: minute(1) })).toBe(
      false,
    )
    expect(await stage.store.contacts.erase({ workspaceId, contactId: 'ana', now: minute(1) })).toBe(true)
    expect(await stage.store.contacts.erase({ workspaceId, contactId: 'ana', now: minute(1) })).toBe(false)
    expect([...(await told(stage))].sort()).toEqual(['of ben', 'second: of ben'])
  },
}
