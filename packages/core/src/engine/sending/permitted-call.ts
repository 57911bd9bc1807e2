import type { CallDeadline } from './call-deadlines.js'
import type { CallEnd } from './dispatch.js'

/** What makes one call: asks `assertMayStart` right before the request is written. */
export type Perform = (deadline: CallDeadline, assertMayStart: () => void) => Promise<CallEnd>

/**
 * Makes a call if it begins while it may, and gives it up at its deadline. Never rejects: what cannot be read is `unknown`, and only a call
 * that was never let through is `not_started`.
 */
export async function permittedCall(
  mayStart: () => boolean,
  deadline: CallDeadline,
  perform: Perform,
): Promise<CallEnd> {
  let permitted = false
  let refused = false
  const assertMayStart = (): void => {
    if (mayStart()) {
      permitted = true
      return
    }
    refused = true
    throw new Error('The permit to start this call has run out. Do not make it.')
  }
  try {
    const end = await Promise.race([deadline.over, perform(deadline, assertMayStart)])
    return end === undefined ? { outcome: 'unknown', code: 'timeout' } : readEnd(end)
  } catch (error) {
    // Refused only after it had been let through once, something may have been written already.
    if (refused && !permitted) return { outcome: 'not_started' }
    return { outcome: 'unknown', code: error instanceof Error ? error.name : 'thrown' }
  } finally {
    deadline.done()
  }
}

const ends: ReadonlySet<string> = new Set(['accepted', 'rejected', 'not_accepted', 'blocked', 'unknown', 'not_started'])

/** An adapter may answer anything; what is no outcome is unknown. */
function readEnd(end: CallEnd): CallEnd {
  if (typeof end !== 'object' || end === null || !ends.has(end.outcome))
    return { outcome: 'unknown', code: 'unreadable' }
  return end
}
