import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type Grant, type SenderTask, startKey } from './segment-sender.js'
import { connect, keysOf, newPrefix, redisUrl } from './servers.js'

const rate = { units: 400, perMs: 1_000, burst: 200 }
const tolerance = 0.02

it('three processes send the segments of one account within two percent of its rate, and in no span more', async () => {
  const connection = connect()
  const prefix = newPrefix()
  const senders = [1, 2, 3].map(() => startSender({ url: redisUrl(), prefix, rate, forMs: 3_000 }))
  try {
    expect(await Promise.all(senders.map(({ line }) => line()))).toEqual(['ready', 'ready', 'ready'])
    await connection.set(startKey(prefix), 1)
    const each = (await Promise.all(senders.map(({ line }) => line()))).map((text): readonly Grant[] =>
      JSON.parse(text ?? ''),
    )
    for (const grants of each) expect(unitsOf(grants)).toBeGreaterThan(0)
    const grants = each.flat()
    const [from, to] = [
      Math.min(...grants.map(({ askedAt }) => askedAt)),
      Math.max(...grants.map(({ answeredAt }) => answeredAt)),
    ]
    const share = unitsOf(grants) / mostIn(to - from)
    console.log(`${unitsOf(grants)} units in ${to - from} ms: ${(share * 100).toFixed(2)} % of rate × time + burst`)
    expect(to - from).toBeGreaterThan(2_500)
    expect(Math.abs(share - 1)).toBeLessThan(tolerance)
    expect(fullestSpan(grants)).toBeLessThan(1 + tolerance)
  } finally {
    for (const { child } of senders) child.kill('SIGKILL')
    for (const key of await keysOf(connection, prefix)) await connection.del(key)
    await connection.quit()
  }
}, 90_000)

const unitsOf = (grants: readonly Grant[]): number => grants.reduce((sum, { units }) => sum + units, 0)
const mostIn = (ms: number): number => (rate.units * ms) / rate.perMs + rate.burst

/** How full the fullest span is that begins and ends with a grant: 1 = just what the rate allows. */
function fullestSpan(grants: readonly Grant[]): number {
  const inOrder = grants.toSorted((one, other) => one.answeredAt - other.answeredAt)
  let fullest = 0
  for (const { askedAt } of grants) {
    let units = 0
    for (const grant of inOrder) {
      if (grant.askedAt < askedAt) continue
      units += grant.units
      fullest = Math.max(fullest, units / mostIn(grant.answeredAt - askedAt))
    }
  }
  return fullest
}

/** Starts a sender in a process of its own. `line()` is the next line that it prints. */
function startSender(task: SenderTask): {
  readonly child: ChildProcess
  readonly line: () => Promise<string | undefined>
} {
  const script = fileURLToPath(new URL('./segment-sender.ts', import.meta.url))
  const args = ['--import', 'tsx', '--conditions=@drumbeat/source', script, JSON.stringify(task)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: async () => (await lines.next()).value }
}
