import { releasedRun } from '../recipient/quarantine.js'
import type { Recipient } from '../recipient/recipient.js'
import type { EngineContext } from './context.js'
import { hintDue } from './hints.js'
import { asIs } from './run-changes.js'

/** Lets quarantined runs go on from where they were. One that somebody else has released, or erased, is left as it is. Returns how many go on. */
export async function releaseRuns(context: EngineContext, runs: readonly Recipient[]): Promise<number> {
  const { store, clock } = context
  const now = clock.now()
  const quarantined = runs.filter(({ status }) => status === 'quarantined')
  const changes = quarantined.map((run) => {
    const counter = { campaignId: run.campaignId, stepId: '', name: 'recipient.released', by: 1 }
    return { ...asIs(run, releasedRun(run, now)), counters: [counter] }
  })
  const results = await store.recipients.commit(changes)
  const released = changes.flatMap(({ recipient }, index) => (results[index] === 'applied' ? [recipient] : []))
  hintDue(context, released)
  return released.length
}
