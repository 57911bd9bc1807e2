import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Contestant, Place } from './contestant.js'
import { programOf } from './program.js'

/** Room for the young objects of a batch: fewer of them are copied. Everybody gets it. */
const youngObjects = '--max-semi-space-size=64'
const patienceMs = 300_000

/** How a contestant runs. */
export interface Run {
  /** The file of the contestant. */
  readonly contestant: string
  readonly jobs: number
  readonly processes: number
  /** Flags for Node, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
}

/** Where a contestant lies. */
export function contestantFile(name: string): string {
  return new URL(`./contestants/${name}.js`, import.meta.url).href
}

/** Fills the place, then lets processes of the contestant work it off. Returns jobs per second, from "go" to the last one. */
export async function race({ contestant, jobs, processes, nodeFlags = [] }: Run, place: Place): Promise<number> {
  const { contestant: itself } = (await import(contestantFile(contestant))) as { readonly contestant: Contestant }
  await itself.prepare(place, jobs)
  const children = Array.from({ length: processes }, () =>
    fork(programOf('contestant-process'), [contestant, JSON.stringify(place)], {
      execArgv: [...process.execArgv, youngObjects, ...nodeFlags],
    }),
  )
  try {
    await Promise.all(children.map((child) => once(child, 'message')))
    const finished = children.map(() => 0)
    const over = new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${contestant} did not finish ${jobs} jobs: ${finished.join(' + ')}`)),
        patienceMs,
      )
      for (const [index, child] of children.entries()) {
        child.on('message', (message: { readonly finished: number }) => {
          finished[index] = message.finished
          if (finished.reduce((sum, count) => sum + count, 0) < jobs) return
          clearTimeout(late)
          resolve()
        })
        child.once('exit', (code) => {
          clearTimeout(late)
          reject(new Error(`A process of ${contestant} ended with code ${code}.`))
        })
      }
    })
    const startedAt = performance.now()
    for (const child of children) child.send('go')
    await over
    return (jobs * 1000) / (performance.now() - startedAt)
  } finally {
    await Promise.all(
      children.map(async (child) => {
        if (!child.connected) return
        const ended = once(child, 'exit')
        child.send('stop')
        await ended
      }),
    )
  }
}
