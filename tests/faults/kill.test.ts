import { type Delivery, deliveryRef, isTerminal } from '@drumbeat/core'
import { describe, expect, it } from 'vitest'
import { engineAt, type Place, secret, workspaceId } from './engine-process.js'
import {
  acceptedCalls,
  ambiguousDeliveries,
  leave,
  mailsEach,
  newPlace,
  pause,
  setUp,
  startEngine,
} from './processes.js'

const kills = Number(process.env.DRUMBEAT_KILLS ?? 3)
/** Enough that the campaign is not over before the last kill; an embedded database is slower. */
const peopleOn = { postgres: 25 * Math.max(kills, 4), pglite: 10 * Math.max(kills, 4) }
const seed = Number(process.env.DRUMBEAT_SEED ?? Date.now() % 100_000)

describe.each(['postgres', 'pglite'] as const)('an engine on %s that is killed again and again', (kind) => {
  it(
    'loses nothing, sends nothing twice, and counts what it cannot know',
    async () => {
      const people = peopleOn[kind]
      const place = newPlace(kind, { untoldOneIn: 4 })
      try {
        const campaignId = await setUp(place, people)
        const killed = await killAgainAndAgain(place)
        await finish(place)

        const deliveries = await deliveriesOf(place, campaignId)
        const calls = acceptedCalls(place)
        const ambiguous = ambiguousDeliveries(place)
        const callsTo = countBy(calls.map((call) => call.deliveryRef))
        const callsOf = ({ id }: Delivery): number => callsTo.get(deliveryRef(secret, id)) ?? 0
        const sent = deliveries.filter(({ state }) => state === 'sent')
        const unresolved = deliveries.filter(({ state }) => state === 'unresolved')
        console.log(
          `seed ${seed}, ${kind}: ${killed} kills, ${deliveries.length} deliveries, ${calls.length} calls accepted; of ` +
            `${ambiguous.size} unknown outcomes ${unresolved.length} stayed unresolved (${unresolved.filter(callsOf).length} accepted)`,
        )
        expect(await quarantined(place, campaignId), 'people whose engine was blamed on them').toEqual([])
        expect(killed, 'kills before the campaign was over').toBe(kills)
        expect(deliveries.filter(({ state }) => !isTerminal(state)).length, 'open deliveries').toBe(0)
        expect(deliveries.length, 'one delivery for each mail to each person').toBe(people * mailsEach)
        expect(new Set(deliveries.map(visitOf)).size, 'each for a visit of its own').toBe(people * mailsEach)
        expect([...callsTo.values()].filter((count) => count > 1).length, 'accepted twice').toBe(0)
        expect(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(calls.length)
        expect(sent.filter((delivery) => callsOf(delivery) !== 1).length, 'called sent, but lost').toBe(0)
        const references = new Set(deliveries.map(({ id }) => deliveryRef(secret, id)))
        expect(calls.filter((call) => !references.has(call.deliveryRef)).length, 'calls without a delivery').toBe(0)
        expect(
          deliveries.filter(({ state, id }) => state !== 'sent' && !(state === 'unresolved' && ambiguous.has(id))),
          'neither sent nor counted as unresolved',
        ).toEqual([])
      } finally {
        await leave(place)
      }
    },
    90_000 + kills * 10_000,
  )
})

/**
 * Kills engines while the campaign runs, at random times, every other one as soon as the provider has accepted a call after that. Returns
 * how many were killed before it was over.
 */
async function killAgainAndAgain(place: Place): Promise<number> {
  const random = randomFrom(seed)
  for (let kill = 0; kill < kills; kill++) {
    const engine = startEngine(place)
    try {
      await engine.says('ready')
      await pause(20 + random() * 600)
      if (kill % 2 === 0) await nextCall(place)
      if (engine.hasSaid('done')) return kill
    } finally {
      await engine.kill()
    }
  }
  return kills
}

/** Waits for the provider to accept a call: for a moment, its outcome is not written yet. */
async function nextCall(place: Place): Promise<void> {
  const before = acceptedCalls(place).length
  for (let look = 0; look < 500 && acceptedCalls(place).length === before; look++) await pause(4)
}

async function finish(place: Place): Promise<void> {
  const engine = startEngine(place)
  try {
    await engine.says('done', 60_000 + kills * 2_000)
  } finally {
    await engine.kill()
  }
}

async function deliveriesOf(place: Place, campaignId: string): Promise<readonly Delivery[]> {
  const { drumbeat, store, close } = engineAt(place)
  try {
    await store.open()
    const workspace = drumbeat.workspace(workspaceId)
    const deliveries: Delivery[] = []
    for (;;) {
      const last = deliveries.at(-1)
      const after = last === undefined ? null : String(last.id)
      const page = await workspace.deliveries(campaignId, { after, limit: 500 })
      deliveries.push(...page)
      if (page.length === 0) return deliveries
    }
  } finally {
    await close()
  }
}

async function quarantined(place: Place, campaignId: string): Promise<readonly string[]> {
  const { drumbeat, store, close } = engineAt(place)
  try {
    await store.open()
    const runs = await drumbeat.workspace(workspaceId).recipients(campaignId, { limit: 1000 })
    return runs
      .filter(({ status }) => status === 'quarantined')
      .map(({ contactId, reason }) => `${contactId} ${reason}`)
  } finally {
    await close()
  }
}

function visitOf({ recipientId, stepId, visit }: Delivery): string {
  return `${recipientId}/${stepId}/${visit}`
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Numbers in [0, 1) that a seed repeats. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
