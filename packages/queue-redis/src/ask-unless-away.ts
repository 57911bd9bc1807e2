import { within } from './time-limit.js'

/** For how long Redis is not asked again after it did not answer. */
const awayMs = 1_000

/** Asks Redis for what can be done without it: null = it is away, or did not answer in time. */
export type AskUnlessAway = <Result extends object>(command: () => Promise<Result>) => Promise<Result | null>

/** One that did not answer within `timeoutMs` is not asked again for a second, so that its absence is not waited for each time. */
export function askUnlessAway(what: string, timeoutMs: number): AskUnlessAway {
  let awayUntil = Number.NEGATIVE_INFINITY
  return async (command) => {
    if (performance.now() < awayUntil) return null
    try {
      return await within(timeoutMs, what, command())
    } catch {
      awayUntil = performance.now() + awayMs
      return null
    }
  }
}
