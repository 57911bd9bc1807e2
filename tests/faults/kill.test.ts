import { describe, expect, it } from 'vitest'
import { engineAt, workspaceId } from './engine-process.js'
import { acceptedCalls, newPlace, setUp, startEngine } from './processes.js'

const kills = Number(process.env.DRUMBEAT_KILLS ?? 3)
const people = 30 + kills * 15

describe.each(['postgres', 'pglite'] as const)('an engine on %s that is killed again and again', (kind) => {
  it(
    'loses nothing, sends nothing twice, and counts what it cannot know',
    async () => {
      const seed = Number(process.env.DRUMBEAT_SEED ?? Date.now() % 100_000)
      console.log(`seed ${seed}: ${kills} kills on ${kind}`)
      const place = newPlace(kind)
      const campaignId = await setUp(place, people)
      for (let kill = 0; kill < kills; kill++) {
        const engine = startEngine(place)
        await engine.says('ready')
        await new Promise((resolve) => setTimeout(resolve, 50 + ((seed * 31 + kill * 7919) % 900)))
        await engine.kill()
      }
      const last = startEngine(place)
      await last.says('done')
      await last.kill()

      const { drumbeat, close } = engineAt(place)
      const workspace = drumbeat.workspace(workspaceId)
      const deliveries = []
      for (let after: string | null = null; ; after = String(deliveries.at(-1)?.id)) {
        const page = await workspace.deliveries(campaignId, { after, limit: 1000 })
        deliveries.push(...page)
        if (page.length < 1000) break
      }
      await close()
      const calls = acceptedCalls(place)
      const states = new Set(deliveries.map(({ state }) => state))
      expect(new Set(calls.map(({ deliveryRef }) => deliveryRef)).size).toBe(calls.length)
      expect([...states].filter((state) => state !== 'sent' && state !== 'unresolved')).toEqual([])
      expect(deliveries).toHaveLength(people * 3)
      expect(deliveries.filter(({ state }) => state === 'sent')).toHaveLength(calls.length)
    },
    60_000 + kills * 15_000,
  )
})
