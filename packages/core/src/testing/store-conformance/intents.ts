import { expect } from 'vitest'
import type { GateScope } from '../../ports/store-control.js'
import { aChange, aDelivery, anEvent, anIntent, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { ids, leaseMs, only, permitMs, skewMs } from './stage.js'

/** T1: the only door to a provider call. */
export const intentCases: Cases = {
  'a started call is durable: its delivery, its attempt and the run that waits for it': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const intent = anIntent(run, { id: await stage.deliveryId() })
    const result = only(await stage.intend(engine, [intent]))
    if (result.result !== 'started') throw new Error(`The call was not started: ${result.result}.`)
    expect(result.fence).toBeGreaterThan(run.fence)
    expect(await stage.delivery(intent.delivery.id)).toEqual(intent.delivery)
    expect(await stage.runNow(run)).toEqual({ ...intent.change.recipient, fence: result.fence })
  },

  'a started run keeps its dueAt and its owner, so that a dead engine’s call is found': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const intent = anIntent(run, { id: await stage.deliveryId() })
    await stage.intend(engine, [
      { ...intent, change: { ...intent.change, recipient: { ...intent.change.recipient, dueAt: minute(999) } } },
    ])
    expect(await stage.runNow(run)).toMatchObject({ dueAt: testStart, waiting: 'delivery' })
    expect(await stage.claim(engine)).toEqual([])
    const takeover = testStart + leaseMs + skewMs + 1
    const found = only(await stage.claim(await stage.engine('other', takeover), takeover))
    expect(found).toMatchObject({ id: run.id, waiting: 'delivery', deliveryId: intent.delivery.id })
  },

  'the start permit lasts from the store’s own stamp': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const stamp = async () =>
      (await stage.store.control.heartbeat({ ...engine, leaseMs, now: testStart }))?.storeNow ?? 0
    const before = await stamp()
    const { permitUntil } = await stage.start(engine, run)
    expect(permitUntil).toBeGreaterThanOrEqual(before + permitMs)
    expect(permitUntil).toBeLessThanOrEqual((await stamp()) + permitMs)
  },

  'an intent of a claim that was lost writes nothing': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const takeover = testStart + leaseMs + skewMs + 1
    const now = only(await stage.claim(await stage.engine('other', takeover), takeover))
    const id = await stage.deliveryId()
    const results = await stage.intend(engine, [anIntent(run, { id })])
    expect(results).toEqual([{ result: 'stale' }])
    expect(await stage.runNow(run)).toEqual(now)
    expect(await stage.store.deliveries.get({ workspaceId: stage.workspaceId, deliveryIds: [id] })).toEqual([])
  },

  'an intent is written once: the same one again is stale': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const intent = anIntent(run, { id: await stage.deliveryId() })
    const results = await stage.intend(engine, [intent, intent])
    expect(results.map(({ result }) => result)).toEqual(['started', 'stale'])
    expect(await stage.intend(engine, [intent])).toEqual([{ result: 'stale' }])
  },

  'a run that ended meanwhile starts nothing': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const gone = { status: 'exited', reason: 'goal', endedAt: testStart, dueAt: null } as const
    await stage.store.recipients.commit([aChange(run, gone)])
    const intent = anIntent(await stage.runNow(run), { id: await stage.deliveryId() })
    expect(await stage.intend(engine, [anIntent(run, { id: intent.delivery.id })])).toEqual([{ result: 'stale' }])
  },

  'an event of the contact that waits to be taken in comes first': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const intent = anIntent(run, { id: await stage.deliveryId() }, { guard: null })
    await stage.append([anEvent('somebody else')])
    const { workspaceId } = stage
    await stage.store.inbox.contactsChanged({ workspaceId, contactIds: [run.contactId], now: testStart })
    await stage.append([anEvent(run.contactId)])
    expect(await stage.intend(engine, [intent])).toEqual([{ result: 'stale' }])
    expect(await stage.runNow(run)).toEqual(run)
    const seqs = (await stage.inbox()).flatMap((item) =>
      item.kind === 'event' && item.contactId === run.contactId ? item.seq : [],
    )
    const expected = [{ id: run.id, fence: run.fence }]
    const contact = {
      workspaceId,
      contactId: run.contactId,
      expected,
      facts: [],
      changes: [],
      permissions: [],
      counters: [],
      newRuns: [],
    }
    await stage.store.inbox.ingest([{ ...contact, seqs }])
    expect(await stage.intend(engine, [intent])).toMatchObject([{ result: 'started' }])
  },

  'what the decision does beside the run is written with the intent, or not at all': async (stage) => {
    const { engine, runs } = await stage.claimedRuns(['ana', 'ben'])
    await stage.permit([suppressedAddress('ben@example.com')])
    const reserved = await stage.store.deliveries.reserveIds(4)
    const intents = runs.map((run, index) => {
      const intent = anIntent(run, { id: reserved[index] ?? 0 })
      const skipped = aDelivery(run, { id: reserved[index + 2] ?? 0, visit: 7, state: 'skipped', reason: 'holdout' })
      const counters = [{ campaignId: run.campaignId, stepId: 'welcome', name: 'entered', by: 1 }]
      return { ...intent, change: { ...intent.change, deliveries: [skipped], counters } }
    })
    const results = await stage.intend(engine, intents)
    expect(results.map(({ result }) => result)).toEqual(['started', 'refused'])
    const written = await stage.store.deliveries.get({ workspaceId: stage.workspaceId, deliveryIds: reserved })
    expect(ids(written)).toEqual([reserved[0], reserved[2]])
    expect(await stage.counters('campaign-0')).toEqual(['welcome entered = 1'])
    expect(await stage.counters('campaign-1')).toEqual([])
  },

  'a deferred delivery is taken up again under its id': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const deferred = aDelivery(run, { id: await stage.deliveryId(), reason: 'quiet_hours' })
    await stage.store.recipients.commit([aChange(run, { dueAt: minute(5) }, { deliveries: [deferred] })])
    const again = only(await stage.claim(engine, minute(5)))
    const { delivery } = await stage.start(engine, again, { id: deferred.id, now: minute(5) })
    expect(delivery).toMatchObject({ id: deferred.id, state: 'sending', attempts: 1, intendedAt: minute(5) })
    const request = { workspaceId: stage.workspaceId, campaignId: run.campaignId }
    expect(await stage.store.deliveries.ofCampaign(request)).toHaveLength(1)
  },

  'results come in the order of the intents, each for itself': async (stage) => {
    const { engine, runs } = await stage.claimedRuns(['ana', 'ben', 'cyd'])
    const [ana, ben, cyd] = runs
    if (ana === undefined || ben === undefined || cyd === undefined) throw new Error('Nobody was claimed.')
    await stage.permit([suppressedAddress('ben@example.com')])
    const [first, second, third] = await stage.store.deliveries.reserveIds(3)
    const overtaken = { ...ana, fence: ana.fence + 1 }
    const intents = [
      anIntent(cyd, { id: first ?? 0 }),
      anIntent(ben, { id: second ?? 0 }),
      anIntent(overtaken, { id: third ?? 0 }),
    ]
    const results = await stage.intend(engine, intents)
    expect(results.map(({ result }) => result)).toEqual(['started', 'refused', 'stale'])
  },

  'a consent revoked since the decision refuses the call and writes nothing': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    const consent = { channel: 'email', topic: null, status: 'revoked', at: testStart, source: 'sms keyword' } as const
    await stage.permit([{ kind: 'consent', contactId: run.contactId, consent }])
    const id = await stage.deliveryId()
    const refused = { result: 'refused', verdict: { verdict: 'skip', reason: 'consent_revoked' } }
    expect(await stage.intend(engine, [anIntent(run, { id })])).toEqual([refused])
    expect(await stage.runNow(run)).toEqual(run)
    expect(await stage.store.deliveries.get({ workspaceId: stage.workspaceId, deliveryIds: [id] })).toEqual([])
    const transactional = anIntent(run, { id }, { guard: { category: 'transactional' } })
    expect(await stage.intend(engine, [transactional])).toMatchObject([{ result: 'started' }])
  },

  'an address suppressed since the decision refuses the call, whatever its case': async (stage) => {
    const engine = await stage.engine()
    const run = await stage.claimedRun(engine)
    await stage.permit([suppressedAddress('ANA@example.com')])
    const refused = { result: 'refused', verdict: { verdict: 'skip', reason: 'suppressed_stop' } }
    expect(await stage.intend(engine, [anIntent(run, { id: await stage.deliveryId() })])).toEqual([refused])
  },

  'a closed gate of any kind keeps its calls from starting, and no others': async (stage) => {
    const { workspaceId } = stage
    const closing: readonly Omit<GateScope, 'workspaceId'>[] = [
      { kind: 'workspace', ref: '' },
      { kind: 'campaign', ref: 'campaign-0' },
      { kind: 'step', ref: 'campaign-0/welcome' },
      { kind: 'account', ref: 'mail-account' },
    ]
    const others: readonly GateScope[] = [
      { workspaceId: stage.elsewhere, kind: 'workspace', ref: '' },
      { workspaceId, kind: 'campaign', ref: 'campaign-1' },
      { workspaceId, kind: 'step', ref: 'campaign-0/nudge' },
      { workspaceId, kind: 'account', ref: 'campaign-0' },
    ]
    const { engine, runs } = await stage.claimedRuns(['ana'])
    const run = only(runs)
    const intent = anIntent(run, { id: await stage.deliveryId() })
    for (const scope of others) await stage.store.control.setGate({ scope, closed: true, now: testStart })
    for (const kind of closing) {
      const scope = { workspaceId, ...kind }
      await stage.store.control.setGate({ scope, closed: true, now: testStart })
      expect(await stage.intend(engine, [intent])).toEqual([{ result: 'closed' }])
      await stage.store.control.setGate({ scope, closed: false, now: testStart })
    }
    expect(await stage.runNow(run)).toEqual(run)
    expect(await stage.intend(engine, [intent])).toMatchObject([{ result: 'started' }])
  },
}

function suppressedAddress(address: string) {
  const suppression = { channel: 'email', address, topic: null, reason: 'stop', at: testStart } as const
  return { kind: 'suppress', suppression } as const
}
