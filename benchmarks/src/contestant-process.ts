// One process of one contestant: gets its place, says that it is ready, works from "go" to "stop", and says how much is done.
import type { Contestant, Place } from './contestant.js'
import { contestantFile } from './race.js'

const [name = '', place = '{}'] = process.argv.slice(2)
const { contestant } = (await import(contestantFile(name))) as { readonly contestant: Contestant }

let finished = 0
let isTold = true
/** At most every few milliseconds, so that counting costs nothing. */
const done = (count: number): void => {
  finished += count
  if (!isTold) return
  isTold = false
  setTimeout(() => {
    isTold = true
    process.send?.({ finished })
  }, 5)
}

let working: ReturnType<Contestant['work']> | undefined
process.on('message', (message) => {
  if (message === 'go') working = contestant.work(JSON.parse(place) as Place, done)
  if (message === 'stop') void end()
})

async function end(): Promise<void> {
  await (await working)?.stop()
  process.disconnect()
}

process.send?.('ready')
