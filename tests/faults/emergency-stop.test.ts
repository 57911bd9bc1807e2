import { expect, it } from 'vitest'
import { engineAt, workspaceId } from './engine-process.js'
import { acceptedCalls, newPlace, setUp, startEngine } from './processes.js'

const stops = Number(process.env.DRUMBEAT_STOPS ?? 3)
const engines = 3

it(
  'no call starts after an emergency stop has resolved, in any of several processes under load',
  async () => {
    const place = newPlace('postgres')
    await setUp(place, 100 + stops * 150)
    const running = Array.from({ length: engines }, () => startEngine(place))
    const { drumbeat, close } = engineAt(place)
    const workspace = drumbeat.workspace(workspaceId)
    try {
      await Promise.all(running.map((engine) => engine.says('ready')))
      for (let stop = 0; stop < stops; stop++) {
        await new Promise((resolve) => setTimeout(resolve, 100 + ((stop * 137) % 400)))
        const before = acceptedCalls(place).length
        const begun = Date.now()
        const { inFlight } = await workspace.emergencyStop()
        const stopped = Date.now()
        expect(stopped - begun).toBeLessThan(5_000)
        expect(inFlight).toBeGreaterThanOrEqual(0)
        await new Promise((resolve) => setTimeout(resolve, 300))
        expect(acceptedCalls(place).filter(({ at }) => at > stopped)).toEqual([])
        await workspace.resumeAfterStop()
        expect(acceptedCalls(place).length).toBeGreaterThanOrEqual(before)
      }
      expect(acceptedCalls(place).length).toBeGreaterThan(0)
    } finally {
      await Promise.all(running.map((engine) => engine.kill()))
      await close()
    }
  },
  60_000 + stops * 10_000,
)
