import { expect, it } from 'vitest'
import { engineAt, intentTimeoutMs, permitMs, workspaceId } from './engine-process.js'
import { acceptedCalls, leave, newPlace, pause, setUp, startEngine } from './processes.js'

const stops = Number(process.env.DRUMBEAT_STOPS ?? 3)
const engines = 3
const marginMs = 1_000

it(
  'no call starts after an emergency stop has resolved, in any of several processes under load',
  async () => {
    const place = newPlace('postgres')
    const { drumbeat, store, close } = engineAt(place)
    const running: ReturnType<typeof startEngine>[] = []
    try {
      await setUp(place, 200 + stops * 60)
      await store.open()
      const workspace = drumbeat.workspace(workspaceId)
      for (let engine = 0; engine < engines; engine++) running.push(startEngine(place))
      await Promise.all(running.map((engine) => engine.says('ready')))
      const took: number[] = []
      let underLoad = 0
      for (let stop = 0; stop < stops; stop++) {
        await callsBeyond(place, acceptedCalls(place).length + 5 + ((stop * 7) % 20))
        const begun = Date.now()
        const { inFlight } = await workspace.emergencyStop()
        const resolved = Date.now()
        took.push(resolved - begun)
        if (inFlight > 0 || acceptedCalls(place).some(({ at }) => at >= begun - 100)) underLoad++
        await pause(200)
        const after = acceptedCalls(place).filter(({ at }) => at > resolved)
        expect(after, `calls that began after stop ${stop}`).toEqual([])
        await workspace.resumeAfterStop()
      }
      const calls = acceptedCalls(place).length
      const longest = Math.max(...took)
      console.log(`${stops} stops (${underLoad} under load), ${calls} calls; each stop resolved within ${longest} ms`)
      expect(longest).toBeLessThanOrEqual(permitMs + intentTimeoutMs + marginMs)
      expect(underLoad, 'stops of engines at work').toBe(stops)
    } finally {
      await Promise.all(running.map((engine) => engine.kill()))
      await close()
      await leave(place)
    }
  },
  60_000 + stops * 10_000,
)

/** Waits until the provider has accepted more than so many calls: the engines are at work. */
async function callsBeyond(place: Parameters<typeof acceptedCalls>[0], count: number): Promise<void> {
  const begun = Date.now()
  while (acceptedCalls(place).length <= count) {
    if (Date.now() - begun > 15_000) throw new Error(`No more than ${count} calls within 15 s.`)
    await pause(10)
  }
}
