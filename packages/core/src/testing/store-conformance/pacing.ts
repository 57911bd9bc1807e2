import { expect } from 'vitest'
import type { FrequencyCap } from '../../contact/frequency-cap.js'
import { aChange, anIntent, aSettlement, minute, testStart } from '../builders.js'
import type { Cases } from './cases.js'
import { only } from './stage.js'

const oneADay: FrequencyCap = { max: 1, per: 'PT24H', outside: 'defer' }

/** How many messages a contact gets in how long, whoever sends them. */
export const pacingCases: Cases = {
  'a cap counts what other campaigns sent to the contact, and says when there is room': async (stage) => {
    const { engine, runs } = await stage.claimedRuns(['ana', 'ana'])
    const [first, second] = runs
    if (first === undefined || second === undefined) throw new Error('Nobody was claimed.')
    await stage.start(engine, first)
    const now = minute(60)
    const capped = anIntent(second, { id: await stage.deliveryId() }, { now, guard: { caps: [oneADay] } })
    const verdict = { verdict: 'defer', reason: 'frequency_cap', until: minute(24 * 60) }
    expect(await stage.intend(engine, [capped], now)).toEqual([{ result: 'refused', verdict }])
    expect(await stage.intend(engine, [capped], minute(24 * 60))).toMatchObject([{ result: 'started' }])
  },

  'a cap does not count other people, calls that failed or were given up, and webhooks': async (stage) => {
    const { engine, runs } = await stage.claimedRuns(['ben', 'ana', 'ana', 'ana', 'ana'])
    const [ben, failed, givenUp, webhook, last] = runs
    if (!ben || !failed || !givenUp || !webhook || !last) throw new Error('Nobody was claimed.')
    await stage.start(engine, ben)
    const { delivery } = await stage.start(engine, failed)
    await stage.settle([aSettlement(delivery, { state: 'failed', reason: 'invalid' })])
    const retried = await stage.start(engine, givenUp)
    const canceled = { ...retried.delivery, state: 'canceled' as const, reason: 'interrupted' }
    await stage.store.recipients.commit([aChange(retried.run, {}, { deliveries: [canceled] })])
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
    const { engine, runs } = await stage.claimedRuns(['ana', 'ana', 'ana'])
    const reserved = await stage.store.deliveries.reserveIds(runs.length)
    const guard = { caps: [{ ...oneADay, max: 2, outside: 'skip' as const }] }
    const intents = runs.map((run, index) => anIntent(run, { id: reserved[index] ?? 0 }, { guard }))
    const results = await stage.intend(engine, intents)
    expect(results.map(({ result }) => result)).toEqual(['started', 'started', 'refused'])
  },

  'of engines that race for the last message a cap allows, one starts it': async (stage) => {
    const contactIds = ['ana', 'ben', 'cyd', 'dot', 'eve'].flatMap((contactId) => [contactId, contactId, contactId])
    const { engine, runs } = await stage.claimedRuns(contactIds)
    const reserved = await stage.store.deliveries.reserveIds(runs.length)
    const intents = runs.map((run, index) =>
      anIntent(run, { id: reserved[index] ?? 0 }, { guard: { caps: [oneADay] } }),
    )
    const rounds = [0, 1, 2].map((round) => intents.filter((_, index) => index % 3 === round))
    const results = await Promise.all(
      rounds.map((batch, index) => stage.intend(engine, index === 1 ? batch.reverse() : batch)),
    )
    expect(results.flat().filter(({ result }) => result === 'started')).toHaveLength(5)
  },

  'a late message keeps its distance from the contact’s last one': async (stage) => {
    const { engine, runs } = await stage.claimedRuns(['ana', 'ana'])
    const [first, second] = runs
    if (first === undefined || second === undefined) throw new Error('Nobody was claimed.')
    await stage.start(engine, first, { channel: 'sms' })
    const now = minute(10)
    const late = anIntent(second, { id: await stage.deliveryId() }, { now, guard: { lateGapMs: 60 * 60_000 } })
    const verdict = { verdict: 'defer', reason: 'late_gap', until: minute(60) }
    expect(await stage.intend(engine, [late], now)).toEqual([{ result: 'refused', verdict }])
    const punctual = anIntent(second, { id: late.delivery.id }, { now })
    expect(await stage.intend(engine, [punctual], now)).toMatchObject([{ result: 'started' }])
  },
}
