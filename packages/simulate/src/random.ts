import { sha256 } from '@drumbeat/core'

/** A number in [0, 1) that depends on nothing but its seed: the same seed gives the same sequence, on every machine. */
export type Random = () => number

/** Numbers from a seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Numbers for one purpose, which do not depend on what else is drawn from the seed. */
export function randomFor(seed: number, purpose: string): Random {
  return randomFrom(Number.parseInt(sha256(`${seed}/${purpose}`).slice(0, 8), 16))
}
