import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Figure } from '../figure.js'
import { programOf } from '../program.js'

/**
 * What a recipient who waits costs the memory store: the heap and what arrays of numbers take, after a collection, less
 * that before.
 */
export const memoryStoreSize: Figure = {
  name: 'Memory store, a waiting recipient',
  unit: 'bytes',
  higherIsBetter: false,
  measured: {
    Drumbeat: async () => {
      const child = fork(programOf('memory-store-process'), [], { execArgv: [...process.execArgv, '--expose-gc'] })
      const [bytes] = await once(child, 'message')
      return Number(bytes)
    },
    goal: async () => 300,
  },
  ratios: [{ name: 'to the goal of 300 bytes', of: ['Drumbeat'], to: ['goal'], goal: 1 }],
}
