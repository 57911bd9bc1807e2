import { expect } from 'vitest'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import type { GateScope } from '../../ports/store-control.js'
import type { Recipient } from '../../recipient/recipient.js'
import { aChange, aDelivery, anIntent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { leaseMs, only, permitMs, type Stage, skewMs } from './stage.js'

const oneADay: FrequencyCap = { max: 1, per: 'PT24H', outside: 'defer' }

/** Runs of one contact in campaigns of their own, all claimed. */
async function claimedRuns(stage: Stage, contactIds: readonly string[]): Promise<readonly Recipient[]> {
  const engine = await stage.engine()
  for (const [index, contactId] of contactIds.entries()) {
    await stage.run({ campaign: await stage.campaign({ id: `campaign-${index}` }), contactId })
  }
  return [...(await stage.claim(engine))].sort((a, b) => a.id - b.id)
}

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
    const run = await stage.claimedRun(await stage.engine())
    const takeover = testStart + leaseMs + skewMs + 1
    const now = only(await stage.claim(await stage.engine('other', takeover), takeover))
    const id = await stage.deliveryId()
    const results = await stage.intend({ engineId: 'engine', epoch: 1 }, [anIntent(run, { id })])
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
    const [ana, ben, cyd] = await claimedRuns(stage, ['ana', 'ben', 'cyd'])
    if (ana === undefined || ben === undefined || cyd === undefined) throw new Error('Nobody was claimed.')
    await stage.permit([suppressedAddress('ben@example.com')])
    const [first, second, third] = await stage.store.deliveries.reserveIds(3)
    const overtaken = { ...ana, fence: ana.fence + 1 }
    const intents = [
      anIntent(cyd, { id: first ?? 0 }),
      anIntent(ben, { id: second ?? 0 }),
      anIntent(overtaken, { id: third ?? 0 }),
    ]
    const results = await stage.intend({ engineId: 'engine', epoch: 1 }, intents)
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

  'a cap counts what other campaigns sent to the contact, and says when there is room': async (stage) => {
    const [first, second] = await claimedRuns(stage, ['ana', 'ana'])
    if (first === undefined || second === undefined) throw new Error('Nobody was claimed.')
    const engine = { engineId: 'engine', epoch: 1 }
    await stage.start(engine, first)
    const now = minute(60)
    const capped = anIntent(second, { id: await stage.deliveryId() }, { now, guard: { caps: [oneADay] } })
    const verdict = { verdict: 'defer', reason: 'frequency_cap', until: minute(24 * 60) }
    expect(await stage.intend(engine, [capped], now)).toEqual([{ result: 'refused', verdict }])
    expect(await stage.intend(engine, [capped], minute(24 * 60))).toMatchObject([{ result: 'started' }])
  },

  'a cap does not count other people, calls that failed, and webhooks': async (stage) => {
    const runs = await claimedRuns(stage, ['ben', 'ana', 'ana', 'ana'])
    const [ben, failed, webhook, last] = runs
    if (!ben || !failed || !webhook || !last) throw new Error('Nobody was claimed.')
    const engine = { engineId: 'engine', epoch: 1 }
    await stage.start(engine, ben)
    const { delivery } = await stage.start(engine, failed)
    await stage.settle([aSettlement(delivery, { state: 'failed', reason: 'invalid' })])
    await stage.start(engine, webhook, { kind: 'webhook' })
    const intent = anIntent(last, { id: await stage.deliveryId() }, { guard: { caps: [oneADay] } })
    expect(await stage.intend(engine, [intent])).toMatchObject([{ result: 'started' }])
  },

  'a retry is not held against itself': async (stage) => {
    const engine = await stage.engine()
    const { run, delivery } = await stage.startedRun(engine)
    const change = aChange(run, { dueAt: minute(1), deliveryId: delivery.id })
    await stage.settle([aSettlement(delivery, { state: 'retry_wait', reason: 'busy', change })])
    const again = only(await stage.claim(engine, minute(1)))
    const intent = anIntent(
      again,
      { ...delivery, state: 'sending', attempts: 2 },
      { guard: { caps: [oneADay], lateGapMs: 60_000 } },
    )
    expect(await stage.intend(engine, [intent], minute(1))).toMatchObject([{ result: 'started' }])
    expect(await stage.delivery(delivery.id)).toMatchObject({ state: 'sending', attempts: 2, intendedAt: testStart })
  },

  'intents to one contact in one call are judged one after the other': async (stage) => {
    const runs = await claimedRuns(stage, ['ana', 'ana', 'ana'])
    const reserved = await stage.store.deliveries.reserveIds(runs.length)
    const guard = { caps: [{ ...oneADay, max: 2, outside: 'skip' as const }] }
    const intents = runs.map((run, index) => anIntent(run, { id: reserved[index] ?? 0 }, { guard }))
    const results = await stage.intend({ engineId: 'engine', epoch: 1 }, intents)
    expect(results.map(({ result }) => result)).toEqual(['started', 'started', 'refused'])
  },

  'of engines that race for the last message a cap allows, one starts it': async (stage) => {
    const contactIds = ['ana', 'ben', 'cyd', 'dot', 'eve'].flatMap((contactId) => [contactId, contactId, contactId])
    const runs = await claimedRuns(stage, contactIds)
    const reserved = await stage.store.deliveries.reserveIds(runs.length)
    const intents = runs.map((run, index) =>
      anIntent(run, { id: reserved[index] ?? 0 }, { guard: { caps: [oneADay] } }),
    )
    const engine = { engineId: 'engine', epoch: 1 }
    const rounds = [0, 1, 2].map((round) => intents.filter((_, index) => index % 3 === round))
    const results = await Promise.all(
      rounds.map((batch, index) => stage.intend(engine, index === 1 ? batch.reverse() : batch)),
    )
    expect(results.flat().filter(({ result }) => result === 'started')).toHaveLength(5)
  },

  'a late message keeps its distance from the contact’s last one': async (stage) => {
    const [first, second] = await claimedRuns(stage, ['ana', 'ana'])
    if (first === undefined || second === undefined) throw new Error('Nobody was claimed.')
    const engine = { engineId: 'engine', epoch: 1 }
    await stage.start(engine, first, { channel: 'sms' })
    const now = minute(10)
    const late = anIntent(second, { id: await stage.deliveryId() }, { now, guard: { lateGapMs: 60 * 60_000 } })
    const verdict = { verdict: 'defer', reason: 'late_gap', until: minute(60) }
    expect(await stage.intend(engine, [late], now)).toEqual([{ result: 'refused', verdict }])
    const punctual = anIntent(second, { id: late.delivery.id }, { now })
    expect(await stage.intend(engine, [punctual], now)).toMatchObject([{ result: 'started' }])
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
    const run = only(await claimedRuns(stage, ['ana']))
    const intent = anIntent(run, { id: await stage.deliveryId() })
    const engine = { engineId: 'engine', epoch: 1 }
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
